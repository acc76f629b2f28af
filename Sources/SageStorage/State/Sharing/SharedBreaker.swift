import SageResilience
import Synchronization

/// One breaker of this instance, with the leases for its probes: what calls touch, and the loop fills.
final class SharedBreaker: ProbePermits {
    struct HeldLease: Sendable {
        let lease: ProbeLease
        let since: Moment
        let deadline: Moment
    }

    struct State: Sendable {
        var atHand: [HeldLease] = []
        /// The tokens of the leases whose probes are in flight.
        var inUse: Set<Int64> = []
        /// What is to be told to the store.
        var endings: [(lease: ProbeLease, outcome: ProbePermit.Outcome)] = []
        /// Since when calls have asked for a lease in vain; nil when none has.
        var demandSince: Moment?
        var demand = 0
        /// How many other instances have reported on this breaker.
        var others = 0
        /// Until when there is no use in asking the store.
        var notBefore = Moment.zero
        /// Whether the store is away, so that the breaker's own limit holds alone.
        var isLocal = true
        var isDirty = true
        /// When the breaker was last closed after another state.
        var closedAt: Moment?
        /// When it opened on others' advice, while it still goes by that: open, or half-open since.
        var advisedSince: Moment?
        /// The last verdict of a round that was followed, or found to be none of its business.
        var verdictSeenAt: StoreInstant?
        var lastState: CircuitBreaker.State
        /// Whether the state of an earlier start has been looked for.
        var isRestored = false
        var publishedAt = Moment.zero
        var isReported = false
    }

    let breaker: CircuitBreaker
    let terms: ProbeTerms
    private let timeline: Timeline
    private let patience: Int64
    private let wake: WakeSignal
    private let state: Mutex<State>

    /// While the store has not answered yet, a refused call may try again after so much time.
    private static let retryAfter = Duration.milliseconds(100)

    init(_ breaker: CircuitBreaker, timeline: Timeline, patience: Duration, wake: WakeSignal) {
        self.breaker = breaker
        self.terms = ProbeTerms(breaker.configuration)
        self.timeline = timeline
        self.patience = patience.saturatingNanoseconds
        self.wake = wake
        self.state = Mutex(State(lastState: breaker.state))
    }

    func withState<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
        state.withLock { body(&$0) }
    }

    func acquireProbe() -> ProbePermission {
        let now = timeline.now
        let permission: ProbePermission = withState { state in
            if state.isLocal { return .granted(ProbePermit { _ in }) }
            state.atHand.removeAll { $0.deadline <= now }
            if !state.atHand.isEmpty {
                let held = state.atHand.removeFirst()
                state.inUse.insert(held.lease.token)
                state.demandSince = nil
                return .granted(ProbePermit { self.end(held, $0) })
            }
            state.demand += 1
            let since = state.demandSince ?? now
            state.demandSince = since
            // A store that hangs must not keep the service from being tried.
            if state.inUse.isEmpty, state.notBefore <= now, now.elapsed(since: since) > patience {
                return .granted(ProbePermit { _ in })
            }
            let wait = Duration.nanoseconds(state.notBefore.elapsed(since: now))
            return .refused(retryAfter: max(wait, Self.retryAfter))
        }
        if case .refused = permission { wake.set() }
        return permission
    }

    func breakerDidChange() {
        let record = breaker.record
        let present = record.state
        let now = timeline.now
        withState { state in
            switch present {
            case .open where record.isOwnJudgement: state.advisedSince = nil
            case .open: state.advisedSince = now.advanced(by: -record.timeInState.saturatingNanoseconds)
            case .halfOpen: break
            case .closed, .forcedOpen, .disabled, .metricsOnly: state.advisedSince = nil
            }
            if present == .closed, state.lastState != .closed { state.closedAt = now }
            if present != .halfOpen, present != state.lastState {
                state.giveBackAll()
                state.demand = 0
                state.demandSince = nil
                state.notBefore = .zero
            }
            state.lastState = present
            state.isDirty = true
        }
        wake.set()
    }

    private func end(_ held: HeldLease, _ outcome: ProbePermit.Outcome) {
        let now = timeline.now
        let isAtHand = withState { state in
            state.inUse.remove(held.lease.token)
            guard outcome == .undecided, held.deadline > now, !state.isLocal else {
                if !state.isLocal { state.endings.append((held.lease, outcome)) }
                return false
            }
            state.atHand.append(held)
            return true
        }
        if isAtHand { breaker.probePermitsAvailable(1) } else { wake.set() }
    }

    /// Lets the breaker's own limit hold alone; leases run out by themselves.
    func goLocal() {
        let waiting = withState { state in
            defer {
                state.isLocal = true
                state.atHand = []
                state.inUse = []
                state.endings = []
                state.demandSince = nil
            }
            return state.demand
        }
        if waiting > 0 { breaker.probePermitsAvailable(waiting) }
    }
}

extension SharedBreaker.State {
    mutating func giveBackAll() {
        endings += atHand.map { ($0.lease, .undecided) }
        atHand = []
    }
}

extension ProbeTerms {
    /// The terms of a breaker's own half-open period.
    init(_ configuration: CircuitBreakerConfiguration) {
        let limit = min(configuration.halfOpenMaxCalls, StateLimits.mostProbes)
        let duration = min(max(configuration.halfOpenMaxWait, .microseconds(1)), StateLimits.longestTime)
        if let rate = configuration.halfOpenFailureRate {
            // As the breaker rounds: the smallest number of failures that reaches the share.
            let failures = (1...limit).first { Double($0) / Double(limit) >= rate } ?? limit
            self.init(
                limit: limit, total: limit, successesToClose: nil, failureLimit: failures, duration: duration)
        } else {
            let successes = min(configuration.successesToClose, StateLimits.mostProbes)
            self.init(
                limit: limit, total: max(limit, successes), successesToClose: successes, failureLimit: 1,
                duration: duration)
        }
    }
}
