/// How an ``AdaptiveLimiter`` learns its limit; valid by construction.
public struct AdaptiveLimiterConfiguration: Sendable {
    /// The largest limit there can be.
    static let largestLimit = 30_000

    /// The rule by which the limit changes.
    ///
    /// Later versions may add cases.
    @nonexhaustive
    public enum Algorithm: Sendable, Hashable {
        /// Up by one after a window of successes, down to `backoffRatio` of itself at a sign of overload.
        ///
        /// It measures no time, so it suits calls whose duration depends on what they are asked, as that of a language
        /// model does.
        case aimd(backoffRatio: Double = 0.9)
        /// Compares how long calls take now with how long they take in the long run, and lowers the limit as soon as
        /// they take longer.
        case gradient(Gradient = .default)
    }

    /// The rule by which the limit changes.
    public private(set) var algorithm = Algorithm.aimd()
    /// The limit at the start.
    public private(set) var initialLimit = 20
    /// The limit never goes below this.
    public private(set) var minLimit = 1
    /// The limit never goes above this.
    public private(set) var maxLimit = 200
    /// How many calls make one window; nil is as many as the limit.
    public private(set) var window: Int?
    /// The guaranteed share of the limit of each partition, by name.
    public private(set) var partitions: [String: Double] = [:]
    /// Tells signs of overload from other errors.
    public private(set) var classifier = ErrorClassifier.default

    private init() {}

    /// Creates a configuration.
    ///
    /// - Parameters:
    ///   - algorithm: The rule by which the limit changes. Defaults to AIMD with a back-off ratio of 0.9; a ratio lies
    ///     between 0 and 1, exclusively.
    ///   - initialLimit: The limit at the start, from `minLimit` to `maxLimit`. Defaults to 20.
    ///   - minLimit: The limit never goes below this, 1 or more. Defaults to 1.
    ///   - maxLimit: The limit never goes above this, up to 30,000. Defaults to 200.
    ///   - window: How many calls make one window, at whose end the limit changes; 1 to 30,000, or nil for as many as
    ///     the limit, at least 10 where durations are measured. Defaults to nil.
    ///   - partitions: The share of the limit that is guaranteed to each partition, by name; each above 0, together at
    ///     most 1, at most 1,000 of them. Defaults to none.
    ///   - classifier: Tells signs of overload from other errors. Defaults to ``ErrorClassifier/default``.
    /// - Throws: ``ConfigurationError`` for the first value that is out of range.
    public init(
        _ algorithm: Algorithm = .aimd(), initialLimit: Int = 20, minLimit: Int = 1, maxLimit: Int = 200,
        window: Int? = nil, partitions: [String: Double] = [:], classifier: ErrorClassifier = .default
    ) throws(ConfigurationError) {
        switch algorithm {
        case .aimd(let backoffRatio): try Self.validate(backoffRatio: backoffRatio)
        case .gradient: break
        }
        try Validation.count("maxLimit", maxLimit, in: 1...Self.largestLimit)
        try Validation.count("minLimit", minLimit, in: 1...maxLimit)
        try Validation.count("initialLimit", initialLimit, in: minLimit...maxLimit)
        if let window { try Validation.count("window", window, in: 1...Self.largestLimit) }
        try Validation.count("partitions.count", partitions.count, in: 0...1_000)
        var sum = 0.0
        for (name, share) in partitions.sorted(by: { $0.key < $1.key }) {
            try Validation.share("partitions[\(name)]", share)
            sum += share
        }
        // Shares such as ten times 0.1 add up to a little more than 1.
        guard sum <= 1 + 1e-9 else {
            throw ConfigurationError(field: "partitions", value: sum, allowed: "at most 1 together")
        }
        self.algorithm = algorithm
        self.initialLimit = initialLimit
        self.minLimit = minLimit
        self.maxLimit = maxLimit
        self.window = window
        self.partitions = partitions
        self.classifier = classifier
    }

    static func validate(backoffRatio: Double) throws(ConfigurationError) {
        guard backoffRatio > 0, backoffRatio < 1 else {
            throw ConfigurationError(
                field: "backoffRatio", value: backoffRatio, allowed: "above 0 and below 1")
        }
    }
}

extension AdaptiveLimiterConfiguration {
    /// AIMD with a back-off ratio of 0.9, from 20 calls in flight, between 1 and 200: what
    /// `AdaptiveLimiterConfiguration()` has.
    public static let `default` = AdaptiveLimiterConfiguration()

    /// How ``Algorithm/gradient(_:)`` judges durations; valid by construction.
    public struct Gradient: Sendable, Hashable {
        /// By what factor calls may take longer than in the long run before the limit is lowered.
        public private(set) var tolerance = 1.5
        /// The weight of a window's result against the present limit.
        public private(set) var smoothing = 0.2
        /// How many calls may wait in the service; the limit grows by this (times ``smoothing``) while nothing is slow.
        public private(set) var queueSize = 4
        /// Over how many windows the long run reaches.
        public private(set) var longWindow = 600
        /// After how many windows the limit is halved for one, to learn anew how long calls take without a queue; nil
        /// never.
        public private(set) var relearnInterval: Int? = 250
        /// The share of the limit that remains at a sign of overload.
        public private(set) var backoffRatio = 0.9

        private init() {}

        /// Creates a configuration; every parameter has the default of ``default``.
        ///
        /// - Parameters:
        ///   - tolerance: By what factor calls may take longer than in the long run before the limit is lowered, 1 or
        ///     more.
        ///   - smoothing: The weight of a window's result against the present limit, above 0 to 1.
        ///   - queueSize: How many calls may wait in the service, 0 to 30,000.
        ///   - longWindow: Over how many windows the long run reaches, 1 or more.
        ///   - relearnInterval: After how many windows the limit is halved for one, to learn anew how long calls take
        ///     without a queue, 1 or more; nil never, and then a service that slows down gradually goes unnoticed.
        ///   - backoffRatio: The share of the limit that remains at a sign of overload, between 0 and 1, exclusively.
        /// - Throws: ``ConfigurationError`` for a value out of range.
        public init(
            tolerance: Double = 1.5, smoothing: Double = 0.2, queueSize: Int = 4, longWindow: Int = 600,
            relearnInterval: Int? = 250, backoffRatio: Double = 0.9
        ) throws(ConfigurationError) {
            try Validation.atLeast("tolerance", tolerance, 1)
            try Validation.share("smoothing", smoothing)
            try Validation.count("queueSize", queueSize, in: 0...largestLimit)
            try Validation.count("longWindow", longWindow, in: 1...Int.max)
            if let relearnInterval { try Validation.count("relearnInterval", relearnInterval, in: 1...Int.max) }
            try validate(backoffRatio: backoffRatio)
            self.tolerance = tolerance
            self.smoothing = smoothing
            self.queueSize = queueSize
            self.longWindow = longWindow
            self.relearnInterval = relearnInterval
            self.backoffRatio = backoffRatio
        }

        /// Half as slow again is tolerated; the long run is 600 windows, learned anew every 250.
        public static let `default` = Gradient()
    }
}
