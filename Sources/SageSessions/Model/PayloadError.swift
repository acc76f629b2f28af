/// A stored payload that cannot be read.
public struct PayloadError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The field's path, for example `message.parts[0].text`; empty for the payload itself.
    public var field: String
    /// What was found, cut short.
    public var found: String
    /// What is allowed.
    public var allowed: String

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - field: The field's path.
    ///   - found: What was found; at most 100 characters of it are kept.
    ///   - allowed: What is allowed.
    public init(field: String, found: String, allowed: String) {
        self.field = field
        self.found = found.count > 100 ? String(found.prefix(100)) + "..." : found
        self.allowed = allowed
    }

    /// The text for people.
    public var description: String {
        "\(field.isEmpty ? "the payload" : field) is \(found); allowed is \(allowed)"
    }

    func nested(in outer: String) -> PayloadError {
        let path = field.isEmpty || field.hasPrefix("[") ? outer + field : "\(outer).\(field)"
        return PayloadError(field: path, found: found, allowed: allowed)
    }
}
