/// How many calls a ``RateLimiter`` admits, and how long the others may wait.
public struct RateLimiterConfiguration: Sendable {
    /// The rule by which permits are counted.
    ///
    /// Later versions may add cases.
    @nonexhaustive
    public enum Algorithm: Sendable, Hashable {
        /// At most `limit` permits in every window of length `per`.
        ///
        /// Exact for limits up to 1,024 (8 bytes of memory a permit). Above, the counts of the present and the previous
        /// period are weighted: constant memory, exact for even traffic, but a window that lies across two bursts may
        /// hold nearly twice the limit.
        case slidingWindow(limit: Int, per: Duration)
        /// A bucket of `capacity` permits into which one comes back each `refillInterval`; it begins full.
        case tokenBucket(capacity: Int, refillInterval: Duration)
    }

    /// The rule by which permits are counted.
    public let algorithm: Algorithm
    /// The longest time a call waits for its permits; zero never waits.
    public let maxWait: Duration
    /// The most calls that wait at the same time.
    public let maxQueued: Int
    /// Says which errors carry a time for which the service wants to be left alone.
    public let classifier: ErrorClassifier
    /// The longest time for which nobody is admitted because the service said so; zero learns nothing.
    public let maxServerHint: Duration

    /// Creates a configuration.
    ///
    /// - Parameters:
    ///   - algorithm: The rule by which permits are counted. Limits and capacities are 1 or more, durations 1 ns or
    ///     more.
    ///   - maxWait: The longest time a call waits for its permits, 0 or more. Defaults to 5 s.
    ///   - maxQueued: The most calls that wait at the same time, 0 or more. Defaults to 1,000.
    ///   - classifier: Says which errors carry a time for which the service wants to be left alone (``ServerHint``).
    ///     Defaults to ``ErrorClassifier/default``.
    ///   - maxServerHint: The longest such time that is heeded, 0 or more; what goes beyond is cut off, zero learns
    ///     nothing. Defaults to 60 s.
    /// - Throws: ``ConfigurationError`` for the first value that is out of range.
    public init(
        _ algorithm: Algorithm, maxWait: Duration = .seconds(5), maxQueued: Int = 1_000,
        classifier: ErrorClassifier = .default, maxServerHint: Duration = .seconds(60)
    ) throws(ConfigurationError) {
        switch algorithm {
        case .slidingWindow(let limit, let per):
            try Validation.count("limit", limit, in: 1...Int.max)
            try Validation.positive("per", per)
        case .tokenBucket(let capacity, let refillInterval):
            try Validation.count("capacity", capacity, in: 1...Int.max)
            try Validation.positive("refillInterval", refillInterval)
        }
        try Validation.notNegative("maxWait", maxWait)
        try Validation.count("maxQueued", maxQueued, in: 0...Int.max)
        try Validation.notNegative("maxServerHint", maxServerHint)
        self.init(
            valid: algorithm, maxWait: maxWait, maxQueued: maxQueued, classifier: classifier,
            maxServerHint: maxServerHint)
    }

    private init(
        valid algorithm: Algorithm, maxWait: Duration = .seconds(5), maxQueued: Int = 1_000,
        classifier: ErrorClassifier = .default, maxServerHint: Duration = .seconds(60)
    ) {
        self.algorithm = algorithm
        self.maxWait = maxWait
        self.maxQueued = maxQueued
        self.classifier = classifier
        self.maxServerHint = maxServerHint
    }

    /// A token bucket that admits `limit` permits in each `per` on average.
    ///
    /// The time in which one permit comes back is rounded up to whole nanoseconds, so the rate is never exceeded; one
    /// permit a nanosecond is the highest.
    ///
    /// - Parameters:
    ///   - limit: Permits that come back in each `per`, 1 or more.
    ///   - per: The time in which they come back, 1 ns or more.
    ///   - burst: Permits in the full bucket, 1 or more. Defaults to `limit`.
    ///   - maxWait: The longest time a call waits for its permits, 0 or more. Defaults to 5 s.
    ///   - maxQueued: The most calls that wait at the same time, 0 or more. Defaults to 1,000.
    ///   - classifier: Says which errors carry a time for which the service wants to be left alone (``ServerHint``).
    ///     Defaults to ``ErrorClassifier/default``.
    ///   - maxServerHint: The longest such time that is heeded, 0 or more; what goes beyond is cut off, zero learns
    ///     nothing. Defaults to 60 s.
    /// - Throws: ``ConfigurationError`` for the first value that is out of range.
    public static func tokenBucket(
        limit: Int, per: Duration, burst: Int? = nil, maxWait: Duration = .seconds(5), maxQueued: Int = 1_000,
        classifier: ErrorClassifier = .default, maxServerHint: Duration = .seconds(60)
    ) throws(ConfigurationError) -> RateLimiterConfiguration {
        try Validation.count("limit", limit, in: 1...Int.max)
        try Validation.positive("per", per)
        if let burst { try Validation.count("burst", burst, in: 1...Int.max) }
        let (whole, rest) = per.saturatingNanoseconds.quotientAndRemainder(dividingBy: Int64(limit))
        let interval = Duration.nanoseconds(whole + (rest > 0 ? 1 : 0))
        return try RateLimiterConfiguration(
            .tokenBucket(capacity: burst ?? limit, refillInterval: interval), maxWait: maxWait, maxQueued: maxQueued,
            classifier: classifier, maxServerHint: maxServerHint)
    }

    /// A token bucket for the tokens that a model's calls use, to be taken with ``RateLimiter/reserve(_:maxWait:)``.
    ///
    /// - Parameters:
    ///   - limit: Tokens that come back in a minute, 1 or more.
    ///   - burst: Tokens in the full bucket, 1 or more: no call may be estimated higher. Defaults to `limit`.
    ///   - maxWait: The longest time a call waits for its tokens, 0 or more. Defaults to 60 s, in which a default
    ///     bucket fills completely.
    ///   - maxQueued: The most calls that wait at the same time, 0 or more. Defaults to 1,000.
    ///   - classifier: Says which errors carry a time for which the service wants to be left alone (``ServerHint``).
    ///     Defaults to ``ErrorClassifier/default``.
    ///   - maxServerHint: The longest such time that is heeded, 0 or more; what goes beyond is cut off, zero learns
    ///     nothing. Defaults to 60 s.
    /// - Throws: ``ConfigurationError`` for the first value that is out of range.
    public static func tokensPerMinute(
        limit: Int, burst: Int? = nil, maxWait: Duration = .seconds(60), maxQueued: Int = 1_000,
        classifier: ErrorClassifier = .default, maxServerHint: Duration = .seconds(60)
    ) throws(ConfigurationError) -> RateLimiterConfiguration {
        try tokenBucket(
            limit: limit, per: .seconds(60), burst: burst, maxWait: maxWait, maxQueued: maxQueued,
            classifier: classifier, maxServerHint: maxServerHint)
    }

    /// 60 calls a minute in a sliding window, a cautious start for Anthropic's lowest tier.
    public static let anthropic = perMinute(60)
    /// 100 calls a minute in a sliding window, a cautious start for OpenAI.
    public static let openAI = perMinute(100)
    /// 30 calls a minute in a sliding window, a cautious start for Google.
    public static let google = perMinute(30)

    private static func perMinute(_ limit: Int) -> RateLimiterConfiguration {
        RateLimiterConfiguration(valid: .slidingWindow(limit: limit, per: .seconds(60)))
    }
}
