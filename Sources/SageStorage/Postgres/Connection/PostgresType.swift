import CPostgreSQL

/// How the values of a column become ``SQLValue``, by the type of the column.
///
/// The numbers of built-in types are fixed for ever (`pg_type.dat`). What is not listed is text, as the server writes it:
/// `numeric`, times, arrays, vectors.
enum PostgresType: Sendable, Hashable {
    case boolean, integer, float, double, bytes, text, jsonb, uuid

    init(_ oid: Oid) {
        self =
            switch oid {
            case 16: .boolean
            case 17: .bytes
            case 20, 21, 23, 26: .integer
            case 700: .float
            case 701: .double
            case 2950: .uuid
            case 3802: .jsonb
            default: .text
            }
    }

    /// Whether this program reads the binary format of a type.
    static func isReadBinary(_ oid: Oid) -> Bool {
        switch oid {
        case 16, 17, 20, 21, 23, 26, 700, 701, 2950, 3802: true
        // name, text, json, bpchar, varchar: the bytes are the text.
        case 19, 25, 114, 1042, 1043: true
        default: false
        }
    }

    /// Reads a value; nil when it is not what the format says.
    func value(_ bytes: UnsafeRawBufferPointer, isBinary: Bool) -> SQLValue? {
        isBinary ? binaryValue(bytes) : textValue(bytes)
    }

    private func binaryValue(_ bytes: UnsafeRawBufferPointer) -> SQLValue? {
        switch self {
        case .boolean: bytes.count == 1 ? .integer(bytes[0] == 0 ? 0 : 1) : nil
        case .integer: Self.integer(bytes).map(SQLValue.integer)
        case .float:
            bytes.count == 4
                ? .real(Double(Float(bitPattern: UInt32(truncatingIfNeeded: Self.bits(bytes))))) : nil
        case .double: bytes.count == 8 ? .real(Double(bitPattern: Self.bits(bytes))) : nil
        case .bytes: .blob([UInt8](bytes))
        case .text: .text(String(decoding: bytes, as: UTF8.self))
        // A version comes first.
        case .jsonb: bytes.first == 1 ? .text(String(decoding: bytes.dropFirst(), as: UTF8.self)) : nil
        case .uuid: bytes.count == 16 ? .text(Self.uuid(bytes)) : nil
        }
    }

    private func textValue(_ bytes: UnsafeRawBufferPointer) -> SQLValue? {
        switch self {
        case .boolean: bytes.count == 1 ? .integer(bytes[0] == UInt8(ascii: "t") ? 1 : 0) : nil
        case .integer: Int64(String(decoding: bytes, as: UTF8.self)).map(SQLValue.integer)
        case .float, .double: Double(String(decoding: bytes, as: UTF8.self)).map(SQLValue.real)
        case .bytes: Self.hexadecimal(bytes).map(SQLValue.blob)
        case .text, .jsonb, .uuid: .text(String(decoding: bytes, as: UTF8.self))
        }
    }

    // MARK: Formats

    /// The bits in network order.
    private static func bits(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        switch bytes.count {
        case 2: Int64(Int16(truncatingIfNeeded: bits(bytes)))
        case 4: Int64(Int32(truncatingIfNeeded: bits(bytes)))
        case 8: Int64(bitPattern: bits(bytes))
        default: nil
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func uuid(_ bytes: UnsafeRawBufferPointer) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// `\x0aff`, which every server since 9.0 writes unless told otherwise.
    private static func hexadecimal(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        guard bytes.count >= 2, bytes.count.isMultiple(of: 2), bytes[0] == UInt8(ascii: "\\"),
            bytes[1] == UInt8(ascii: "x")
        else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count / 2 - 1)
        for index in stride(from: 2, to: bytes.count, by: 2) {
            guard let high = digit(bytes[index]), let low = digit(bytes[index + 1]) else { return nil }
            result.append(high << 4 | low)
        }
        return result
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
