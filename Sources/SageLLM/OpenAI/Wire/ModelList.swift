/// The answer of `GET /v1/models`.
public struct ModelList: JSONRepresentable {
    /// The type of the object.
    public var object: String
    /// The models.
    public var data: [Model]
    /// The members that this type does not know, and known ones that were `null`.
    public var additionalFields: [String: JSONValue]

    /// Creates a value; what is not given is absent or has its default.
    public init(
        object: String = "list",
        data: [Model],
        additionalFields: [String: JSONValue] = [:]
    ) {
        self.object = object
        self.data = data
        self.additionalFields = additionalFields
    }

    /// Creates a value from JSON; an error names the field.
    public init(json: JSONValue) throws(JSONFieldError) {
        var fields = try JSONFields(json)
        object = try fields.string("object") ?? "list"
        data = try fields.required(fields.array("data"), "data", "an array")
        additionalFields = fields.additionalFields
    }

    /// The value as JSON, with what this type does not know.
    public var json: JSONValue {
        var members = JSONObject()
        members.set("object", object)
        members.set("data", data)
        members.appendMissing(additionalFields)
        return .object(members)
    }
}
