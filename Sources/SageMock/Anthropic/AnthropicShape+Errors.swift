import SageLLM

extension AnthropicShape {
    func error(status: Int, message: String, for request: ProviderRequest) -> ProviderReply {
        ProviderReply(
            status: status, json: Self.envelope(type: Self.kind(of: status), message: message, for: request))
    }

    static func envelope(type: String, message: String, for request: ProviderRequest) -> JSONValue {
        [
            "type": "error", "error": ["type": .string(type), "message": .string(message)],
            "request_id": .string(requestID(request)),
        ]
    }

    private static func kind(of status: Int) -> String {
        switch status {
        case 401: "authentication_error"
        case 402: "billing_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 409: "conflict_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 504: "timeout_error"
        case 529: "overloaded_error"
        case 400..<500: "invalid_request_error"
        default: "api_error"
        }
    }
}
