/// One of the answers of a completion.
public struct ChatChoice: JSONRepresentable {
    /// The number of the choice, from 0.
    public var index: Int
    /// The answer.
    public var message: ChatMessage
    /// Why generation ended: `stop`, `length`, `tool_calls`, `content_filter`.
    public var finishReason: String?
    /// The members that this type does not know, and known ones that were `null`.
    public var additionalFields: [String: JSONValue]

    /// Creates a value; what is not given is absent or has its default.
    public init(
        index: Int = 0,
        message: ChatMessage,
        finishReason: String? = nil,
        additionalFields: [String: JSONValue] = [:]
    ) {
        self.index = index
        self.message = message
        self.finishReason = finishReason
        self.additionalFields = additionalFields
    }

    /// Creates a value from JSON; an error names the field.
    public init(json: JSONValue) throws(JSONFieldError) {
        var fields = try JSONFields(json)
        index = try fields.int("index") ?? 0
        message = try fields.required(fields.object("message"), "message", "an object")
        finishReason = try fields.string("finish_reason")
        additionalFields = fields.additionalFields
    }

    /// The value as JSON, with what this type does not know.
    public var json: JSONValue {
        var members = JSONObject()
        members.set("index", index)
        members.set("message", message)
        members.set("finish_reason", finishReason)
        members.appendMissing(additionalFields)
        return .object(members)
    }
}
