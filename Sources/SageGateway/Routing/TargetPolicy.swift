import SageLLM
package import SageResilience

/// A policy of the configuration file as values of the engine.
package struct TargetPolicy: Sendable {
    /// The limit of time for a whole request.
    package let deadline: Duration
    /// Whether that is only the default, beyond which a client may be waited for that says how long it waits.
    let hasDefaultDeadline: Bool
    /// The longest that such a client is waited for.
    let maxClientWait: Duration
    let limits: ExchangeLimits
    /// Whether the limits of a whole answer are the defaults.
    private let hasDefaultAttempt: Bool
    let connectTimeout: Duration
    /// When and how often an attempt is repeated.
    package let retry: RetryConfiguration
    /// When calls to a target stop for a while.
    package let breaker: CircuitBreakerConfiguration
    /// When a request that takes long is sent a second time.
    package let hedge: HedgeRule
    /// How long a call waits for a target's limits.
    package let maxWait: Duration
    private let budgetRatio: Double
    private let budgetFloor: Int

    /// Translates a policy.
    ///
    /// - Throws: ``ConfigurationError`` for what the reader of the file let pass and the engine does not.
    package init(_ policy: GatewayConfiguration.Policy) throws(ConfigurationError) {
        let defaults = GatewayConfiguration.Policy()
        deadline = policy.deadline
        hasDefaultDeadline = policy.deadline == defaults.deadline
        maxClientWait = policy.maxClientWait
        hasDefaultAttempt =
            policy.attemptTimeout == defaults.attemptTimeout
            && policy.timeouts.responseHeaders == defaults.timeouts.responseHeaders
        maxWait = policy.maxWait
        limits = ExchangeLimits(
            responseHeaders: policy.timeouts.responseHeaders, firstToken: policy.timeouts.firstToken,
            betweenTokens: policy.timeouts.betweenTokens, attempt: policy.attemptTimeout,
            streamTotal: policy.timeouts.total,
            minThroughput: policy.timeouts.minThroughput, throughputWindow: policy.timeouts.throughputWindow)
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
            // A client that does not read its stream, or a very long answer, can keep a probe's place.
            halfOpenMaxWait: max(policy.deadline, policy.timeouts.total ?? .seconds(900)))
        hedge = HedgeRule(policy.hedge)
        budgetRatio = policy.budget.ratio
        budgetFloor = policy.budget.floor
    }

    /// The limits of a call whose client has said how long it waits, if that is longer than the defaults.
    ///
    /// Whole answers come with their headers, so that the limit of these is that of the answer.
    ///
    /// - Parameter share: The client's time for one call; nil when it has not said.
    func limits(forClientsShare share: Duration?) -> ExchangeLimits {
        guard let share, hasDefaultAttempt, share > limits.attempt else { return limits }
        var limits = limits
        limits.attempt = share
        limits.responseHeaders = share
        return limits
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
