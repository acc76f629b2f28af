/// What a chunk adds to the function of a tool call.
public struct FunctionCallDelta: JSONRepresentable {
    /// The function's name; only in the first part.
    public var name: String?
    /// Text to append to the arguments.
    public var arguments: String?
    /// The members that this type does not know, and known ones that were `null`.
    public var additionalFields: [String: JSONValue]

    /// Creates a value; what is not given is absent or has its default.
    public init(
        name: String? = nil,
        arguments: String? = nil,
        additionalFields: [String: JSONValue] = [:]
    ) {
        self.name = name
        self.arguments = arguments
        self.additionalFields = additionalFields
    }

    /// Creates a value from JSON; an error names the field.
    public init(json: JSONValue) throws(JSONFieldError) {
        var fields = try JSONFields(json)
        name = try fields.string("name")
        arguments = try fields.string("arguments")
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
