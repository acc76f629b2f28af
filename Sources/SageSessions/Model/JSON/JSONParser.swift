/// Reads one value from bytes that stay where they are while it does.
///
/// Recursive, so the depth is bounded by its limit before the stack is.
struct JSONParser {
    private(set) var replacements = 0
    private(set) var notFinite = 0

    private let bytes: UnsafeBufferPointer<UInt8>
    private let maximumDepth: Int
    private let nullsNotFinite: Bool
    private var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int, nullsNotFinite: Bool) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.nullsNotFinite = nullsNotFinite
    }

    mutating func read() throws(JSONTextError) -> JSONNode {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        let value = try readValue(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw unexpected("the end of the text") }
        return value
    }

    private mutating func readValue(depth: Int) throws(JSONTextError) -> JSONNode {
        skipSpace()
        guard position < bytes.count else { throw failure(.unexpectedEnd) }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try readObject(depth: depth + 1)
        case UInt8(ascii: "["): return try readArray(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"): return try readWord("true", .bool(true))
        case UInt8(ascii: "f"): return try readWord("false", .bool(false))
        case UInt8(ascii: "n"): return try readWord("null", .null)
        case UInt8(ascii: "N"): return try readNotFinite("NaN")
        case UInt8(ascii: "I"): return try readNotFinite("Infinity")
        case UInt8(ascii: "-") where position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: "I"):
            return try readNotFinite("-Infinity")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try readNumber())
        default: throw unexpected("a JSON value")
        }
    }

    private mutating func readObject(depth: Int) throws(JSONTextError) -> JSONNode {
        try enter(depth)
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object([]) }
        var fields: [JSONField] = []
        fields.reserveCapacity(6)
        var places: [ExactText: Int] = [:]
        while true {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw unexpected("the name of a member") }
            let key = try readString()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw unexpected("a colon") }
            let value = try readValue(depth: depth)
            if let place = Self.place(of: key, in: fields, &places) {
                fields[place].value = value
            } else {
                fields.append(JSONField(key, value))
            }
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(fields) }
            guard take(UInt8(ascii: ",")) else { throw unexpected("a comma or }") }
        }
    }

    /// Few members are compared one by one; many are looked up, so that a hostile object takes no quadratic time.
    private static func place(of key: String, in fields: [JSONField], _ places: inout [ExactText: Int]) -> Int? {
        guard fields.count > 16 else { return fields.firstIndex { $0.key.hasSameBytes(as: key) } }
        for index in places.count..<fields.count { places[ExactText(fields[index].key)] = index }
        return places[ExactText(key)]
    }

    private mutating func readArray(depth: Int) throws(JSONTextError) -> JSONNode {
        try enter(depth)
        var elements: [JSONNode] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            elements.append(try readValue(depth: depth))
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw unexpected("a comma or ]") }
        }
    }

    private mutating func enter(_ depth: Int) throws(JSONTextError) {
        guard depth <= maximumDepth else { throw failure(.tooDeep(limit: maximumDepth)) }
        position += 1
    }

    private mutating func readString() throws(JSONTextError) -> String {
        position += 1
        var start = position
        position = bytes.endOfPlainText(from: start)
        if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
            position += 1
            return text(UnsafeBufferPointer(rebasing: bytes[start..<position - 1]))
        }
        var decoded = [UInt8]()
        while true {
            decoded.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<position]))
            guard position < bytes.count else { throw failure(.unexpectedEnd) }
            guard bytes[position] >= 0x20 else { throw failure(.controlCharacter) }
            position += 1
            if bytes[position - 1] == UInt8(ascii: "\"") { return decoded.withUnsafeBufferPointer { text($0) } }
            try readEscape(into: &decoded)
            start = position
            position = bytes.endOfPlainText(from: start)
        }
    }

    private mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        // At least one; how many exactly would need a second decoder.
        replacements += 1
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func readEscape(into decoded: inout [UInt8]) throws(JSONTextError) {
        guard position < bytes.count else { throw failure(.unexpectedEnd) }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): decoded.append(byte)
        case UInt8(ascii: "b"): decoded.append(8)
        case UInt8(ascii: "f"): decoded.append(12)
        case UInt8(ascii: "n"): decoded.append(10)
        case UInt8(ascii: "r"): decoded.append(13)
        case UInt8(ascii: "t"): decoded.append(9)
        case UInt8(ascii: "u"):
            var scalar = UInt32(try readHexadecimal())
            if scalar & 0xFC00 == 0xD800, let low = peekLowSurrogate() {
                position += 6
                scalar = 0x10000 + (scalar & 0x3FF) << 10 + (UInt32(low) & 0x3FF)
            }
            if Unicode.Scalar(scalar) == nil { replacements += 1 }
            decoded.append(
                contentsOf: UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
        default:
            position -= 2
            throw failure(.invalidEscape)
        }
    }

    private mutating func readHexadecimal() throws(JSONTextError) -> UInt16 {
        guard position + 4 <= bytes.count else { throw failure(.unexpectedEnd) }
        guard let value = hexadecimal(at: position) else {
            position -= 2
            throw failure(.invalidEscape)
        }
        position += 4
        return value
    }

    private func peekLowSurrogate() -> UInt16? {
        guard position + 6 <= bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u"), let low = hexadecimal(at: position + 2), low & 0xFC00 == 0xDC00
        else { return nil }
        return low
    }

    private func hexadecimal(at offset: Int) -> UInt16? {
        var value: UInt16 = 0
        for byte in bytes[offset..<offset + 4] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt16(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt16(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt16(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }

    private mutating func readNumber() throws(JSONTextError) -> String {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try readDigits(start) }
        if take(UInt8(ascii: ".")) { try readDigits(start) }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try readDigits(start)
        }
        return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
    }

    private mutating func readDigits(_ start: Int) throws(JSONTextError) {
        let first = position
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        guard position > first else {
            if position == bytes.count { throw failure(.unexpectedEnd) }
            position = start
            throw failure(.invalidNumber)
        }
    }

    private mutating func readWord(_ word: StaticString, _ value: JSONNode) throws(JSONTextError) -> JSONNode {
        let text = word.description
        guard bytes[position...].starts(with: text.utf8) else {
            if bytes.count - position < text.utf8.count, text.utf8.starts(with: bytes[position...]) {
                throw failure(.unexpectedEnd)
            }
            throw unexpected("a JSON value")
        }
        position += text.utf8.count
        return value
    }

    private mutating func readNotFinite(_ word: StaticString) throws(JSONTextError) -> JSONNode {
        let start = position
        _ = try readWord(word, .null)
        guard nullsNotFinite else {
            position = start
            throw failure(.notFinite(word.description))
        }
        notFinite += 1
        return .null
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    @inline(__always)
    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    @inline(__always)
    private mutating func skipSpace() {
        while position < bytes.count,
            bytes[position] == 0x20 || bytes[position] == 0x0A || bytes[position] == 0x0D || bytes[position] == 0x09
        {
            position += 1
        }
    }

    private func unexpected(_ expected: String) -> JSONTextError {
        guard let byte = peek else { return failure(.unexpectedEnd) }
        let found =
            byte > 0x20 && byte < 0x7F
            ? "'\(Unicode.Scalar(byte))'" : "the byte 0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))"
        return failure(.unexpected(found: found, expected: expected))
    }

    private func failure(_ problem: JSONTextError.Problem) -> JSONTextError {
        let before = bytes[..<min(position, bytes.count)]
        let line = before.count { $0 == 0x0A } + 1
        let column = before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
        return JSONTextError(problem: problem, offset: before.count, line: line, column: column)
    }
}
