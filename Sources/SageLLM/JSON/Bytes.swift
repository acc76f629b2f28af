extension UInt8 {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
    static let comma = UInt8(ascii: ",")
    static let colon = UInt8(ascii: ":")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let openBracket = UInt8(ascii: "[")
    static let closeBracket = UInt8(ascii: "]")

    @inline(__always)
    var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    /// The value of a hexadecimal digit.
    var hexadecimalValue: UInt16? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(self - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(self - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(self - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

extension RawSpan {
    /// The byte at an offset; traps out of bounds.
    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Whether the bytes of a range are exactly these.
    @inline(__always)
    func equals(_ text: String, in range: Range<Int>) -> Bool {
        guard text.utf8.count == range.count else { return false }
        return text.utf8.withContiguousStorageIfAvailable { equals($0, in: range) }
            ?? text.utf8.elementsEqual(array(range))
    }

    /// Whether the bytes of a range are exactly these, compared eight at a time.
    func equals(_ other: UnsafeBufferPointer<UInt8>, in range: Range<Int>) -> Bool {
        guard other.count == range.count else { return false }
        let one = extracting(range)
        let other = other.span.bytes
        var offset = 0
        while offset + 8 <= one.byteCount {
            let word = one.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            guard word == other.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self) else { return false }
            offset += 8
        }
        while offset < one.byteCount {
            guard one.byte(at: offset) == other.byte(at: offset) else { return false }
            offset += 1
        }
        return true
    }

    /// Whether the bytes begin with a text.
    func starts(with text: String) -> Bool {
        byteCount >= text.utf8.count && equals(text, in: 0..<text.utf8.count)
    }

    /// The bytes of a range as an array.
    func array(_ range: Range<Int>) -> [UInt8] {
        extracting(range).withUnsafeBytes { [UInt8]($0) }
    }

    /// The bytes of a range as a string; what is not UTF-8 becomes U+FFFD.
    func string(_ range: Range<Int>) -> String {
        extracting(range).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
