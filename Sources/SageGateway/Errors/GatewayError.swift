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
        /// The store of conversations or of memory cannot be used now.
        case storeUnavailable = "store_unavailable"
        /// Something else is under way, or was done with the same key.
        case conflict
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
            case .circuitOpen, .overloaded, .storeUnavailable, .interrupted: 503
            case .conflict: 409
            case .deadlineExceeded: 504
            }
        }

        /// OpenAI's `type` for errors of this kind.
        var type: String {
            switch self {
            case .invalidRequest, .modelNotFound, .requestTooLarge, .conflict: "invalid_request_error"
            case .unauthorized: "authentication_error"
            case .rateLimited: "rate_limit_error"
            case .quotaExhausted: "insufficient_quota"
            case .upstreamError, .upstreamTruncated, .deadlineExceeded: "upstream_error"
            case .circuitOpen, .overloaded, .storeUnavailable, .interrupted: "service_unavailable_error"
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

    /// The status with the name that it has by its standard.
    var httpStatus: HTTPResponse.Status { .init(code: status, reasonPhrase: StatusPhrase.name(of: status) ?? "") }

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

    /// A request whose body is larger than the server takes.
    package init(bodyLargerThan limit: Int) {
        self.init(.requestTooLarge, "the body is larger than \(limit) bytes (server.maxBodyBytes)")
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

    /// What `Retry-After` may say: libraries refuse to wait much longer than a minute, and some wait for ever when told
    /// to.
    static let retryAfterRange: ClosedRange<Duration> = .seconds(1) ... .seconds(60)

    /// What `Retry-After` says, in whole seconds.
    var retryAfterSeconds: Int64? {
        guard let retryAfter else { return nil }
        let range = Self.retryAfterRange
        let (seconds, attoseconds) = min(range.upperBound, max(range.lowerBound, retryAfter)).components
        return attoseconds > 0 ? seconds + 1 : seconds
    }

    /// The header fields that tell a client's library what to do.
    package var headers: HTTPFields {
        var headers = HTTPFields()
        headers[.contentType] = "application/json"
        if let seconds = retryAfterSeconds { headers[.retryAfter] = String(seconds) }
        // The rest of a body that is too large is not read.
        if code == .requestTooLarge, upstream == nil { headers[.connection] = "close" }
        if forbidsRetry { headers[.shouldRetry] = "false" }
        if code == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
        return headers
    }
}
