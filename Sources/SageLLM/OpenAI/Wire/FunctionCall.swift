/// The function and the arguments of a tool call.
public struct FunctionCall: JSONRepresentable {
    /// The function's name.
    public var name: String
    /// The arguments as JSON text, which the model may have got wrong.
    public var arguments: String
    /// The members that this type does not know, and known ones that were `null`.
    public var additionalFields: [String: JSONValue]

    /// Creates a value; what is not given is absent or has its default.
    public init(
        name: String,
        arguments: String = "",
        additionalFields: [String: JSONValue] = [:]
    ) {
        self.name = name
        self.arguments = arguments
        self.additionalFields = additionalFields
    }

    /// Creates a value from JSON; an error names the field.
    public init(json: JSONValue) throws(JSONFieldError) {
        var fields = try JSONFields(json)
        name = try fields.required(fields.string("name"), "name", "a string")
        arguments = try fields.string("arguments") ?? ""
        additionalFields = fields.additionalFields
    }

    /// The value as JSON, with what this type does not know.
    public var json: JSONValue {
        var members = JSONObject()
        members.set("name", name)
        members.set("arguments", arguments)
        members.appendMissing(additionalFields)
        return .object(members)
    }
}
