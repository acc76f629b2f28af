/// A call of a tool by the assistant.
public struct ToolCall: JSONRepresentable {
    /// The id by which the answer refers to the call.
    public var id: String
    /// The kind of tool.
    public var type: String
    /// The function that is called; nil for other kinds of tools.
    public var function: FunctionCall?
    /// The members that this type does not know, and known ones that were `null`.
    public var additionalFields: [String: JSONValue]

    /// Creates a value; what is not given is absent or has its default.
    public init(
        id: String,
        type: String = "function",
        function: FunctionCall? = nil,
        additionalFields: [String: JSONValue] = [:]
    ) {
        self.id = id
        self.type = type
        self.function = function
        self.additionalFields = additionalFields
    }

    /// Creates a value from JSON; an error names the field.
    public init(json: JSONValue) throws(JSONFieldError) {
        var fields = try JSONFields(json)
        id = try fields.required(fields.string("id"), "id", "a string")
        type = try fields.string("type") ?? "function"
        function = try fields.object("function")
        additionalFields = fields.additionalFields
    }

    /// The value as JSON, with what this type does not know.
    public var json: JSONValue {
        var members = JSONObject()
        members.set("id", id)
        members.set("type", type)
        members.set("function", function)
        members.appendMissing(additionalFields)
        return .object(members)
    }
}
