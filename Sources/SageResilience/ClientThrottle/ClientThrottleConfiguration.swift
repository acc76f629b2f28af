/// When a ``ClientThrottle`` refuses calls; valid by construction.
public struct ClientThrottleConfiguration: Sendable {
    /// How many calls are let through for each that the service accepted: K of the formula.
    public private(set) var acceptsMultiplier = 2.0
    /// The largest share of the calls that is refused, so that the recovery of the service is noticed.
    public private(set) var maxRejectionProbability = 0.9
    /// Over which time calls are counted.
    public private(set) var window = Duration.seconds(120)
    /// Into how many steps the window is divided.
    public private(set) var buckets = 12
    /// How many calls the window must hold before any is refused.
    public private(set) var minimumRequests = 10
    /// Whether a call that has no result yet counts as not accepted.
    public private(set) var countsPendingCalls = true
    /// Whether more important calls are refused more rarely.
    public private(set) var honorsPriority = true
    /// Decides which errors are refusals by the service.
    public private(set) var classifier = ErrorClassifier.default

    private init() {}

    /// Creates a configuration; every parameter has the default of ``default``.
    ///
    /// - Parameters:
    ///   - acceptsMultiplier: How many calls are let through for each accepted one, 1 to 1,000,000. With 2 nothing is
    ///     refused here until the service refuses half of the calls; a smaller number refuses earlier.
    ///   - maxRejectionProbability: The largest share of the calls that is refused, 0 to 1. At 1 a service that
    ///     accepts nothing is called only again when the window has forgotten that.
    ///   - window: Over which time calls are counted, 1 ns to 1 day. Take at least twice the longest call, or let
    ///     pending calls not count.
    ///   - buckets: Into how many steps the window is divided, 1 to 1,000.
    ///   - minimumRequests: How many calls the window must hold before any is refused, 0 or more.
    ///   - countsPendingCalls: Whether a call counts from its start, as not accepted until its result is known. True
    ///     notices a service that has stopped answering at once; false suits calls that take minutes.
    ///   - honorsPriority: Whether more important calls are refused more rarely.
    ///   - classifier: Decides which errors are refusals by the service.
    /// - Throws: ``ConfigurationError`` for the first value that is out of range.
    public init(
        acceptsMultiplier: Double = 2,
        maxRejectionProbability: Double = 0.9,
        window: Duration = .seconds(120),
        buckets: Int = 12,
        minimumRequests: Int = 10,
        countsPendingCalls: Bool = true,
        honorsPriority: Bool = true,
        classifier: ErrorClassifier = .default
    ) throws(ConfigurationError) {
        // Below 1 even a service that accepts everything would be throttled.
        try Validation.ratio("acceptsMultiplier", acceptsMultiplier, in: 1...1_000_000)
        try Validation.ratio("maxRejectionProbability", maxRejectionProbability)
        try Validation.positive("window", window)
        // A bucket's counter has 32 bits.
        guard window <= .seconds(86_400) else {
            throw ConfigurationError(field: "window", value: window, allowed: "up to 1 day")
        }
        try Validation.count("buckets", buckets, in: 1...1_000)
        try Validation.count("minimumRequests", minimumRequests, in: 0...Int.max)
        self.acceptsMultiplier = acceptsMultiplier
        self.maxRejectionProbability = maxRejectionProbability
        self.window = window
        self.buckets = buckets
        self.minimumRequests = minimumRequests
        self.countsPendingCalls = countsPendingCalls
        self.honorsPriority = honorsPriority
        self.classifier = classifier
    }

    /// Creates a configuration from the share of refusals at which throttling begins, as failsafe-go does.
    ///
    /// - Parameters:
    ///   - failureRate: The share of refused calls from which calls are refused here, 0 to 0.999.
    ///   - maxRejectionProbability: The largest share of the calls that is refused, 0 to 1.
    ///   - window: Over which time calls are counted, 1 ns to 1 day.
    /// - Throws: ``ConfigurationError`` for the first value that is out of range.
    public init(
        failureRate: Double, maxRejectionProbability: Double = 0.9, window: Duration = .seconds(120)
    ) throws(ConfigurationError) {
        try Validation.ratio("failureRate", failureRate, in: 0...0.999)
        try self.init(
            acceptsMultiplier: 1 / (1 - failureRate), maxRejectionProbability: maxRejectionProbability, window: window)
    }

    /// Twice the accepted calls over two minutes, at most 90 % refused: the numbers of Google's SRE book.
    public static let `default` = ClientThrottleConfiguration()

    /// For calls of language models, which may take minutes: as the default, but a call counts when its result is
    /// known.
    public static let llm: ClientThrottleConfiguration = {
        var configuration = ClientThrottleConfiguration()
        configuration.countsPendingCalls = false
        return configuration
    }()
}

extension ClientThrottleConfiguration {
    /// How a classified error counts: success is an accepted call, failure a refused one.
    ///
    /// A service that finds fault with a request has accepted it, but one whose quota is used up refuses everything.
    func outcome(of classification: ErrorClassification) -> Outcome {
        switch (classification.fault, classification.errorClass) {
        case (.policy, _): .ignored
        case (_, .quotaExhausted): .failure
        case (.caller, _): .success
        case (.provider, _): .failure
        }
    }
}
