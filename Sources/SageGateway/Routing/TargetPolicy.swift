import SageLLM
package import SageResilience

/// A policy of the configuration file as values of the engine.
package struct TargetPolicy: Sendable {
    /// The limit of time for a whole request.
    package let deadline: Duration
    let limits: ChatLimits
    let connectTimeout: Duration
    /// When and how often an attempt is repeated.
    package let retry: RetryConfiguration
    /// When calls to a target stop for a while.
    package let breaker: CircuitBreakerConfiguration
    private let budgetRatio: Double
    private let budgetFloor: Int

    /// Translates a policy.
    ///
    /// - Throws: ``ConfigurationError`` for what the reader of the file let pass and the engine does not.
    package init(_ policy: GatewayConfiguration.Policy) throws(ConfigurationError) {
        deadline = policy.deadline
        limits = ChatLimits(
            responseHeaders: policy.timeouts.responseHeaders, firstToken: policy.timeouts.firstToken,
            betweenTokens: policy.timeouts.betweenTokens, attempt: policy.attemptTimeout)
        connectTimeout = policy.timeouts.connect
        retry = try RetryConfiguration(
            maxAttempts: policy.retry.maxAttempts, backoff: Backoff(policy.retry),
            maxServerHint: policy.retry.maxServerHint)
        let window: CircuitBreakerConfiguration.Window =
            switch policy.breaker.window {
            case .calls(let count): .calls(count)
            case .time(let duration): .time(duration)
            }
        breaker = try CircuitBreakerConfiguration(
            window: window, minimumCalls: policy.breaker.minimumCalls, failureRate: policy.breaker.failureRate,
            consecutiveFailures: policy.breaker.consecutiveFailures, slowCallDuration: policy.breaker.slowCall,
            slowCallRate: policy.breaker.slowRate, recoveryTimeout: policy.breaker.recoveryTimeout,
            halfOpenMaxCalls: policy.breaker.halfOpenMaxCalls,
            // No request lasts longer, but a client that does not read its stream can keep a probe's place.
            halfOpenMaxWait: policy.deadline)
        budgetRatio = policy.budget.ratio
        budgetFloor = policy.budget.floor
    }

    /// A budget for the retries of one target.
    func makeBudget() throws(ConfigurationError) -> RetryBudget {
        try RetryBudget(ratio: budgetRatio, floor: budgetFloor)
    }
}

extension Backoff {
    /// The delays that a policy of the configuration file asks for.
    ///
    /// - Throws: ``ConfigurationError`` for what the reader of the file let pass and the engine does not.
    package init(_ retry: GatewayConfiguration.Policy.Retry) throws(ConfigurationError) {
        let jitter: Jitter =
            switch retry.jitter {
            case .none: .none
            case .full: .full
            case .equal: .equal
            case .proportional: .wide
            }
        self =
            switch retry.strategy {
            case .fixed:
                try .fixed(retry.initialDelay, jitter: jitter)
            case .linear:
                try .linear(initialDelay: retry.initialDelay, maxDelay: retry.maxDelay, jitter: jitter)
            case .exponential:
                try .exponential(
                    initialDelay: retry.initialDelay, multiplier: retry.multiplier, maxDelay: retry.maxDelay,
                    jitter: jitter)
            case .fibonacci:
                try .fibonacci(initialDelay: retry.initialDelay, maxDelay: retry.maxDelay, jitter: jitter)
            case .decorrelated:
                try .decorrelated(baseDelay: retry.initialDelay, maxDelay: retry.maxDelay)
            }
    }
}
