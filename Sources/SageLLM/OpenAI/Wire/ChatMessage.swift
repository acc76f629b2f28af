/// A message of a conversation, in a request or as an answer.
public struct ChatMessage: JSONRepresentable {
    /// Who speaks.
    public var role: ChatRole
    /// What is said; nil where a message only calls tools.
    public var content: ChatContent?
    /// The name of the participant.
    public var name: String?
    /// The tool calls of an assistant.
    public var toolCalls: [ToolCall]?
    /// The call that a tool's message answers.
    public var toolCallID: String?
    /// Why the assistant refused.
    public var refusal: String?
    /// The members that this type does not know, and known ones that were `null`.
    public var additionalFields: [String: JSONValue]

    /// Creates a value; what is not given is absent or has its default.
    public init(
        role: ChatRole,
        content: ChatContent? = nil,
        name: String? = nil,
        toolCalls: [ToolCall]? = nil,
        toolCallID: String? = nil,
        refusal: String? = nil,
        additionalFields: [String: JSONValue] = [:]
    ) {
        self.role = role
        self.content = content
        self.name = name
        self.toolCalls = toolCalls
        self.toolCallID = toolCallID
        self.refusal = refusal
        self.additionalFields = additionalFields
    }

    /// Creates a value from JSON; an error names the field.
    public init(json: JSONValue) throws(JSONFieldError) {
        var fields = try JSONFields(json)
        role = ChatRole(rawValue: try fields.required(fields.string("role"), "role", "a string"))
        content = try fields.object("content")
        name = try fields.string("name")
        toolCalls = try fields.array("tool_calls")
        toolCallID = try fields.string("tool_call_id")
        refusal = try fields.string("refusal")
        additionalFields = fields.additionalFields
    }

    /// The value as JSON, with what this type does not know.
    public var json: JSONValue {
        var members = JSONObject()
        members.set("role", role.rawValue)
        members.set("content", content)
        members.set("name", name)
        members.set("tool_calls", toolCalls)
        members.set("tool_call_id", toolCallID)
        members.set("refusal", refusal)
        members.appendMissing(additionalFields)
        return .object(members)
    }
}
