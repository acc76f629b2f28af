/// What a chunk adds to a message.
public struct ChatDelta: JSONRepresentable {
    /// Who speaks; only in the first chunk.
    public var role: ChatRole?
    /// Text to append.
    public var content: String?
    /// Parts of tool calls.
    public var toolCalls: [ToolCallDelta]?
    /// Text of a refusal to append.
    public var refusal: String?
    /// The members that this type does not know, and known ones that were `null`.
    public var additionalFields: [String: JSONValue]

    /// Creates a value; what is not given is absent or has its default.
    public init(
        role: ChatRole? = nil,
        content: String? = nil,
        toolCalls: [ToolCallDelta]? = nil,
        refusal: String? = nil,
        additionalFields: [String: JSONValue] = [:]
    ) {
        self.role = role
        self.content = content
        self.toolCalls = toolCalls
        self.refusal = refusal
        self.additionalFields = additionalFields
    }

    /// Creates a value from JSON; an error names the field.
    public init(json: JSONValue) throws(JSONFieldError) {
        var fields = try JSONFields(json)
        role = (try fields.string("role")).map(ChatRole.init(rawValue:))
        content = try fields.string("content")
        toolCalls = try fields.array("tool_calls")
        refusal = try fields.string("refusal")
        additionalFields = fields.additionalFields
    }

    /// The value as JSON, with what this type does not know.
    public var json: JSONValue {
        var members = JSONObject()
        members.set("role", role?.rawValue)
        members.set("content", content)
        members.set("tool_calls", toolCalls)
        members.set("refusal", refusal)
        members.appendMissing(additionalFields)
        return .object(members)
    }
}
