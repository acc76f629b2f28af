import SageLLM

extension OpenAIShape {
    func error(status: Int, message: String) -> ProviderReply {
        let (type, code) = Self.kind(of: status)
        return ProviderReply(status: status, error: OpenAIError(message: message, type: type, code: code))
    }

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
