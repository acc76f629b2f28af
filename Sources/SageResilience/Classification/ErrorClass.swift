/// What kind of failure an error is: the vocabulary that retry, circuit breaker, fallback and metrics share.
@nonexhaustive
public enum ErrorClass: String, Sendable, Hashable, CaseIterable {
    /// A failure that is likely to pass by itself: a broken connection, a server error.
    case transient
    /// The service asks for fewer requests (429).
    case rateLimited = "rate_limited"
    /// The service has no capacity at the moment (503, 529).
    case overloaded
    /// No answer came in time.
    case timeout
    /// The request is wrong and stays wrong (400, 404, 422).
    case permanent
    /// The credentials are missing, wrong or not sufficient (401, 403).
    case authentication
    /// The account's money or quota is used up; waiting a few seconds does not help.
    case quotaExhausted = "quota_exhausted"
    /// The request is longer than the model's context window.
    case contextWindow = "context_window"
    /// The request or the answer was refused by a content filter.
    case contentPolicy = "content_policy"
    /// Nothing is known about the error.
    case unknown

    /// Whether another try can help.
    public var retryability: Retryability {
        switch self {
        case .transient, .rateLimited, .overloaded, .timeout: .transient
        case .permanent, .authentication, .quotaExhausted, .contextWindow, .contentPolicy: .permanent
        case .unknown: .unknown
        }
    }

    /// What can be done about it.
    public var recovery: Recovery {
        switch self {
        case .transient, .rateLimited, .overloaded, .timeout, .unknown: .retryable
        case .permanent: .nonRetryable
        case .contextWindow, .contentPolicy: .degraded
        case .authentication, .quotaExhausted: .fatal
        }
    }

    /// Whose fault it is.
    ///
    /// Only the provider's faults count against the provider.
    public var fault: Fault {
        switch self {
        case .transient, .rateLimited, .overloaded, .timeout, .unknown: .provider
        case .permanent, .authentication, .quotaExhausted, .contextWindow, .contentPolicy: .caller
        }
    }
}

/// Whether another try can help.
public enum Retryability: String, Sendable, Hashable, CaseIterable {
    /// Another try is likely to help.
    case transient
    /// Another try fails in the same way.
    case permanent
    /// Nothing is known; a retry tries once more by default.
    case unknown
}

/// What can be done about an error.
public enum Recovery: String, Sendable, Hashable, CaseIterable {
    /// Try again.
    case retryable
    /// Do not try again; the caller has to change the request.
    case nonRetryable = "non_retryable"
    /// Go on with less: another model, a shorter context.
    case degraded
    /// A person has to act: credentials, payment.
    case fatal
}

/// Whose fault an error is.
public enum Fault: String, Sendable, Hashable, CaseIterable {
    /// The service that was called.
    case provider
    /// The request or the account of the caller.
    case caller
    /// A policy of this process, for example an open circuit breaker.
    case policy
}
