/// How a request ended, for logs, metrics and traces.
enum RequestOutcome: String, Sendable, CaseIterable {
    case success
    /// The request is wrong, or its account or its model is.
    case clientError = "client_error"
    /// Sage itself has refused it: a limit, an open circuit breaker, the shutdown.
    case policyRejected = "policy_rejected"
    /// The providers have failed.
    case providerError = "provider_error"
    /// The client went away.
    case cancelled

    init(_ error: GatewayError) {
        self =
            switch error.code {
            case .invalidRequest, .unauthorized, .modelNotFound, .requestTooLarge, .conflict: .clientError
            case .circuitOpen, .overloaded, .storeUnavailable, .interrupted: .policyRejected
            case .rateLimited where error.upstream == nil: .policyRejected
            case .rateLimited, .upstreamError, .upstreamTruncated, .deadlineExceeded, .quotaExhausted: .providerError
            }
    }
}
