package import NIOCore

extension JSONValue: CustomStringConvertible {
    /// The value as compact JSON in UTF-8, members in their order.
    public var jsonBytes: [UInt8] {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return bytes
    }

    /// The value as compact JSON.
    public var description: String { String(decoding: jsonBytes, as: UTF8.self) }

    /// The value as compact JSON in a buffer.
    package var jsonBuffer: ByteBuffer { ByteBuffer(bytes: jsonBytes) }

    private func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): bytes.append(contentsOf: String(value).utf8)
        case .unsigned(let value): bytes.append(contentsOf: String(value).utf8)
        case .double(let value): bytes.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
        case .decimal(let value): bytes.append(contentsOf: value.text.utf8)
        case .string(let value): Self.write(value, to: &bytes)
        case .array(let elements):
            bytes.append(.openBracket)
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(.comma) }
                element.write(to: &bytes)
            }
            bytes.append(.closeBracket)
        case .object(let object):
            bytes.append(.openBrace)
            for (index, member) in object.enumerated() {
                if index > 0 { bytes.append(.comma) }
                Self.write(member.key, to: &bytes)
                bytes.append(.colon)
                member.value.write(to: &bytes)
            }
            bytes.append(.closeBrace)
        }
    }

    /// Appends a text as a JSON string.
    package static func write(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(.quote)
        var text = text
        text.withUTF8 { utf8 in
            // Nearly all of nearly every text stays as it is: that is copied in one go, not byte for byte.
            var start = 0
            for (index, byte) in utf8.enumerated() where byte < 0x20 || byte == .quote || byte == .backslash {
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<index]))
                writeEscape(of: byte, to: &bytes)
                start = index + 1
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
        }
        bytes.append(.quote)
    }

    private static func writeEscape(of byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case .lineFeed: bytes.append(contentsOf: #"\n"#.utf8)
        case .carriageReturn: bytes.append(contentsOf: #"\r"#.utf8)
        case UInt8(ascii: "\t"): bytes.append(contentsOf: #"\t"#.utf8)
        case ..<0x20:
            let digits = String(byte, radix: 16)
            bytes.append(contentsOf: (digits.utf8.count == 1 ? #"\u000"# : #"\u00"#).utf8)
            bytes.append(contentsOf: digits.utf8)
        default:
            bytes.append(.backslash)
            bytes.append(byte)
        }
    }
}
