/// The arguments of a tool call: a text for OpenAI, an object for Anthropic.
enum ToolArguments {
    /// Under which name arguments stand that are no JSON object; Anthropic's documentation proposes it.
    private static let invalidKey = "INVALID_JSON"

    /// The object that the text of a call's arguments means.
    ///
    /// Models write the text, so it may be no JSON: the client cannot mend it, and the next model should see it.
    static func object(_ text: String) -> JSONValue {
        if !text.utf8.contains(where: { $0 > .space }) { return .object([:]) }
        if let json = try? JSONValue(parsing: text), case .object = json { return json }
        return .object([invalidKey: .string(text)])
    }

    /// The text of an object.
    static func text(_ object: JSONValue) -> String {
        if case .object(let members) = object, members.count == 1, let text = members[invalidKey]?.stringValue {
            return text
        }
        return object.description
    }
}

/// Tells when the text of a JSON object or array that comes in fragments is complete, without keeping it.
struct JSONFragmentTracker: Sendable {
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private var hasBegun = false

    /// Whether what has come is a whole object or array.
    var isComplete: Bool { hasBegun && depth <= 0 && !isInString }

    mutating func append(_ fragment: String) {
        for byte in fragment.utf8 {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == .backslash {
                    isEscaped = true
                } else if byte == .quote {
                    isInString = false
                }
                continue
            }
            switch byte {
            case .quote:
                isInString = true
                hasBegun = true
            case .openBrace, .openBracket:
                depth += 1
                hasBegun = true
            case .closeBrace, .closeBracket:
                depth -= 1
            default:
                break
            }
        }
    }
}
