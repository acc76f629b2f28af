/// A call that a ``CircuitBreaker`` refused.
public struct CircuitBreakerError: ResilienceRejection, Sendable, Hashable {
    /// The name of the circuit breaker.
    public let policyName: String
    /// Why the call was refused.
    public let reason: RejectionReason
    /// The time until the breaker lets a probe through; nil unless it is open, or half-open where a probe was told to
    /// wait.
    public let retryAfter: Duration?

    /// Creates a refusal, for tests of what handles it.
    ///
    /// - Parameters:
    ///   - policyName: The name of the circuit breaker.
    ///   - reason: Why the call was refused. Defaults to ``RejectionReason/circuitOpen``.
    ///   - retryAfter: The time until the breaker lets a probe through. Defaults to nil, which is unknown.
    public init(policyName: String, reason: RejectionReason = .circuitOpen, retryAfter: Duration? = nil) {
        self.policyName = policyName
        self.reason = reason
        self.retryAfter = retryAfter
    }

    /// The error as a sentence.
    public var description: String {
        switch (reason, retryAfter) {
        case (.circuitForcedOpen, _): "\(policyName): circuit breaker forced open"
        case (.halfOpenLimit, let wait?): "\(policyName): circuit breaker half-open, next probe in \(wait.rounded)"
        case (.halfOpenLimit, nil): "\(policyName): circuit breaker half-open, all probes in flight"
        case (.queueFull, _): "\(policyName): circuit breaker half-open, too many calls wait for the verdict"
        case (.deadlineExceeded, _): "\(policyName): circuit breaker half-open, no verdict before the deadline"
        case (.rampingUp, _): "\(policyName): circuit breaker closed, not admitting all calls yet"
        case (_, let wait?): "\(policyName): circuit breaker open, next probe in \(wait.rounded)"
        case (_, nil): "\(policyName): circuit breaker open"
        }
    }
}

/// A change of a circuit breaker's state that makes no sense, asked for by hand.
///
/// Nothing was changed.
public struct CircuitBreakerTransitionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The name of the circuit breaker.
    public let policyName: String
    /// The state the breaker is in.
    public let from: CircuitBreaker.State
    /// The state that was asked for.
    public let to: CircuitBreaker.State

    /// Creates an error, for tests of what handles it.
    ///
    /// - Parameters:
    ///   - policyName: The name of the circuit breaker.
    ///   - from: The state the breaker is in.
    ///   - to: The state that was asked for.
    public init(policyName: String, from: CircuitBreaker.State, to: CircuitBreaker.State) {
        self.policyName = policyName
        self.from = from
        self.to = to
    }

    /// The error as a sentence.
    public var description: String {
        "\(policyName): circuit breaker cannot go from \(from.rawValue) to \(to.rawValue)"
    }
}
