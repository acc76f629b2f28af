/// How a ``RetryPolicy`` decides; valid by construction.
public struct RetryConfiguration: Sendable {
    /// How often the operation is tried, the first time included.
    public let maxAttempts: Int
    /// How long all attempts and waits may take together; nil is unlimited.
    public let totalTimeLimit: Duration?
    /// How long to wait before each retry.
    public let backoff: Backoff
    /// Decides which errors are worth another try.
    public let classifier: ErrorClassifier
    /// How often an error of an unknown kind is tried again.
    public let maxUnknownRetries: Int
    /// The longest wait that a server may ask for; above it the retry gives up at once.
    public let maxServerHint: Duration
    /// Whether to wait for and repeat a call that a policy further in refused, instead of giving up.
    public let waitsForRejections: Bool
    /// The budget shared with other calls to the same service; nil is unlimited.
    public private(set) var budget: RetryBudget?

    /// Creates a configuration.
    ///
    /// - Parameters:
    ///   - maxAttempts: How often the operation is tried, the first time included, 1 or more. Defaults to 3.
    ///   - totalTimeLimit: How long all attempts and waits may take together. A retry waits only if the wait ends
    ///     before this limit; a running attempt is not interrupted (``TimeLimiter`` does that). Defaults to no limit.
    ///   - backoff: How long to wait before each retry. Defaults to ``Backoff/default``.
    ///   - classifier: Decides which errors are worth another try. Defaults to ``ErrorClassifier/default``, which
    ///     asks the error; see ``ErrorClassifier/retryUnknown`` for errors that do not classify themselves.
    ///   - maxUnknownRetries: How often an error of an unknown kind is tried again, 0 or more. Defaults to 1.
    ///   - maxServerHint: The longest wait that a server may ask for. Above it the retry gives up at once instead of
    ///     sleeping or of coming back too early. Defaults to 60 s.
    ///   - waitsForRejections: Whether to wait for and repeat a call that a policy further in refused. Defaults to
    ///     false: a rejection ends the retry.
    ///   - budget: The budget shared with other calls to the same service. Defaults to none.
    /// - Throws: ``ConfigurationError`` for a value out of range.
    public init(
        maxAttempts: Int = 3,
        totalTimeLimit: Duration? = nil,
        backoff: Backoff = .default,
        classifier: ErrorClassifier = .default,
        maxUnknownRetries: Int = 1,
        maxServerHint: Duration = .seconds(60),
        waitsForRejections: Bool = false,
        budget: RetryBudget? = nil
    ) throws(ConfigurationError) {
        try Validation.count("maxAttempts", maxAttempts, in: 1...Int.max)
        if let totalTimeLimit { try Validation.positive("totalTimeLimit", totalTimeLimit) }
        try Validation.count("maxUnknownRetries", maxUnknownRetries, in: 0...Int.max)
        try Validation.notNegative("maxServerHint", maxServerHint)
        self.maxAttempts = maxAttempts
        self.totalTimeLimit = totalTimeLimit
        self.backoff = backoff
        self.classifier = classifier
        self.maxUnknownRetries = maxUnknownRetries
        self.maxServerHint = maxServerHint
        self.waitsForRejections = waitsForRejections
        self.budget = budget
    }

    /// Takes the number of *retries*, as many libraries and the word itself have it: one less than the attempts.
    static func attempts(forRetries maxRetries: Int) throws(ConfigurationError) -> Int {
        try Validation.count("maxRetries", maxRetries, in: 0...(Int.max - 1))
        return maxRetries + 1
    }

    /// The same configuration with another budget.
    func with(budget: RetryBudget) -> RetryConfiguration {
        var copy = self
        copy.budget = budget
        return copy
    }
}
