import SageLLM

extension OpenAIShape {
    func error(status: Int, message: String, for request: ProviderRequest) -> ProviderReply {
        let (type, code) = Self.kind(of: status)
        return ProviderReply(status: status, error: OpenAIError(message: message, type: type, code: code))
    }

    /// The error inside an answer that began well.
    static let breakdown: JSONValue =
        OpenAIErrorEnvelope(
            error: OpenAIError(
                message: "The server had an error while processing your request. Sorry about that!",
                type: "server_error")
        ).json

    /// The `type` and `code` that the provider's own errors carry.
    private static func kind(of status: Int) -> (type: String, code: String?) {
        switch status {
        case 401: ("invalid_request_error", "invalid_api_key")
        case 403: ("invalid_request_error", "unsupported_country_region_territory")
        case 404: ("invalid_request_error", "not_found")
        case 429: ("requests", "rate_limit_exceeded")
        case 503: ("service_unavailable_error", "server_is_overloaded")
        case 400..<500: ("invalid_request_error", nil)
        default: ("server_error", nil)
        }
    }
}

/// A request that OpenAI refuses although each of its fields is of the right kind.
struct OpenAIMistake: Error, Hashable {
    let error: OpenAIError

    init(_ message: String, param: String? = nil, code: String? = nil) {
        error = OpenAIError(message: message, type: "invalid_request_error", param: param, code: code)
    }
}
