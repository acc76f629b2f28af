/// The probes of one half-open period and the verdict on them.
struct HalfOpenTrial: Sendable {
    enum Verdict: Sendable, Hashable {
        case undecided
        case recovered
        case failed
    }

    /// A time without probes because the service asked for one.
    struct Pause: Sendable {
        let since: Moment
        let until: Moment
    }

    /// Probes that are in flight.
    private(set) var inFlight = 0
    /// Since when there has been a probe in flight at every moment; means nothing while there is none.
    private(set) var busySince = Moment.zero
    /// Set until the first call after its end.
    private(set) var pause: Pause?
    /// Probes that have reported a success or a failure.
    private(set) var counts = CallCounts()

    private let maxInFlight: Int
    /// How many results decide; more probes are never let through.
    private let needed: Int
    /// Successes that close the breaker; nil when a rate over all probes decides.
    private let successesToClose: Int?
    private let failureLimit: Int
    private let slowLimit: Int

    init(_ configuration: CircuitBreakerConfiguration) {
        maxInFlight = configuration.halfOpenMaxCalls
        if let rate = configuration.halfOpenFailureRate {
            needed = configuration.halfOpenMaxCalls
            successesToClose = nil
            failureLimit = Threshold.calls(rate, of: needed)
        } else {
            needed = max(configuration.successesToClose, configuration.halfOpenMaxCalls)
            successesToClose = configuration.successesToClose
            failureLimit = 1
        }
        slowLimit =
            configuration.slowCallDuration == nil
            ? .max : Threshold.calls(configuration.slowCallRate, of: successesToClose ?? needed)
    }

    /// Whether one more probe could go through.
    var hasRoom: Bool { inFlight < maxInFlight && inFlight + counts.calls < needed }

    /// Lets one more probe through if there is room for it.
    ///
    /// - Parameter now: The present; nil for a call that takes the place of a probe that ends at the same moment.
    mutating func admit(now: Moment?) -> Bool {
        guard hasRoom else { return false }
        if inFlight == 0, let now { busySince = now }
        inFlight += 1
        return true
    }

    /// Lets no probe through until a moment; a shorter pause than the present one changes nothing.
    mutating func pause(now: Moment, until: Moment) {
        guard until > max(now, pause?.until ?? now) else { return }
        pause = Pause(since: now, until: until)
    }

    /// The rest of the pause in nanoseconds; nil when it is over, and then it is forgotten.
    mutating func remainingPause(now: Moment) -> Int64? {
        guard let pause else { return nil }
        guard now >= pause.until else { return pause.until.elapsed(since: now) }
        self.pause = nil
        return nil
    }

    /// Gives a probe's place back without a verdict.
    mutating func release() {
        inFlight -= 1
    }

    /// Records a probe and decides as soon as no later result could change the decision.
    mutating func record(_ call: CallResult) -> Verdict {
        inFlight -= 1
        counts.add(call)
        if counts.failures >= failureLimit || counts.slow >= slowLimit { return .failed }
        if let successesToClose {
            return counts.calls - counts.failures >= successesToClose ? .recovered : .undecided
        }
        let remaining = needed - counts.calls
        let isDecided = counts.failures + remaining < failureLimit && counts.slow + remaining < slowLimit
        return isDecided ? .recovered : .undecided
    }
}
