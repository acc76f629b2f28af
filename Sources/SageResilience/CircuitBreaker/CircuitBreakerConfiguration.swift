/// How a ``CircuitBreaker`` judges and recovers; valid by construction.
public struct CircuitBreakerConfiguration: Sendable {
    /// Over which calls the rates are taken.
    @nonexhaustive
    public enum Window: Sendable, Hashable {
        /// The last calls, this many.
        case calls(Int)
        /// The calls that started within this time, counted in this many buckets.
        case time(Duration, buckets: Int = 10)
    }

    /// Over which calls the rates are taken.
    public internal(set) var window = Window.calls(100)
    /// How many calls the window must hold before a rate is judged; a smaller window lowers it to its own size.
    public internal(set) var minimumCalls = 10
    /// Opens when this share of the calls failed, or more; nil judges no rate.
    public internal(set) var failureRate: Double? = 0.5
    /// Opens when this many calls in the window failed, whatever the rate; nil counts none.
    public internal(set) var failureCount: Int?
    /// Opens when this many calls failed in a row; nil counts none.
    public internal(set) var consecutiveFailures: Int?
    /// A call that takes longer is slow; nil measures none, which saves two readings of the clock a call.
    public internal(set) var slowCallDuration: Duration?
    /// Opens when this share of the calls was slow, or more.
    public internal(set) var slowCallRate = 1.0
    /// How long the breaker stays open before it lets probes through.
    public internal(set) var recoveryTimeout = Duration.seconds(30)
    /// By which fraction the recovery time is spread at random.
    public internal(set) var recoveryJitter = 0.1
    /// By how much each failed recovery lengthens the next recovery time.
    public internal(set) var recoveryMultiplier = 2.0
    /// The longest recovery time, before jitter and server hints.
    public internal(set) var maxRecoveryTimeout = Duration.seconds(300)
    /// How long the breaker must stay closed before the recovery time is back at ``recoveryTimeout``.
    public internal(set) var stableAfter = Duration.seconds(60)
    /// How many probes may be in flight while the breaker is half-open.
    public internal(set) var halfOpenMaxCalls = 3
    /// How many successful probes close the breaker.
    public internal(set) var successesToClose = 3
    /// Opens again when this share of ``halfOpenMaxCalls`` probes failed; nil opens at the first failure.
    public internal(set) var halfOpenFailureRate: Double?
    /// How long probes may be in flight without a verdict before the breaker opens again.
    public internal(set) var halfOpenMaxWait = Duration.seconds(60)
    /// How many calls may wait for the verdict while all probes are in flight; 0 refuses them.
    public internal(set) var halfOpenMaxQueued = 0
    /// How the share of admitted calls grows after a recovery; nil admits all calls at once.
    public internal(set) var ramp: Ramp?
    /// Opens at a lower ``failureRate`` when that is unusual for the service; nil knows no other than that.
    public internal(set) var adaptiveThreshold: AdaptiveThreshold?
    /// A rate-limited call counts as a failure when the service asked for a longer wait than this.
    public internal(set) var rateLimitTolerance = Duration.seconds(60)
    /// The longest time that a server's hint can keep the breaker open.
    public internal(set) var maxServerHint = Duration.seconds(3600)
    /// Decides which errors count.
    public internal(set) var classifier = ErrorClassifier.default

    init() {}

