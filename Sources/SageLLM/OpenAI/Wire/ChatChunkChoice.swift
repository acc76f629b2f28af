/// What a chunk adds to one choice.
public struct ChatChunkChoice: JSONRepresentable {
    /// The number of the choice, from 0.
    public var index: Int
    /// What is added.
    public var delta: ChatDelta
    /// Why generation ended; nil while it goes on.
    public var finishReason: String?
    /// The members that this type does not know, and known ones that were `null`.
    public var additionalFields: [String: JSONValue]

    /// Creates a value; what is not given is absent or has its default.
    public init(
        index: Int = 0,
        delta: ChatDelta,
        finishReason: String? = nil,
        additionalFields: [String: JSONValue] = [:]
    ) {
        self.index = index
        self.delta = delta
        self.finishReason = finishReason
        self.additionalFields = additionalFields
    }

    /// Creates a value from JSON; an error names the field.
    public init(json: JSONValue) throws(JSONFieldError) {
        var fields = try JSONFields(json)
        index = try fields.int("index") ?? 0
        delta = try fields.required(fields.object("delta"), "delta", "an object")
        finishReason = try fields.string("finish_reason")
        additionalFields = fields.additionalFields
    }

    /// The value as JSON, with what this type does not know.
    public var json: JSONValue {
        var members = JSONObject()
        members.set("index", index)
        members.set("delta", delta)
        members.set("finish_reason", finishReason)
        members.appendMissing(additionalFields)
        return .object(members)
    }
}
