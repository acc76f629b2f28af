extension JSONScanner {
    /// Moves behind the string whose opening quote stands at the position; says whether it has escapes.
    @discardableResult
    mutating func skipString(in bytes: RawSpan) throws(JSONScanError) -> Bool {
        var hasEscapes = false
        position += 1
        while true {
            skipPlainText(in: bytes)
            guard let byte = peek(in: bytes) else { throw JSONScanError(.unexpectedEnd, at: position, in: bytes) }
            switch byte {
            case .quote:
                position += 1
                return hasEscapes
            case .backslash:
                hasEscapes = true
                try skipEscape(in: bytes)
            case 0x80...:
                // Text in another script goes on in it: no look at eight bytes between two of its letters.
                var lead = byte
                repeat {
                    try skipMultibyteScalar(lead, in: bytes)
                    lead = peek(in: bytes) ?? 0
                } while lead >= 0x80
            default:
                throw JSONScanError(.controlCharacter, at: position, in: bytes)
            }
        }
    }

    /// Moves to the next byte that is not plain ASCII text, eight bytes at a time.
    @inline(__always)
    private mutating func skipPlainText(in bytes: RawSpan) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        while position + 8 <= bytes.byteCount {
            let word = bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
            let quotes = word ^ (ones &* UInt64(UInt8.quote))
            let backslashes = word ^ (ones &* UInt64(UInt8.backslash))
            // A byte's high bit is set where the byte is below 0x20, a quote, a backslash or not ASCII; a borrow may
            // set it for a later byte too, which only costs a look at each of the eight.
            let special =
                (word &- ones &* 0x20) | (quotes &- ones) | (backslashes &- ones) | word
            guard special & highs == 0 else { break }
            position += 8
        }
        while position < bytes.byteCount {
            let byte = bytes.byte(at: position)
            if byte == .quote || byte == .backslash || byte < 0x20 || byte >= 0x80 { return }
            position += 1
        }
    }

    private mutating func skipEscape(in bytes: RawSpan) throws(JSONScanError) {
        let start = position
        position += 1
        guard let byte = peek(in: bytes) else { throw JSONScanError(.unexpectedEnd, at: position, in: bytes) }
        position += 1
        switch byte {
        case .quote, .backslash, UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return
        case UInt8(ascii: "u"):
            for _ in 0..<4 {
                guard let digit = peek(in: bytes) else {
                    throw JSONScanError(.unexpectedEnd, at: position, in: bytes)
                }
                guard digit.hexadecimalValue != nil else {
                    throw JSONScanError(.invalidEscape, at: start, in: bytes)
                }
                position += 1
            }
        default:
            throw JSONScanError(.invalidEscape, at: start, in: bytes)
        }
    }

    /// Moves behind a scalar of two to four bytes, by table 3-7 of the Unicode Standard.
    @inline(__always)
    private mutating func skipMultibyteScalar(_ lead: UInt8, in bytes: RawSpan) throws(JSONScanError) {
        let second: ClosedRange<UInt8>
        let length: Int
        switch lead {
        case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
        case 0xE0: (second, length) = (0xA0...0xBF, 3)
        case 0xED: (second, length) = (0x80...0x9F, 3)
        case 0xE1...0xEF: (second, length) = (0x80...0xBF, 3)
        case 0xF0: (second, length) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
        case 0xF4: (second, length) = (0x80...0x8F, 4)
        default: throw JSONScanError(.invalidUTF8, at: position, in: bytes)
        }
        let available = min(length, bytes.byteCount - position)
        if available > 1, !second.contains(bytes.byte(at: position + 1)) {
            throw JSONScanError(.invalidUTF8, at: position, in: bytes)
        }
        var index = 2
        while index < available {
            guard bytes.byte(at: position + index) & 0b1100_0000 == 0b1000_0000 else {
                throw JSONScanError(.invalidUTF8, at: position, in: bytes)
            }
            index += 1
        }
        guard available == length else { throw JSONScanError(.unexpectedEnd, at: bytes.byteCount, in: bytes) }
        position += length
    }
}
