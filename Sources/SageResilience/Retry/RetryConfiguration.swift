/// How a ``RetryPolicy`` decides; valid by construction.
public struct RetryConfiguration: Sendable {
    /// Whether a call may be made twice.
    public enum Idempotency: String, Sendable, Hashable, CaseIterable {
        /// Making the call twice does what making it once does.
        case idempotent
        /// It must not reach the service twice: only errors by which it certainly was not sent
        /// (``ErrorClassification/isNotSent``) are retried, and refusals by policies further in.
        case notIdempotent = "not_idempotent"
    }

    /// How often the operation is tried, the first time included.
    public private(set) var maxAttempts = 3
    /// How long all attempts and waits may take together; nil is unlimited.
    public private(set) var totalTimeLimit: Duration?
    /// How long to wait before each retry.
    public private(set) var backoff = Backoff.default
    /// What some kinds of errors have instead of ``backoff``; nil is nothing.
    public private(set) var classBackoffs: ClassBackoffs?
    /// Decides which errors are worth another try.
    public private(set) var classifier = ErrorClassifier.default
    /// How often an error of an unknown kind is tried again.
    public private(set) var maxUnknownRetries = 1
    /// The longest wait that a server may ask for; above it the retry gives up at once.
    public private(set) var maxServerHint = Duration.seconds(60)
    /// Whether the call may be made twice.
    public private(set) var idempotency = Idempotency.idempotent
    /// Whether to wait for and repeat a call that a policy further in refused, instead of giving up.
    public private(set) var waitsForRejections = false
    /// Whether to retry although a retry further out is repeating its operation.
    public private(set) var retriesWhenNested = false
    /// The budget shared with other calls to the same service; nil is that of ``CallContext/retryBudget``, or none.
    public private(set) var budget: RetryBudget?

    private init() {}

    /// Creates a configuration.
    ///
    /// - Parameters:
    ///   - maxAttempts: How often the operation is tried, the first time included, 1 or more. Defaults to 3.
    ///   - totalTimeLimit: How long all attempts and waits may take together. A retry waits only if the wait ends
    ///     before this limit and before ``CallContext/deadline``; a running attempt is not interrupted
    ///     (``TimeLimiter`` does that). Defaults to no limit.
    ///   - backoff: How long to wait before each retry. Defaults to ``Backoff/default``.
    ///   - classBackoffs: What some kinds of errors have instead of `backoff`, each with a limit of its own beside
    ///     `maxAttempts`. Defaults to nothing.
    ///   - classifier: Decides which errors are worth another try. Defaults to ``ErrorClassifier/default``, which
    ///     asks the error; see ``ErrorClassifier/retryUnknown`` for errors that do not classify themselves.
    ///   - maxUnknownRetries: How often an error of an unknown kind is tried again, 0 or more. Defaults to 1.
    ///   - maxServerHint: The longest wait that a server may ask for. Above it the retry gives up at once instead of
    ///     sleeping or of coming back too early. Defaults to 60 s.
    ///   - idempotency: Whether the call may be made twice. Defaults to yes.
    ///   - waitsForRejections: Whether to wait for and repeat a call that a policy further in refused. Defaults to
    ///     false: a rejection ends the retry.
    ///   - retriesWhenNested: Whether to retry although a retry further out is repeating its operation. Defaults to
    ///     false: within the second and later attempts of another retry this one makes a single attempt.
    ///   - budget: The budget shared with other calls to the same service. Defaults to that of
    ///     ``CallContext/retryBudget``, or none.
    /// - Throws: ``ConfigurationError`` for a value out of range.
    public init(
        maxAttempts: Int = 3,
        totalTimeLimit: Duration? = nil,
        backoff: Backoff = .default,
        classBackoffs: ClassBackoffs? = nil,
        classifier: ErrorClassifier = .default,
        maxUnknownRetries: Int = 1,
        maxServerHint: Duration = .seconds(60),
        idempotency: Idempotency = .idempotent,
        waitsForRejections: Bool = false,
        retriesWhenNested: Bool = false,
        budget: RetryBudget? = nil
    ) throws(ConfigurationError) {
        try Validation.count("maxAttempts", maxAttempts, in: 1...Int.max)
        if let totalTimeLimit { try Validation.positive("totalTimeLimit", totalTimeLimit) }
        try Validation.count("maxUnknownRetries", maxUnknownRetries, in: 0...Int.max)
        try Validation.notNegative("maxServerHint", maxServerHint)
        self.maxAttempts = maxAttempts
        self.totalTimeLimit = totalTimeLimit
        self.backoff = backoff
        self.classBackoffs = classBackoffs
        self.classifier = classifier
        self.maxUnknownRetries = maxUnknownRetries
        self.maxServerHint = maxServerHint
        self.idempotency = idempotency
        self.waitsForRejections = waitsForRejections
        self.retriesWhenNested = retriesWhenNested
        self.budget = budget
    }

