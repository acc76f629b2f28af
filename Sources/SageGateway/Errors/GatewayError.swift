package import HTTPTypes
package import SageLLM

/// An answer that is an error, as the client gets it.
package struct GatewayError: Error, Sendable, Hashable {
    /// What the client's program can act on; stands in the envelope as `code`.
    package enum Code: String, Sendable, Hashable, CaseIterable {
        case invalidRequest = "invalid_request"
        case unauthorized
        case modelNotFound = "model_not_found"
        case requestTooLarge = "request_too_large"
        case rateLimited = "rate_limited"
        case overloaded
        case circuitOpen = "circuit_open"
        case upstreamError = "upstream_error"
        case upstreamTruncated = "upstream_truncated"
        case deadlineExceeded = "deadline_exceeded"
        case quotaExhausted = "quota_exhausted"
        case interrupted

        /// The status that a code has unless an error says otherwise.
        var status: Int {
            switch self {
            case .invalidRequest: 400
            case .unauthorized: 401
            case .modelNotFound: 404
            case .requestTooLarge: 413
            case .rateLimited, .quotaExhausted: 429
            case .upstreamError, .upstreamTruncated: 502
            case .circuitOpen, .overloaded, .interrupted: 503
            case .deadlineExceeded: 504
            }
        }

        /// OpenAI's `type` for errors of this kind.
        var type: String {
            switch self {
            case .invalidRequest, .modelNotFound, .requestTooLarge: "invalid_request_error"
            case .unauthorized: "authentication_error"
            case .rateLimited: "rate_limit_error"
            case .quotaExhausted: "insufficient_quota"
            case .upstreamError, .upstreamTruncated, .deadlineExceeded: "upstream_error"
            case .circuitOpen, .overloaded, .interrupted: "service_unavailable_error"
            }
        }
    }

    package var code: Code
    package var status: Int
    package var message: String
    /// The field of the request that is wrong.
    package var parameter: String?
    /// When another try can succeed; sent as `Retry-After` between 1 and 60 s.
    package var retryAfter: Duration?
    /// Whether the client's library must not try again: it would not help, or Sage has tried enough.
    package var forbidsRetry: Bool
    /// What the provider said.
    package var upstream: UpstreamError?
    /// The provider's own type and code, for errors that are passed on as they are.
    package var passedOn: PassedOn?

    /// The parts of a provider's error that replace Sage's own.
    package struct PassedOn: Sendable, Hashable {
        package var type: String?
        package var code: String?
    }

    package init(
        _ code: Code, _ message: String, status: Int? = nil, parameter: String? = nil, retryAfter: Duration? = nil,
        forbidsRetry: Bool = false, upstream: UpstreamError? = nil, passedOn: PassedOn? = nil
    ) {
        self.code = code
        self.status = status ?? code.status
        self.message = message
        self.parameter = parameter
        self.retryAfter = retryAfter
        self.forbidsRetry = forbidsRetry
        self.upstream = upstream
        self.passedOn = passedOn
    }

    /// The error in OpenAI's envelope.
    package var envelope: OpenAIErrorEnvelope {
        OpenAIErrorEnvelope(
            error: OpenAIError(
                message: message,
                type: passedOn?.type ?? code.type,
                param: parameter,
                code: passedOn == nil ? code.rawValue : passedOn?.code ?? code.rawValue,
                upstream: upstream))
    }

    /// The header fields that tell a client's library what to do.
    package var headers: HTTPFields {
        var headers = HTTPFields()
        headers[.contentType] = "application/json"
        if let retryAfter {
            // Libraries refuse to wait much longer than a minute, and some wait for ever when told to.
            let (seconds, attoseconds) = min(.seconds(60), max(.seconds(1), retryAfter)).components
            headers[.retryAfter] = String(attoseconds > 0 ? seconds + 1 : seconds)
        }
        // The rest of a body that is too large is not read.
        if code == .requestTooLarge, upstream == nil { headers[.connection] = "close" }
        if forbidsRetry { headers[.shouldRetry] = "false" }
        return headers
    }
}

extension HTTPField.Name {
    private static func named(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("Internal inconsistency: \(name)") }
        return name
    }

    /// Tells OpenAI's and Anthropic's libraries whether to try again.
    static let shouldRetry = named("x-should-retry")
    static let requestID = named("x-sage-request-id")
    static let target = named("x-sage-target")
    static let attempts = named("x-sage-attempts")
    static let fallbacks = named("x-sage-fallbacks")
    static let overhead = named("x-sage-overhead-ms")
    static let timeout = named("x-sage-timeout-ms")
    static let noRetry = named("x-sage-no-retry")
    static let noFallback = named("x-sage-no-fallback")
    /// How often the client's library has tried already.
    static let clientRetryCount = named("x-stainless-retry-count")
    /// How many seconds the client's library waits for an answer.
    static let clientReadTimeout = named("x-stainless-read-timeout")
    static let upstreamRequestID = named("x-request-id")
}
