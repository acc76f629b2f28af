/// A model of `GET /v1/models`.
public struct Model: JSONRepresentable {
    /// The name by which the model is asked for.
    public var id: String
    /// The type of the object.
    public var object: String
    /// When the model was made, in seconds since 1970.
    public var created: Int
    /// Who offers the model.
    public var ownedBy: String
    /// The members that this type does not know, and known ones that were `null`.
    public var additionalFields: [String: JSONValue]

    /// Creates a value; what is not given is absent or has its default.
    public init(
        id: String,
        object: String = "model",
        created: Int = 0,
        ownedBy: String = "",
        additionalFields: [String: JSONValue] = [:]
    ) {
        self.id = id
        self.object = object
        self.created = created
        self.ownedBy = ownedBy
        self.additionalFields = additionalFields
    }

    /// Creates a value from JSON; an error names the field.
    public init(json: JSONValue) throws(JSONFieldError) {
        var fields = try JSONFields(json)
        id = try fields.required(fields.string("id"), "id", "a string")
        object = try fields.string("object") ?? "model"
        created = try fields.int("created") ?? 0
        ownedBy = try fields.string("owned_by") ?? ""
        additionalFields = fields.additionalFields
    }

    /// The value as JSON, with what this type does not know.
    public var json: JSONValue {
        var members = JSONObject()
        members.set("id", id)
        members.set("object", object)
        members.set("created", created)
        members.set("owned_by", ownedBy)
        members.appendMissing(additionalFields)
        return .object(members)
    }
}
