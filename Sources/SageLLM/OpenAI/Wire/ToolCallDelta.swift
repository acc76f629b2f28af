/// What a chunk adds to a tool call.
public struct ToolCallDelta: JSONRepresentable {
    /// The number of the call, from 0.
    public var index: Int
    /// The id of the call; only in its first part.
    public var id: String?
    /// The kind of tool; only in the first part.
    public var type: String?
    /// What is added to the function call.
    public var function: FunctionCallDelta?
    /// The members that this type does not know, and known ones that were `null`.
    public var additionalFields: [String: JSONValue]

    /// Creates a value; what is not given is absent or has its default.
    public init(
        index: Int = 0,
        id: String? = nil,
        type: String? = nil,
        function: FunctionCallDelta? = nil,
        additionalFields: [String: JSONValue] = [:]
    ) {
        self.index = index
        self.id = id
        self.type = type
        self.function = function
        self.additionalFields = additionalFields
    }

    /// Creates a value from JSON; an error names the field.
    public init(json: JSONValue) throws(JSONFieldError) {
        var fields = try JSONFields(json)
        index = try fields.int("index") ?? 0
        id = try fields.string("id")
        type = try fields.string("type")
        function = try fields.object("function")
        additionalFields = fields.additionalFields
    }

    /// The value as JSON, with what this type does not know.
    public var json: JSONValue {
        var members = JSONObject()
        members.set("index", index)
        members.set("id", id)
        members.set("type", type)
        members.set("function", function)
        members.appendMissing(additionalFields)
        return .object(members)
    }
}
