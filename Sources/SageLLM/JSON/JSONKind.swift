/// The kind of a JSON value.
public enum JSONKind: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    case object, array, string, number, bool, null

    /// The kind with its article, for messages: `an object`, `null`.
    public var description: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .bool: "a boolean"
        case .null: "null"
        }
    }
}
