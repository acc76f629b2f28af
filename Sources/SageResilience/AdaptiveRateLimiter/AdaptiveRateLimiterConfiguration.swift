/// How an ``AdaptiveRateLimiter`` follows what the service bears; valid by construction.
public struct AdaptiveRateLimiterConfiguration: Sendable {
    /// The factor by which the rate falls when the service says that it is too high.
    public private(set) var beta = 0.7
    /// How steeply the rate rises afterwards.
    public private(set) var scale = 0.4
    /// The share of the last measurement in the measured rate.
    public private(set) var smoothing = 0.8
    /// The lowest rate, in calls a second.
    public private(set) var minimumRate = 0.5
    /// The longest time a call waits for its turn; zero never waits.
    public private(set) var maxWait = Duration.seconds(5)
    /// The most calls that wait at the same time.
    public private(set) var maxQueued = 1_000
    /// Decides which errors mean that the rate is too high, and which carry a time to wait.
    public private(set) var classifier = ErrorClassifier.default
    /// The longest time for which nobody is admitted because the service said so; zero learns nothing.
    public private(set) var maxServerHint = Duration.seconds(60)

    private init() {}

    /// Creates a configuration; every parameter has the default of ``default``.
    ///
    /// - Parameters:
    ///   - beta: The factor by which the rate falls at a throttling, 0.1 to 0.99.
    ///   - scale: How steeply the rate rises afterwards, 0.001 to 1,000: the C of the cubic function, in calls a second
    ///     per second cubed.
    ///   - smoothing: The share of the last measurement in the measured rate, above 0 to 1.
    ///   - minimumRate: The lowest rate, 0.001 to 1,000,000 calls a second.
    ///   - maxWait: The longest time a call waits for its turn, 0 or more.
    ///   - maxQueued: The most calls that wait at the same time, 0 or more.
    ///   - classifier: Decides which errors mean that the rate is too high: ``ErrorClass/rateLimited`` and
    ///     ``ErrorClass/overloaded``; and which carry a time to wait (``ServerHint``).
    ///   - maxServerHint: The longest time that is heeded for which a service wants to be left alone, 0 or more; what
    ///     goes beyond is cut off, zero learns nothing.
    /// - Throws: ``ConfigurationError`` for the first value that is out of range.
    public init(
        beta: Double = 0.7, scale: Double = 0.4, smoothing: Double = 0.8, minimumRate: Double = 0.5,
        maxWait: Duration = .seconds(5), maxQueued: Int = 1_000, classifier: ErrorClassifier = .default,
        maxServerHint: Duration = .seconds(60)
    ) throws(ConfigurationError) {
        try Validation.ratio("beta", beta, in: 0.1...0.99)
        try Validation.ratio("scale", scale, in: 0.001...1_000)
        try Validation.share("smoothing", smoothing)
        try Validation.ratio("minimumRate", minimumRate, in: 0.001...1_000_000)
        try Validation.notNegative("maxWait", maxWait)
        try Validation.count("maxQueued", maxQueued, in: 0...Int.max)
        try Validation.notNegative("maxServerHint", maxServerHint)
        self.beta = beta
        self.scale = scale
        self.smoothing = smoothing
        self.minimumRate = minimumRate
        self.maxWait = maxWait
        self.maxQueued = maxQueued
        self.classifier = classifier
        self.maxServerHint = maxServerHint
    }

    /// The numbers of the AWS SDKs, and at most 5 s in a queue of 1,000.
    public static let `default` = AdaptiveRateLimiterConfiguration()
}
