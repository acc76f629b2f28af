/// One part of a message's content.
///
/// Parts other than text keep their members in `additionalFields`.
public struct ChatContentPart: JSONRepresentable {
    /// The kind of part: `text`, `image_url`, `input_audio`, `file`, `refusal`.
    public var type: String
    /// The text of a text part.
    public var text: String?
    /// The members that this type does not know, and known ones that were `null`.
    public var additionalFields: [String: JSONValue]

    /// Creates a value; what is not given is absent or has its default.
    public init(
        type: String,
        text: String? = nil,
        additionalFields: [String: JSONValue] = [:]
    ) {
        self.type = type
        self.text = text
        self.additionalFields = additionalFields
    }

    /// Creates a value from JSON; an error names the field.
    public init(json: JSONValue) throws(JSONFieldError) {
        var fields = try JSONFields(json)
        type = try fields.required(fields.string("type"), "type", "a string")
        text = try fields.string("text")
        additionalFields = fields.additionalFields
    }

    /// The value as JSON, with what this type does not know.
    public var json: JSONValue {
        var members = JSONObject()
        members.set("type", type)
        members.set("text", text)
        members.appendMissing(additionalFields)
        return .object(members)
    }
}