    /// Creates a configuration; every parameter has the default of ``default``.
    ///
    /// - Parameters:
    ///   - window: Over which calls the rates are taken; 1 to 1,000,000 calls, or a time with 1 to 1,000 buckets.
    ///     Take a count, or a time longer than the longest call, for calls that take minutes.
    ///   - minimumCalls: How many calls the window must hold before a rate is judged, 1 or more.
    ///   - failureRate: Opens when this share of calls failed or more, above 0 to 1; nil judges no rate.
    ///   - failureCount: Opens when this many calls in the window failed, 1 up to the calls the window holds, up to
    ///     1,000,000 in a window of time; nil counts none.
    ///   - consecutiveFailures: Opens when this many calls failed in a row, 1 or more; nil counts none.
    ///   - slowCallDuration: A call that takes longer is slow; nil measures none.
    ///   - slowCallRate: Opens when this share of calls was slow or more, above 0 to 1.
    ///   - recoveryTimeout: How long the breaker stays open before it lets probes through.
    ///   - recoveryJitter: By which fraction that time is spread, 0 to 1, so that replicas do not probe in step.
    ///   - recoveryMultiplier: By how much each failed recovery lengthens the next, 1 or more.
    ///   - maxRecoveryTimeout: The longest recovery time, more than 0; raised to `recoveryTimeout` when it is shorter.
    ///   - stableAfter: How long the breaker must stay closed before the recovery time starts anew.
    ///   - halfOpenMaxCalls: How many probes may be in flight while half-open, 1 or more.
    ///   - successesToClose: How many successful probes close the breaker, 1 or more. Defaults to
    ///     `halfOpenMaxCalls`. Not used together with `halfOpenFailureRate`, which judges all probes.
    ///   - halfOpenFailureRate: Opens again when this share of the probes failed, above 0 to 1; nil opens at the
    ///     first failure.
    ///   - halfOpenMaxWait: How long probes may be in flight without a verdict before the breaker opens again, more
    ///     than 0: a probe that hangs would keep it half-open for ever. Take a longer time than that of the longest
    ///     call that succeeds; nil takes `recoveryTimeout`, at least 60 s.
    ///   - halfOpenMaxQueued: How many calls may wait for the verdict while all probes are in flight, 0 to 1,000,000.
    ///     They wait until the verdict, the end of `halfOpenMaxWait` or their ``CallContext/deadline``. 0 refuses them.
    ///   - ramp: How the share of admitted calls grows after a recovery; nil admits all calls at once.
    ///   - adaptiveThreshold: Learns how often the service's calls usually fail and opens below `failureRate`, which it
    ///     needs, when they fail unusually often; nil learns nothing.
    ///   - rateLimitTolerance: A rate-limited call (429) does not count unless the service asked for a longer wait.
    ///   - maxServerHint: The longest time that a server's hint can keep the breaker open.
    ///   - classifier: Decides which errors count: those that are the provider's fault.
    /// - Throws: ``ConfigurationError`` for a value out of range.
    public init(
        window: Window = .calls(100),
        minimumCalls: Int = 10,
        failureRate: Double? = 0.5,
        failureCount: Int? = nil,
        consecutiveFailures: Int? = nil,
        slowCallDuration: Duration? = nil,
        slowCallRate: Double = 1,
        recoveryTimeout: Duration = .seconds(30),
        recoveryJitter: Double = 0.1,
        recoveryMultiplier: Double = 2,
        maxRecoveryTimeout: Duration = .seconds(300),
        stableAfter: Duration = .seconds(60),
        halfOpenMaxCalls: Int = 3,
        successesToClose: Int? = nil,
        halfOpenFailureRate: Double? = nil,
        halfOpenMaxWait: Duration? = nil,
        halfOpenMaxQueued: Int = 0,
        ramp: Ramp? = nil,
        adaptiveThreshold: AdaptiveThreshold? = nil,
        rateLimitTolerance: Duration = .seconds(60),
        maxServerHint: Duration = .seconds(3600),
        classifier: ErrorClassifier = .default
    ) throws(ConfigurationError) {
        self.init()
        self.window = window
        self.minimumCalls = minimumCalls
        self.failureRate = failureRate
        self.failureCount = failureCount
        self.consecutiveFailures = consecutiveFailures
        self.slowCallDuration = slowCallDuration
        self.slowCallRate = slowCallRate
        self.recoveryTimeout = recoveryTimeout
        self.recoveryJitter = recoveryJitter
        self.recoveryMultiplier = recoveryMultiplier
        self.maxRecoveryTimeout = maxRecoveryTimeout
        self.stableAfter = stableAfter
        self.halfOpenMaxCalls = halfOpenMaxCalls
        self.successesToClose = successesToClose ?? halfOpenMaxCalls
        self.halfOpenFailureRate = halfOpenFailureRate
        self.halfOpenMaxWait = halfOpenMaxWait ?? max(recoveryTimeout, .seconds(60))
        self.halfOpenMaxQueued = halfOpenMaxQueued
        self.ramp = ramp
        self.adaptiveThreshold = adaptiveThreshold
        self.rateLimitTolerance = rateLimitTolerance
        self.maxServerHint = maxServerHint
        self.classifier = classifier
        try validate()
        self.maxRecoveryTimeout = max(recoveryTimeout, maxRecoveryTimeout)
    }

    /// Creates a configuration from the four numbers that most circuit breakers are described with.
    ///
    /// - Parameters:
    ///   - failureThreshold: Opens when this many calls in the window failed, 1 to `windowSize`.
    ///   - recoveryTimeout: How long the breaker stays open before it lets probes through.
    ///   - halfOpenMaxCalls: How many probes may be in flight while half-open, 1 or more.
    ///   - successRateThreshold: Opens when a smaller share of the calls succeeded, or exactly this one; 0 up to but
    ///     not including 1. One minus the failure rate.
    ///   - windowSize: How many calls the window holds.
    /// - Throws: ``ConfigurationError`` for a value out of range.
    public init(
        failureThreshold: Int,
        recoveryTimeout: Duration = .seconds(30),
        halfOpenMaxCalls: Int = 3,
        successRateThreshold: Double = 0.5,
        windowSize: Int = 10
    ) throws(ConfigurationError) {
        guard successRateThreshold >= 0, successRateThreshold < 1 else {
            throw ConfigurationError(
                field: "successRateThreshold", value: successRateThreshold, allowed: "0 up to but not including 1")
        }
        // Under the name that the caller wrote; a window of an impossible size is the greater mistake.
        if windowSize >= 1 { try Validation.count("failureThreshold", failureThreshold, in: 1...windowSize) }
        try self.init(
            window: .calls(windowSize), failureRate: 1 - successRateThreshold, failureCount: failureThreshold,
            recoveryTimeout: recoveryTimeout, halfOpenMaxCalls: halfOpenMaxCalls)
    }
}

extension CircuitBreakerConfiguration {
    /// How a classified error counts.
    ///
    /// Being asked to slow down is the rate limiter's business, not a sign of a broken service, unless the wait is
    /// so long that calling on is pointless; the same holds for an exhausted quota.
    package func outcome(of classification: ErrorClassification) -> Outcome {
        switch (classification.fault, classification.errorClass) {
        case (.policy, _):
            return .ignored
        case (_, .quotaExhausted):
            return .failure
        case (_, .rateLimited):
            if let wait = classification.hint?.minimumWait, wait > rateLimitTolerance { return .failure }
            return .ignored
        case (.caller, _):
            return .ignored
        case (.provider, _):
            return .failure
        }
    }
}
