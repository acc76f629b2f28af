/// The data of one event of a streamed completion.
public struct ChatCompletionChunk: JSONRepresentable {
    /// The id of the answer, the same in all chunks.
    public var id: String
    /// The type of the object.
    public var object: String
    /// When the answer was begun, in seconds since 1970.
    public var created: Int
    /// The model that answers.
    public var model: String
    /// What is added to each choice; empty in the chunk that carries usage.
    public var choices: [ChatChunkChoice]
    /// How many tokens were used; usually only in the last chunk.
    public var usage: Usage?
    /// The members that this type does not know, and known ones that were `null`.
    public var additionalFields: [String: JSONValue]

    /// Creates a value; what is not given is absent or has its default.
    public init(
        id: String = "",
        object: String = "chat.completion.chunk",
        created: Int = 0,
        model: String = "",
        choices: [ChatChunkChoice],
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
        object = try fields.string("object") ?? "chat.completion.chunk"
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
