/// The text of a scanned string.
package enum JSONString {
    /// Decodes a string that the scanner found.
    ///
    /// - Parameter range: The string's bytes, quotes included.
    /// - Returns: The text; an escape of a lone surrogate becomes U+FFFD, because Swift strings cannot hold one.
    package static func decode(_ range: Range<Int>, in bytes: RawSpan) -> String {
        let content = range.lowerBound + 1..<range.upperBound - 1
        guard let firstEscape = content.first(where: { bytes.byte(at: $0) == .backslash }) else {
            return bytes.string(content)
        }
        var text = bytes.array(content.lowerBound..<firstEscape)
        text.reserveCapacity(content.count)
        var position = firstEscape
        while position < content.upperBound {
            let byte = bytes.byte(at: position)
            position += 1
            guard byte == .backslash else {
                text.append(byte)
                continue
            }
            let escape = bytes.byte(at: position)
            position += 1
            if escape == UInt8(ascii: "u") {
                appendScalar(to: &text, at: &position, end: content.upperBound, in: bytes)
            } else {
                text.append(unescaped(escape))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func unescaped(_ escape: UInt8) -> UInt8 {
        switch escape {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): .lineFeed
        case UInt8(ascii: "r"): .carriageReturn
        case UInt8(ascii: "t"): UInt8(ascii: "\t")
        default: escape
        }
    }

    /// Appends the scalar whose four digits stand at the position, joined with a second half if one follows.
    private static func appendScalar(to text: inout [UInt8], at position: inout Int, end: Int, in bytes: RawSpan) {
        let unit = codeUnit(at: position, in: bytes)
        position += 4
        var scalar = Unicode.Scalar(unit)
        if UTF16.isLeadSurrogate(unit), position + 6 <= end, bytes.byte(at: position) == .backslash,
            bytes.byte(at: position + 1) == UInt8(ascii: "u")
        {
            let second = codeUnit(at: position + 2, in: bytes)
            if UTF16.isTrailSurrogate(second) {
                position += 6
                scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
            }
        }
        text.append(contentsOf: UTF8.encode(scalar ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
    }

    private static func codeUnit(at position: Int, in bytes: RawSpan) -> UInt16 {
        (0..<4).reduce(0) { $0 << 4 | (bytes.byte(at: position + $1).hexadecimalValue ?? 0) }
    }
}
