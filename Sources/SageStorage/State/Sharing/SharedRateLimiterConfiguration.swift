public import SageResilience

/// How a ``SharedRateLimiter`` works with its store.
public struct SharedRateLimiterConfiguration: Sendable {
    /// How long a call waits for the store's answer at most.
    public let timeLimit: Duration
    /// When to stop asking a store that does not answer, and when to try again.
    public let breaker: CircuitBreakerConfiguration

    /// Creates a configuration.
    ///
    /// - Parameters:
    ///   - timeLimit: How long a call waits for the store's answer at most, 1 ms to 1 min. Defaults to 50 ms.
    ///   - breaker: When to stop asking a store that does not answer. Nil opens after three failures in a row, tries
    ///     again after a second, and no more than 5 s later.
    /// - Throws: `ConfigurationError` for a value out of range.
    public init(
        timeLimit: Duration = .milliseconds(50), breaker: CircuitBreakerConfiguration? = nil
    ) throws(ConfigurationError) {
        guard timeLimit >= .milliseconds(1), timeLimit <= .seconds(60) else {
            throw ConfigurationError(field: "timeLimit", value: timeLimit, allowed: "1 ms to 1 min")
        }
        self.timeLimit = timeLimit
        if let breaker {
            self.breaker = breaker
        } else {
            self.breaker = try CircuitBreakerConfiguration(
                failureRate: nil, consecutiveFailures: 3, recoveryTimeout: .seconds(1),
                maxRecoveryTimeout: .seconds(5), halfOpenMaxCalls: 1, halfOpenMaxWait: .seconds(60))
        }
    }
}