    /// Takes the number of *retries*, as many libraries and the word itself have it: one less than the attempts.
    static func attempts(forRetries maxRetries: Int) throws(ConfigurationError) -> Int {
        try Validation.count("maxRetries", maxRetries, in: 0...(Int.max - 1))
        return maxRetries + 1
    }

    /// The same configuration with another budget.
    public func with(budget: RetryBudget) -> RetryConfiguration {
        var copy = self
        copy.budget = budget
        return copy
    }

    /// The same configuration for calls that may, or must not, be made twice.
    public func with(idempotency: Idempotency) -> RetryConfiguration {
        var copy = self
        copy.idempotency = idempotency
        return copy
    }

    /// The same configuration with another classifier.
    public func with(classifier: ErrorClassifier) -> RetryConfiguration {
        var copy = self
        copy.classifier = classifier
        return copy
    }
}

extension RetryConfiguration {
    /// Three attempts, waits of 1 s doubled up to 60 s with full jitter, for calls that may be made twice: what
    /// `RetryConfiguration()` has.
    public static let `default` = RetryConfiguration()

    /// For statements of a database: three retries, waits of 0.5 s doubled up to 5 s with full jitter, and
    /// ``ErrorClassifier/database``.
    ///
    /// A statement may have taken effect although its answer was lost, so only errors by which it was not sent are
    /// retried. For reads and for statements that can be repeated use `.database.with(idempotency: .idempotent)`.
    public static let database = preset(
        attempts: 4, .exponential(initial: .milliseconds(500), multiplier: 2), upTo: .seconds(5), .notIdempotent,
        .database)

    /// For requests over a network that may be repeated: three retries, waits of 0.5 s growing by half up to 10 s with
    /// full jitter, and ``ErrorClassifier/network``.
    public static let network = preset(
        attempts: 4, .exponential(initial: .milliseconds(500), multiplier: 1.5), upTo: .seconds(10), .idempotent,
        .network)

    /// For calls of language models: five retries, waits by the kind of error (``ClassBackoffs/standard``) and
    /// otherwise of 0.1 s doubled up to 30 s with full jitter, and ``ErrorClassifier/llm``.
    ///
    /// A completion may be asked for twice: it costs twice, and has no other effect. Calls of tools do; see
    /// ``Idempotency``.
    public static let llm = preset(
        attempts: 6, .exponential(initial: .milliseconds(100), multiplier: 2), upTo: .seconds(30), .idempotent,
        .llm, .standard)

    private static func preset(
        attempts: Int, _ strategy: Backoff.Strategy, upTo maxDelay: Duration, _ idempotency: Idempotency,
        _ classifier: ErrorClassifier, _ classBackoffs: ClassBackoffs? = nil
    ) -> RetryConfiguration {
        var configuration = RetryConfiguration()
        configuration.maxAttempts = attempts
        configuration.backoff = Backoff(unchecked: strategy, maxDelay: maxDelay, jitter: .full)
        configuration.idempotency = idempotency
        configuration.classifier = classifier
        configuration.classBackoffs = classBackoffs
        return configuration
    }
}
