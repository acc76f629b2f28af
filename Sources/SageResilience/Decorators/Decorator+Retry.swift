extension Decorator {
    /// Tries again by a configuration, for example a preset.
    ///
    /// - Parameter configuration: How it decides.
    public static func retry(_ configuration: RetryConfiguration) -> Decorator {
        Decorator { PipelineBuilder.buildExpression(configuration) }
    }

    /// Tries again.
    ///
    /// - Parameters:
    ///   - maxAttempts: How often the body runs, the first time included, 1 or more. Defaults to 3.
    ///   - initialDelay: The delay before the first retry, before jitter, 0 or more. Defaults to 1 s.
    ///   - maxDelay: The longest delay, 0 or more. Defaults to 60 s.
    ///   - multiplier: By how much an exponential delay grows each time, 1 or more. Defaults to 2.
    ///   - jitter: How the delays are spread. Defaults to ``Jitter/full``.
    ///   - strategy: How the delays grow. Defaults to ``RetryStrategy/exponential``.
    ///   - totalTimeLimit: How long all attempts and waits may take together. Defaults to no limit.
    ///   - retryOn: The types of the errors that are worth another try; no other is then. Empty asks the classifier.
    ///   - classifier: Decides which errors are worth another try. Defaults to ``ErrorClassifier/default``, by which an
    ///     error that says nothing about itself is tried again once.
    ///   - idempotency: Whether the body may run twice. Defaults to yes.
    ///   - budget: How many calls may be tried again at the same time. Defaults to one of the function's own.
    public static func retry(
        maxAttempts: Int = 3,
        initialDelay: Duration = .seconds(1),
        maxDelay: Duration = .seconds(60),
        multiplier: Double = 2,
        jitter: Jitter = .full,
        strategy: RetryStrategy = .exponential,
        totalTimeLimit: Duration? = nil,
        retryOn: [any Error.Type] = [],
        classifier: ErrorClassifier = .default,
        idempotency: RetryConfiguration.Idempotency = .idempotent,
        budget: RetryBudget? = nil
    ) throws(ConfigurationError) -> Decorator {
        .retry(
            try RetryConfiguration(
                maxAttempts: maxAttempts, totalTimeLimit: totalTimeLimit,
                backoff: strategy.backoff(
                    initialDelay: initialDelay, maxDelay: maxDelay, multiplier: multiplier, jitter: jitter),
                classifier: classifier.retrying(only: retryOn), idempotency: idempotency, budget: budget))
    }
}
