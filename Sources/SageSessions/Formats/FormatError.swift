/// A file that is not what it should be.
public struct FormatError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The format that was asked for.
    public var format: ConversationFormat
    /// The line from 1, in formats of lines and where the JSON itself is broken; nil elsewhere.
    public var line: Int?
    /// The field's path, for example `messages[3].role`; empty for the file itself.
    public var field: String
    /// What was found, cut short.
    public var found: String
    /// What is allowed.
    public var allowed: String

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - format: The format that was asked for.
    ///   - line: The line from 1.
    ///   - field: The field's path.
    ///   - found: What was found; at most 100 characters of it are kept.
    ///   - allowed: What is allowed.
    public init(_ format: ConversationFormat, line: Int? = nil, field: String, found: String, allowed: String) {
        self.format = format
        self.line = line
        self.field = field
        self.found = found.count > 100 ? String(found.prefix(100)) + "..." : found
        self.allowed = allowed
    }

    /// The text for people.
    public var description: String {
        let place = line.map { "line \($0): " } ?? ""
        return "\(format.rawValue): \(place)\(field.isEmpty ? "the file" : field) is \(found); allowed is \(allowed)"
    }

    init(_ format: ConversationFormat, _ error: JSONTextError, line: Int? = nil) {
        self.init(format, line: line ?? error.line, field: "", found: "no JSON (\(error))", allowed: "JSON in UTF-8")
        if case .tooLarge(let bytes, let limit) = error.problem {
            (self.found, self.allowed) = ("\(bytes) bytes", "at most \(limit) bytes")
        }
    }
}
