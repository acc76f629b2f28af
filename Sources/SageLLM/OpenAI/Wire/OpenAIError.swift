/// The error inside an ``OpenAIErrorEnvelope``.
public struct OpenAIError: JSONRepresentable {
    /// What went wrong, for a person.
    public var message: String
    /// The kind of error, for example `invalid_request_error`.
    public var type: String?
    /// The field of the request that is wrong.
    public var param: String?
    /// The error's code: a string, though some services use numbers.
    public var code: JSONValue?
    /// What the provider said, in errors of Sage.
    public var upstream: UpstreamError?
    /// The members that this type does not know.
    public var additionalFields: [String: JSONValue]

    /// Creates an error; `type`, `param` and `code` are written as `null` where they are nil.
    public init(
        message: String,
        type: String? = nil,
        param: String? = nil,
        code: String? = nil,
        upstream: UpstreamError? = nil,
        additionalFields: [String: JSONValue] = [:]
    ) {
        self.message = message
        self.type = type
        self.param = param
        self.code = code.map(JSONValue.string)
        self.upstream = upstream
        self.additionalFields = additionalFields
    }

    /// Reads an error as leniently as services write them: a bare string is a message, and a missing message is empty.
    public init(json: JSONValue) throws(JSONFieldError) {
        if case .string(let message) = json {
            self.init(message: message)
            return
        }
        var fields = try JSONFields(json)
        self.init(
            message: fields.value("message").map(Self.text) ?? "",
            type: fields.value("type").map(Self.text),
            param: fields.value("param").map(Self.text)
        )
        code = fields.value("code")
        upstream = try fields.object("upstream")
        // These three are always written, so a null needs no memory.
        additionalFields = fields.additionalFields.filter { !["type", "param", "code"].contains($0.key) }
    }

    /// The value as JSON, with what this type does not know.
    public var json: JSONValue {
        var object: JSONObject = [
            "message": .string(message),
            "type": type.map(JSONValue.string) ?? .null,
            "param": param.map(JSONValue.string) ?? .null,
            "code": code ?? .null,
        ]
        object.set("upstream", upstream)
        object.appendMissing(additionalFields)
        return .object(object)
    }

    /// The code as text.
    public var codeText: String? { code.map(Self.text) }

    /// The text of a value that should be a string but may be something else.
    static func text(_ value: JSONValue) -> String { value.stringValue ?? value.description }
}
