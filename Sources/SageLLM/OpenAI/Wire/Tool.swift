/// A tool that a model may call.
public struct Tool: JSONRepresentable {
    /// The kind of tool.
    public var type: String
    /// The function; nil for other kinds of tools.
    public var function: FunctionDefinition?
    /// The members that this type does not know, and known ones that were `null`.
    public var additionalFields: [String: JSONValue]

    /// Creates a value; what is not given is absent or has its default.
    public init(
        type: String = "function",
        function: FunctionDefinition? = nil,
        additionalFields: [String: JSONValue] = [:]
    ) {
        self.type = type
        self.function = function
        self.additionalFields = additionalFields
    }

    /// Creates a value from JSON; an error names the field.
    public init(json: JSONValue) throws(JSONFieldError) {
        var fields = try JSONFields(json)
        type = try fields.string("type") ?? "function"
        function = try fields.object("function")
        additionalFields = fields.additionalFields
    }

    /// The value as JSON, with what this type does not know.
    public var json: JSONValue {
        var members = JSONObject()
        members.set("type", type)
        members.set("function", function)
        members.appendMissing(additionalFields)
        return .object(members)
    }
}
