/// Where and why a document is not valid JSON by RFC 8259.
///
/// It never quotes the document: a body may hold secrets.
public struct JSONScanError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public let reason: Reason
    /// The offset of the offending byte, from 0.
    public let offset: Int
    /// The line, from 1; lines end at a line feed.
    public let line: Int
    /// The column in code points, from 1.
    public let column: Int

    init(_ reason: Reason, at offset: Int, in bytes: RawSpan) {
        self.reason = reason
        self.offset = offset
        var line = 1
        var column = 1
        for index in 0..<min(offset, bytes.byteCount) {
            let byte = bytes.byte(at: index)
            if byte == .lineFeed {
                line += 1
                column = 1
            } else if byte & 0b1100_0000 != 0b1000_0000 {
                column += 1
            }
        }
        self.line = line
        self.column = column
    }

    /// The text for people.
    public var description: String {
        "invalid JSON at line \(line), column \(column) (byte \(offset)): \(reason)"
    }
}

extension JSONScanError {
    /// What makes a document invalid.
    @nonexhaustive
    public enum Reason: Sendable, Hashable, CustomStringConvertible {
        /// The document ends inside a value.
        case unexpectedEnd
        /// A byte that cannot stand here; `expected` names what can.
        case unexpectedByte(expected: String)
        /// Something other than `true`, `false` or `null`.
        case invalidLiteral
        /// A number with a leading zero, a bare sign, or no digit where one has to be.
        case invalidNumber
        /// A byte below 0x20 in a string.
        case controlCharacter
        /// A backslash followed by something that is no escape.
        case invalidEscape
        /// Bytes that are not UTF-8: overlong, a surrogate, above U+10FFFF, or cut short.
        case invalidUTF8
        /// The document begins with a byte order mark.
        case byteOrderMark
        /// Arrays and objects nest deeper than allowed.
        case tooDeep(limit: Int)
        /// Something other than white space follows the document.
        case trailingContent
        /// The document is valid so far, but its top level is something else than an object.
        case notAnObject(found: JSONKind)

        /// The text for people.
        public var description: String {
            switch self {
            case .unexpectedEnd: "the document ends inside a value"
            case .unexpectedByte(let expected): "expected \(expected)"
            case .invalidLiteral: "expected true, false or null"
            case .invalidNumber: "not a number"
            case .controlCharacter: "a control character in a string has to be escaped"
            case .invalidEscape: "not an escape sequence"
            case .invalidUTF8: "not valid UTF-8"
            case .byteOrderMark: "a byte order mark is not allowed"
            case .tooDeep(let limit): "nested too deep; allowed is \(limit)"
            case .trailingContent: "content after the end of the document"
            case .notAnObject(let found): "expected an object, found \(found)"
            }
        }
    }
}
