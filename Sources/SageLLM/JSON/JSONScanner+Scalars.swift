extension JSONScanner {
    /// The next byte, or nil at the end.
    @inline(__always)
    func peek(in bytes: RawSpan) -> UInt8? {
        position < bytes.byteCount ? bytes.byte(at: position) : nil
    }

    /// The error for a byte that cannot stand at the position.
    func unexpected(_ expected: String, in bytes: RawSpan) -> JSONScanError {
        JSONScanError(
            position < bytes.byteCount ? .unexpectedByte(expected: expected) : .unexpectedEnd, at: position, in: bytes)
    }

    @inline(__always)
    mutating func skipWhitespace(in bytes: RawSpan) {
        while position < bytes.byteCount {
            switch bytes.byte(at: position) {
            case .space, .lineFeed, .carriageReturn, UInt8(ascii: "\t"): position += 1
            default: return
            }
        }
    }

    /// What the value at the position is, by its first byte.
    @inline(__always)
    func kindOfValue(in bytes: RawSpan) throws(JSONScanError) -> JSONKind {
        guard let byte = peek(in: bytes) else { throw unexpected("a value", in: bytes) }
        switch byte {
        case .openBrace: return .object
        case .openBracket: return .array
        case .quote: return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        default: throw unexpected("a value", in: bytes)
        }
    }

    /// Moves behind a string, number or literal.
    @inline(__always)
    mutating func skipScalar(_ kind: JSONKind, in bytes: RawSpan) throws(JSONScanError) {
        switch kind {
        case .string: try skipString(in: bytes)
        case .number: try skipNumber(in: bytes)
        case .bool: try skipLiteral(bytes.byte(at: position) == UInt8(ascii: "t") ? "true" : "false", in: bytes)
        default: try skipLiteral("null", in: bytes)
        }
    }

    private mutating func skipLiteral(_ literal: String, in bytes: RawSpan) throws(JSONScanError) {
        let end = position + literal.utf8.count
        guard end <= bytes.byteCount else {
            // A document cut inside `true` is cut, not wrong; that matters to whoever asks again.
            let isCut = literal.utf8.starts(with: bytes.array(position..<bytes.byteCount))
            throw JSONScanError(isCut ? .unexpectedEnd : .invalidLiteral, at: position, in: bytes)
        }
        guard bytes.equals(literal, in: position..<end) else {
            throw JSONScanError(.invalidLiteral, at: position, in: bytes)
        }
        position = end
    }

    private mutating func skipNumber(in bytes: RawSpan) throws(JSONScanError) {
        if bytes.byte(at: position) == UInt8(ascii: "-") { position += 1 }
        if peek(in: bytes) == UInt8(ascii: "0") {
            position += 1
            if let next = peek(in: bytes), next.isDigit {
                throw JSONScanError(.invalidNumber, at: position, in: bytes)
            }
        } else {
            try skipDigits(in: bytes)
        }
        if peek(in: bytes) == UInt8(ascii: ".") {
            position += 1
            try skipDigits(in: bytes)
        }
        if let next = peek(in: bytes), next | 0x20 == UInt8(ascii: "e") {
            position += 1
            if let sign = peek(in: bytes), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            try skipDigits(in: bytes)
        }
    }

    private mutating func skipDigits(in bytes: RawSpan) throws(JSONScanError) {
        let start = position
        while position < bytes.byteCount, bytes.byte(at: position).isDigit { position += 1 }
        guard position > start else {
            throw JSONScanError(position < bytes.byteCount ? .invalidNumber : .unexpectedEnd, at: position, in: bytes)
        }
    }
}
