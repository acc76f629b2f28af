import SageLLM

extension GeminiShape {
    func error(status: Int, message: String, for request: ProviderRequest) -> ProviderReply {
        let envelope = Self.envelope(code: status, message: message, status: Self.kind(of: status))
        // A stream that would have been an array is refused with one.
        let isArray = facts(of: request).isStream && !Self.streamsEvents(request)
        return ProviderReply(status: status, json: isArray ? [envelope] : envelope)
    }

    static func envelope(code: Int, message: String, status: String) -> JSONValue {
        ["error": ["code": JSONValue(code), "message": .string(message), "status": .string(status)]]
    }

    /// The error inside an answer that began well.
    static let breakdown = envelope(
        code: 503, message: "The model is overloaded. Please try again later.", status: "UNAVAILABLE")

    private static func kind(of status: Int) -> String {
        switch status {
        case 401: "UNAUTHENTICATED"
        case 402: "FAILED_PRECONDITION"
        case 403: "PERMISSION_DENIED"
        case 404: "NOT_FOUND"
        case 409: "ABORTED"
        case 429: "RESOURCE_EXHAUSTED"
        case 499: "CANCELLED"
        case 501: "UNIMPLEMENTED"
        case 503: "UNAVAILABLE"
        case 504: "DEADLINE_EXCEEDED"
        case 400..<500: "INVALID_ARGUMENT"
        default: "INTERNAL"
        }
    }
}
