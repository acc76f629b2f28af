/// When a ``Hedge`` sends copies, and how many; valid by construction.
public struct HedgeConfiguration: Sendable {
    /// How long a call may take before its first copy is sent, and each copy before the next.
    ///
    /// Later versions may add cases.
    @nonexhaustive
    public enum Delay: Sendable, Hashable {
        /// Always the same time; zero sends all copies at once.
        case fixed(Duration)
        /// The time within which this share of the recent calls has ended.
        ///
        /// Of the last `window` calls, the smallest duration that is not below `share` of them (the nearest-rank
        /// percentile, exact). Until there are `minimumSamples` of them time sends no copy. `atLeast` keeps a service
        /// that answers in microseconds from being sent everything twice; Finagle uses the same 1 ms.
        case percentile(share: Double, window: Int, minimumSamples: Int, atLeast: Duration)

        /// The percentile of the last 256 calls, after 20 of them, but 1 ms or more.
        ///
        /// - Parameter share: Which percentile, between 0 and 1; 0.95 sends copies of the slowest 5 % of the calls.
        public static func percentile(_ share: Double) -> Delay {
            .percentile(share: share, window: 256, minimumSamples: 20, atLeast: .milliseconds(1))
        }
    }

    /// The longest window of a percentile.
    static let longestWindow = 10_000

    /// How long a call may take before a copy is sent.
    public let delay: Delay
    /// The most copies of one call, the call itself not counted.
    public let maxHedges: Int
    /// The budget shared with retries of calls to the same service; nil takes ``CallContext/retryBudget``.
    public let budget: RetryBudget?
    /// Decides which errors are worth another copy.
    public let classifier: ErrorClassifier
    /// The longest wait that a server may ask for; above it no further copy is sent.
    public let maxServerHint: Duration

    /// Creates a configuration.
    ///
    /// - Parameters:
    ///   - delay: How long a call may take before a copy is sent. A fixed delay is 0 or more. Of a percentile the share
    ///     is more than 0 and less than 1, the window 1 to 10,000, the minimum of samples 1 to the window,
    ///     and the least delay 0 or more.
    ///   - maxHedges: The most copies of one call, the call itself not counted, 1 to 10. Defaults to 1. gRPC counts the
    ///     call too: its `maxAttempts` is one more.
    ///   - budget: The budget shared with retries of calls to the same service. Defaults to that of
    ///     ``CallContext/retryBudget``; without any, each call may send all its copies.
    ///   - classifier: Decides which errors are worth another copy. Defaults to ``ErrorClassifier/default``.
    ///   - maxServerHint: The longest wait that a server may ask for, 0 or more. Defaults to 60 s.
    /// - Throws: ``ConfigurationError`` for the first value that is out of range.
    public init(
        delay: Delay,
        maxHedges: Int = 1,
        budget: RetryBudget? = nil,
        classifier: ErrorClassifier = .default,
        maxServerHint: Duration = .seconds(60)
    ) throws(ConfigurationError) {
        switch delay {
        case .fixed(let duration):
            try Validation.notNegative("delay", duration)
        case .percentile(let share, let window, let minimumSamples, let atLeast):
            guard share > 0, share < 1 else {
                throw ConfigurationError(field: "share", value: share, allowed: "more than 0, less than 1")
            }
            try Validation.count("window", window, in: 1...Self.longestWindow)
            try Validation.count("minimumSamples", minimumSamples, in: 1...window)
            try Validation.notNegative("atLeast", atLeast)
        }
        try Validation.count("maxHedges", maxHedges, in: 1...10)
        try Validation.notNegative("maxServerHint", maxServerHint)
        self.delay = delay
        self.maxHedges = maxHedges
        self.budget = budget
        self.classifier = classifier
        self.maxServerHint = maxServerHint
    }
}
