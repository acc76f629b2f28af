extension RetryPolicy {
    /// A policy that waits the same time before each retry.
    ///
    /// - Parameters:
    ///   - name: The name that events carry.
    ///   - delay: The time to wait. Defaults to 1 s.
    ///   - maxRetries: How often to try *again*, one less than the attempts. Defaults to 3.
    ///   - jitter: How the delay is spread. Defaults to none.
    ///   - classifier: Decides which errors are worth another try. The default tries an error that does not classify
    ///     itself (``ClassifiedError``) again only once, whatever `maxRetries` says; see
    ///     ``ErrorClassifier/retryUnknown``.
    ///   - onRetry: Called before each wait, on the task of the call. Defaults to nothing.
    ///   - clock: The clock by which the policy waits. Defaults to `ContinuousClock`.
    ///   - random: Where jitter comes from. Defaults to the system's generator.
    ///   - listener: Receives the policy's events. Defaults to nobody.
    /// - Throws: ``ConfigurationError`` for a value out of range.
    public static func fixed(
        _ name: String = "retry", delay: Duration = .seconds(1), maxRetries: Int = 3, jitter: Jitter = .none,
        classifier: ErrorClassifier = .default, onRetry: (@Sendable (Attempt) -> Void)? = nil,
        clock: any Clock<Duration> = ContinuousClock(),
        random: RandomSource = .system, listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) -> RetryPolicy {
        try RetryPolicy(name, .fixed(delay, jitter: jitter), maxRetries, classifier, onRetry, clock, random, listener)
    }

    /// A policy whose delays grow by the initial delay each time.
    ///
    /// - Parameters:
    ///   - name: The name that events carry.
    ///   - initialDelay: The delay before the first retry. Defaults to 1 s.
    ///   - maxDelay: The longest delay. Defaults to 60 s.
    ///   - maxRetries: How often to try *again*, one less than the attempts. Defaults to 3.
    ///   - jitter: How a delay is spread. Defaults to full.
    ///   - classifier: Decides which errors are worth another try. The default tries an error that does not classify
    ///     itself again only once; see ``ErrorClassifier/retryUnknown``.
    ///   - onRetry: Called before each wait, on the task of the call. Defaults to nothing.
    ///   - clock: The clock by which the policy waits. Defaults to `ContinuousClock`.
    ///   - random: Where jitter comes from. Defaults to the system's generator.
    ///   - listener: Receives the policy's events. Defaults to nobody.
    /// - Throws: ``ConfigurationError`` for a value out of range.
    public static func linear(
        _ name: String = "retry", initialDelay: Duration = .seconds(1), maxDelay: Duration = .seconds(60),
        maxRetries: Int = 3, jitter: Jitter = .full, classifier: ErrorClassifier = .default,
        onRetry: (@Sendable (Attempt) -> Void)? = nil,
        clock: any Clock<Duration> = ContinuousClock(), random: RandomSource = .system,
        listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) -> RetryPolicy {
        let backoff = try Backoff.linear(initialDelay: initialDelay, maxDelay: maxDelay, jitter: jitter)
        return try RetryPolicy(name, backoff, maxRetries, classifier, onRetry, clock, random, listener)
    }

    /// A policy whose delays are multiplied each time: the right one for most services.
    ///
    /// - Parameters:
    ///   - name: The name that events carry.
    ///   - initialDelay: The delay before the first retry. Defaults to 1 s.
    ///   - multiplier: By how much a delay is longer than the one before. Defaults to 2.
    ///   - maxDelay: The longest delay. Defaults to 60 s.
    ///   - maxRetries: How often to try *again*, one less than the attempts. Defaults to 3.
    ///   - jitter: How a delay is spread. Defaults to full.
    ///   - classifier: Decides which errors are worth another try. The default tries an error that does not classify
    ///     itself again only once; see ``ErrorClassifier/retryUnknown``.
    ///   - onRetry: Called before each wait, on the task of the call. Defaults to nothing.
    ///   - clock: The clock by which the policy waits. Defaults to `ContinuousClock`.
    ///   - random: Where jitter comes from. Defaults to the system's generator.
    ///   - listener: Receives the policy's events. Defaults to nobody.
    /// - Throws: ``ConfigurationError`` for a value out of range.
    public static func exponential(
        _ name: String = "retry", initialDelay: Duration = .seconds(1), multiplier: Double = 2,
        maxDelay: Duration = .seconds(60), maxRetries: Int = 3, jitter: Jitter = .full,
        classifier: ErrorClassifier = .default, onRetry: (@Sendable (Attempt) -> Void)? = nil,
        clock: any Clock<Duration> = ContinuousClock(),
        random: RandomSource = .system, listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) -> RetryPolicy {
        let backoff = try Backoff.exponential(
            initialDelay: initialDelay, multiplier: multiplier, maxDelay: maxDelay, jitter: jitter)
        return try RetryPolicy(name, backoff, maxRetries, classifier, onRetry, clock, random, listener)
    }

    /// A policy whose delays grow like the Fibonacci numbers: slower than exponential, faster than linear.
    ///
    /// - Parameters:
    ///   - name: The name that events carry.
    ///   - initialDelay: The delay before the first retry. Defaults to 1 s.
    ///   - maxDelay: The longest delay. Defaults to 60 s.
    ///   - maxRetries: How often to try *again*, one less than the attempts. Defaults to 3.
    ///   - jitter: How a delay is spread. Defaults to full.
    ///   - classifier: Decides which errors are worth another try. The default tries an error that does not classify
    ///     itself again only once; see ``ErrorClassifier/retryUnknown``.
    ///   - onRetry: Called before each wait, on the task of the call. Defaults to nothing.
    ///   - clock: The clock by which the policy waits. Defaults to `ContinuousClock`.
    ///   - random: Where jitter comes from. Defaults to the system's generator.
    ///   - listener: Receives the policy's events. Defaults to nobody.
    /// - Throws: ``ConfigurationError`` for a value out of range.
    public static func fibonacci(
        _ name: String = "retry", initialDelay: Duration = .seconds(1), maxDelay: Duration = .seconds(60),
        maxRetries: Int = 3, jitter: Jitter = .full, classifier: ErrorClassifier = .default,
        onRetry: (@Sendable (Attempt) -> Void)? = nil,
        clock: any Clock<Duration> = ContinuousClock(), random: RandomSource = .system,
        listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) -> RetryPolicy {
        let backoff = try Backoff.fibonacci(initialDelay: initialDelay, maxDelay: maxDelay, jitter: jitter)
        return try RetryPolicy(name, backoff, maxRetries, classifier, onRetry, clock, random, listener)
    }

    private convenience init(
        _ name: String, _ backoff: Backoff, _ maxRetries: Int, _ classifier: ErrorClassifier,
        _ onRetry: (@Sendable (Attempt) -> Void)?, _ clock: any Clock<Duration>, _ random: RandomSource,
        _ listener: (any ResilienceListener)?
    ) throws(ConfigurationError) {
        self.init(
            name,
            try RetryConfiguration(
                maxAttempts: RetryConfiguration.attempts(forRetries: maxRetries), backoff: backoff,
                classifier: classifier),
            onRetry: onRetry, clock: clock, random: random, listener: listener)
    }
}
