/// The answer of `POST /v1/chat/completions` without streaming.
public struct ChatCompletion: JSONRepresentable {
    /// The id of the answer; empty where a service gives none.
    public var id: String
    /// The type of the object.
    public var object: String
    /// When the answer was made, in seconds since 1970.
    public var created: Int
    /// The model that answered.
    public var model: String
    /// The answers.
    public var choices: [ChatChoice]
    /// How many tokens were used.
    public var usage: Usage?
    /// The members that this type does not know, and known ones that were `null`.
    public var additionalFields: [String: JSONValue]

    /// Creates a value; what is not given is absent or has its default.
    public init(
        id: String = "",
        object: String = "chat.completion",
        created: Int = 0,
        model: String = "",
        choices: [ChatChoice],
        usage: Usage? = nil,
        additionalFields: [String: JSONValue] = [:]
    ) {
        self.id = id
        self.object = object
        self.created = created
        self.model = model
        self.choices = choices
        self.usage = usage
        self.additionalFields = additionalFields
    }

    /// Creates a value from JSON; an error names the field.
    public init(json: JSONValue) throws(JSONFieldError) {
        var fields = try JSONFields(json)
        id = try fields.string("id") ?? ""
        object = try fields.string("object") ?? "chat.completion"
        created = try fields.int("created") ?? 0
        model = try fields.string("model") ?? ""
        choices = try fields.required(fields.array("choices"), "choices", "an array")
        usage = try fields.object("usage")
        additionalFields = fields.additionalFields
    }

    /// The value as JSON, with what this type does not know.
    public var json: JSONValue {
        var members = JSONObject()
        members.set("id", id)
        members.set("object", object)
        members.set("created", created)
        members.set("model", model)
        members.set("choices", choices)
        members.set("usage", usage)
        members.appendMissing(additionalFields)
        return .object(members)
    }
}
