/// A function that a model may call.
public struct FunctionDefinition: JSONRepresentable {
    /// The function's name.
    public var name: String
    /// What the function does, for the model.
    public var description: String?
    /// The JSON Schema of the arguments.
    public var parameters: JSONValue?
    /// Whether the arguments have to match the schema exactly.
    public var strict: Bool?
    /// The members that this type does not know, and known ones that were `null`.
    public var additionalFields: [String: JSONValue]

    /// Creates a value; what is not given is absent or has its default.
    public init(
        name: String,
        description: String? = nil,
        parameters: JSONValue? = nil,
        strict: Bool? = nil,
        additionalFields: [String: JSONValue] = [:]
    ) {
        self.name = name
        self.description = description
        self.parameters = parameters
        self.strict = strict
        self.additionalFields = additionalFields
    }

    /// Creates a value from JSON; an error names the field.
    public init(json: JSONValue) throws(JSONFieldError) {
        var fields = try JSONFields(json)
        name = try fields.required(fields.string("name"), "name", "a string")
        description = try fields.string("description")
        parameters = fields.value("parameters")
        strict = try fields.bool("strict")
        additionalFields = fields.additionalFields
    }

    /// The value as JSON, with what this type does not know.
    public var json: JSONValue {
        var members = JSONObject()
        members.set("name", name)
        members.set("description", description)
        members.set("parameters", parameters)
        members.set("strict", strict)
        members.appendMissing(additionalFields)
        return .object(members)
    }
}
