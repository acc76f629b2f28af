/// A field of a JSON document that is missing or of the wrong kind.
public struct JSONFieldError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The field's path, for example `messages[0].content`; empty for the document itself.
    public let field: String
    /// What was expected, for example `a string`.
    public let expected: String
    /// What was found; nil if the field is missing.
    public let found: JSONKind?

    /// Creates an error about one field.
    ///
    /// - Parameters:
    ///   - field: The field's path.
    ///   - expected: What was expected, with its article.
    ///   - found: What was found; nil if the field is missing.
    public init(field: String, expected: String, found: JSONKind?) {
        self.field = field
        self.expected = expected
        self.found = found
    }

    /// The text for people.
    public var description: String {
        let name = field.isEmpty ? "the document" : field
        return found.map { "\(name) is \($0); allowed is \(expected)" } ?? "\(name) is missing; allowed is \(expected)"
    }

    /// The same error seen from an enclosing value.
    func nested(in outer: String) -> JSONFieldError {
        let path = field.isEmpty || field.hasPrefix("[") ? outer + field : "\(outer).\(field)"
        return JSONFieldError(field: path, expected: expected, found: found)
    }
}
