/// What a message says: one text, or parts of several kinds.
public enum ChatContent: JSONRepresentable, ExpressibleByStringInterpolation {
    case text(String)
    case parts([ChatContentPart])

    /// Creates a text.
    public init(stringLiteral value: String) { self = .text(value) }

    /// Creates a value from JSON; an error names the field.
    public init(json: JSONValue) throws(JSONFieldError) {
        switch json {
        case .string(let text): self = .text(text)
        case .array(let parts): self = .parts(try JSONFields.decode(parts, at: ""))
        default: throw JSONFieldError(field: "", expected: "a string or an array of parts", found: json.kind)
        }
    }

    /// The value as JSON, with what this type does not know.
    public var json: JSONValue {
        switch self {
        case .text(let text): .string(text)
        case .parts(let parts): .array(parts.map(\.json))
        }
    }

    /// All the text, parts joined without a separator.
    public var text: String {
        switch self {
        case .text(let text): text
        case .parts(let parts): parts.compactMap(\.text).joined()
        }
    }
}
