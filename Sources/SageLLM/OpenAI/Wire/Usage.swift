/// How many tokens an answer used.
///
/// Details stay in `additionalFields`.
public struct Usage: JSONRepresentable {
    /// Tokens of the request.
    public var promptTokens: Int
    /// Tokens of the answer.
    public var completionTokens: Int
    /// Tokens in total.
    public var totalTokens: Int
    /// The members that this type does not know, and known ones that were `null`.
    public var additionalFields: [String: JSONValue]

    /// Creates a value; what is not given is absent or has its default.
    public init(
        promptTokens: Int = 0,
        completionTokens: Int = 0,
        totalTokens: Int = 0,
        additionalFields: [String: JSONValue] = [:]
    ) {
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.totalTokens = totalTokens
        self.additionalFields = additionalFields
    }

    /// Creates a value from JSON; an error names the field.
    public init(json: JSONValue) throws(JSONFieldError) {
        var fields = try JSONFields(json)
        promptTokens = try fields.int("prompt_tokens") ?? 0
        completionTokens = try fields.int("completion_tokens") ?? 0
        totalTokens = try fields.int("total_tokens") ?? 0
        additionalFields = fields.additionalFields
    }

    /// The value as JSON, with what this type does not know.
    public var json: JSONValue {
        var members = JSONObject()
        members.set("prompt_tokens", promptTokens)
        members.set("completion_tokens", completionTokens)
        members.set("total_tokens", totalTokens)
        members.appendMissing(additionalFields)
        return .object(members)
    }
}
