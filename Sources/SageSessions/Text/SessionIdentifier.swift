/// The rule for ids of conversations and entries: any text is one, compared byte for byte.
public enum SessionIdentifier {
    /// The longest id in bytes.
    public static let maximumBytes = 1_024

    /// Refuses what is no id; everything else is left exactly as it is.
    ///
    /// - Parameters:
    ///   - id: The id.
    ///   - field: What the error calls it. Defaults to `session_id`.
    /// - Throws: ``IdentifierError`` if it is empty, longer than 1,024 bytes, or has a NUL character.
    public static func check(_ id: String, field: String = "session_id") throws(IdentifierError) {
        if id.utf8.isEmpty { throw IdentifierError(field: field, problem: .empty) }
        if id.utf8.count > maximumBytes { throw IdentifierError(field: field, problem: .tooLong(id.utf8.count)) }
        if let offset = id.utf8.enumerated().first(where: { $0.element == 0 })?.offset {
            throw IdentifierError(field: field, problem: .nul(offset: offset))
        }
    }
}

/// A text that cannot be an id.
public struct IdentifierError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with an id.
    public enum Problem: Sendable, Hashable {
        /// It is empty.
        case empty
        /// It has this many bytes.
        case tooLong(Int)
        /// It has a NUL character, at this byte.
        case nul(offset: Int)
    }

    /// What the id is for.
    public var field: String
    /// What is wrong.
    public var problem: Problem

    /// The text for people.
    public var description: String {
        let found =
            switch problem {
            case .empty: "is empty"
            case .tooLong(let bytes): "has \(bytes) bytes"
            case .nul(let offset): "has a NUL character at byte \(offset)"
            }
        return "\(field) \(found); allowed is any text of 1 to \(SessionIdentifier.maximumBytes) bytes without NUL"
    }
}
