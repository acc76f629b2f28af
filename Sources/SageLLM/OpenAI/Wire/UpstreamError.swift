/// What the provider said when Sage reports an error of its own.
public struct UpstreamError: JSONRepresentable {
    /// The HTTP status of the provider; nil if no answer came.
    public var status: Int?
    /// The provider's type of error.
    public var type: String?
    /// The provider's code; a number is given as its text.
    public var code: String?
    /// The provider's id of the request, for its support.
    public var requestID: String?
    /// The target that failed, `provider/model`.
    public var target: String?

    /// Creates a value; what is not given is written as `null`.
    public init(
        status: Int? = nil,
        type: String? = nil,
        code: String? = nil,
        requestID: String? = nil,
        target: String? = nil
    ) {
        self.status = status
        self.type = type
        self.code = code
        self.requestID = requestID
        self.target = target
    }

    /// Creates a value from JSON; an error names the field.
    public init(json: JSONValue) throws(JSONFieldError) {
        var fields = try JSONFields(json)
        status = try fields.int("status")
        type = try fields.string("type")
        code = fields.value("code").map(OpenAIError.text)
        requestID = try fields.string("request_id")
        target = try fields.string("target")
    }

    /// The value as JSON, with what this type does not know.
    public var json: JSONValue {
        [
            "status": status.map { .integer(Int64($0)) } ?? .null,
            "type": type.map(JSONValue.string) ?? .null,
            "code": code.map(JSONValue.string) ?? .null,
            "request_id": requestID.map(JSONValue.string) ?? .null,
            "target": target.map(JSONValue.string) ?? .null,
        ]
    }
}
