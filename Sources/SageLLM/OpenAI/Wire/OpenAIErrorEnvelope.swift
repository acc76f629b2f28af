/// The body of a failed request in OpenAI's shape: `{"error": {...}}`.
///
/// Sage's own errors carry `error.upstream` with what the provider said.
public struct OpenAIErrorEnvelope: JSONRepresentable {
    /// The error.
    public var error: OpenAIError
    /// The members beside `error`.
    public var additionalFields: [String: JSONValue]

    /// Creates an envelope.
    public init(error: OpenAIError, additionalFields: [String: JSONValue] = [:]) {
        self.error = error
        self.additionalFields = additionalFields
    }

    /// Reads the shapes that OpenAI-compatible services use.
    ///
    /// Beside `{"error": {...}}` these are `{"error": "text"}` (Ollama), an array with one envelope (Gemini), and an
    /// object that is the error itself, known by its `message` (SiliconFlow, vLLM). Writing gives the first shape.
    public init(json: JSONValue) throws(JSONFieldError) {
        if case .array(let elements) = json {
            guard let first = elements.first else {
                throw JSONFieldError(field: "", expected: "an object with error", found: .array)
            }
            do throws(JSONFieldError) {
                try self.init(json: first)
            } catch {
                throw error.nested(in: "[0]")
            }
            return
        }
        var fields = try JSONFields(json)
        if let error: OpenAIError = try fields.object("error") {
            self.init(error: error, additionalFields: fields.additionalFields)
        } else if json["message"]?.stringValue != nil {
            self.init(error: try OpenAIError(json: json))
        } else {
            throw JSONFieldError(field: "error", expected: "an object or a string", found: json["error"]?.kind)
        }
    }

    /// The value as JSON, with what this type does not know.
    public var json: JSONValue {
        var members = JSONObject()
        members["error"] = error.json
        members.appendMissing(additionalFields)
        return .object(members)
    }
}
