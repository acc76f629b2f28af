extension CircuitBreaker {
    /// The logic of a circuit breaker as a value: no clock, no lock, no task.
    package struct StateMachine: Sendable {
        let configuration: CircuitBreakerConfiguration
        private(set) var state = State.closed
        /// Changes with every change of state and every reset.
        ///
        /// What belongs to an earlier one changes nothing.
        private(set) var generation: UInt64 = 0
        private(set) var window: CallWindow
        private(set) var trial: HalfOpenTrial
        private(set) var history = FailureHistory()
        private(set) var consecutiveFailures = 0
        private(set) var notPermitted: UInt64 = 0
        private(set) var timesOpened: UInt64 = 0
        private(set) var stateSince: Moment
        private(set) var openUntil = Moment.zero
        /// What the window or the trial held when the breaker opened, kept while it is open.
        private var countsAtOpening = CallCounts()
        /// Openings from half-open since the breaker was last closed for long enough.
        private var failedRecoveries = 0
        private var hintUntil = Moment.zero
        private var hasReportedWouldOpen = false

        /// Whether calls must be timed.
        let measuresTime: Bool

        package init(_ configuration: CircuitBreakerConfiguration, now: Moment) {
            self.configuration = configuration
            self.window = CallWindow(configuration.window)
            self.trial = HalfOpenTrial(configuration)
            self.stateSince = now
            self.measuresTime = configuration.slowCallDuration != nil || window.needsTime
        }

        /// What may be decided without the lock.
        var fastPath: FastPath {
            FastPath(
                generation: generation, admits: state == .closed,
                ignoresSuccesses: state == .closed && !measuresTime && consecutiveFailures == 0
                    && window.isFullOfSuccesses)
        }

        /// The results that count in the present state.
        var counts: CallCounts {
            switch state {
            case .open, .forcedOpen: countsAtOpening
            case .halfOpen: trial.counts
            case .closed, .metricsOnly, .disabled: window.totals
            }
        }
    }

    /// A change of state, with what an operator wants to know about it.
    ///
    /// A class, because every call carries the place for one and hardly any call has one.
    package final class Transition: Sendable {
        package let from: State
        package let to: State
        package let snapshot: Snapshot

        init(from: State, to: State, snapshot: Snapshot) {
            self.from = from
            self.to = to
            self.snapshot = snapshot
        }
    }

    /// The right to make one call, and the generation that issued it.
    @frozen
    @usableFromInline
    package struct Ticket: Sendable, Hashable {
        @usableFromInline let generation: UInt64
        @usableFromInline let startedAt: Moment

        @inlinable
        init(generation: UInt64, startedAt: Moment) {
            self.generation = generation
            self.startedAt = startedAt
        }
    }
}

// MARK: - Calls

extension CircuitBreaker.StateMachine {
    package enum Admission: Sendable, Hashable {
        case admitted(CircuitBreaker.Ticket)
        case rejected(RejectionReason, retryAfter: Int64?)
    }

    /// What the classifier said about a failed call.
    package struct FailureReport: Sendable {
        let errorType: (any Error.Type)?
        let classification: ErrorClassification

        package init(errorType: (any Error.Type)?, classification: ErrorClassification) {
            self.errorType = errorType
            self.classification = classification
        }
    }

    package enum Report: Sendable {
        case success
        case failure(FailureReport)
        case ignored

        var isFailure: Bool {
            if case .failure = self { true } else { false }
        }
    }

    package enum Effect: Sendable {
        case none
        case transition(CircuitBreaker.Transition)
        indirect case wouldOpen(CircuitBreaker.Snapshot)
        /// Nothing was done, because this must be known first.
        case missing(Need)
    }

    /// What only the outside world knows.
    package enum Need: Sendable, Hashable {
        case moment
        case unitRandom
    }

    /// Decides about a call that is about to start.
    package mutating func admit(now: Moment) -> (Admission, CircuitBreaker.Transition?) {
        switch state {
        case .closed, .disabled, .metricsOnly:
            return (.admitted(ticket(now)), nil)
        case .forcedOpen:
            notPermitted += 1
            return (.rejected(.circuitForcedOpen, retryAfter: nil), nil)
        case .open:
            guard now >= openUntil else { return (rejectOpen(now), nil) }
            let transition = move(to: .halfOpen, now: now)
            return (admitProbe(now), transition)
        case .halfOpen:
            return (admitProbe(now), nil)
        }
    }

    /// Takes the result of a call, or says what it needs to know for that.
    ///
    /// Reading a clock costs more than everything else here, and drawing a random number uses up a source that a test
    /// may have scripted; both may be code that uses the breaker. So neither is asked for before it is needed.
    ///
    /// - Parameters:
    ///   - timedUntil: Until when the call's duration counts; nil until now.
    ///   - now: The present; never needed for a success that is not timed and changes no state. When it is there,
    ///     ``endOverdueTrial(now:)`` has been called with it.
    ///   - unitRandom: A number in `0..<1`; needed only when the breaker opens.
    /// - Returns: ``Effect/missing(_:)`` when nothing was changed because something must be known first.
    package mutating func record(
        _ report: Report, for ticket: CircuitBreaker.Ticket, timedUntil: Moment? = nil, now: Moment?,
        unitRandom: Double?
    ) -> Effect {
        // The trial may be overdue.
        if state == .halfOpen, now == nil { return .missing(.moment) }
        guard ticket.generation == generation, state != .disabled else { return .none }
        let failure: FailureReport?
        switch report {
        case .ignored:
            if state == .halfOpen { trial.release() }
            return .none
        case .success:
            failure = nil
        case .failure(let report):
            failure = report
        }
        if now == nil, measuresTime || failure != nil { return .missing(.moment) }
        // The origin stands for the present only where none is looked at.
        let present = now ?? .zero
        window.advance(to: present)
        let call = result(failure, ticket: ticket, end: timedUntil ?? present)
        let consequence = consequence(of: call)
        if consequence != .nothing, now == nil { return .missing(.moment) }
        if consequence == .opens, unitRandom == nil { return .missing(.unitRandom) }
        keep(call, failure, startedAt: ticket.startedAt, now: present)
        switch (consequence, unitRandom) {
        case (.opens, let unitRandom?):
            return .transition(open(now: present, unitRandom: unitRandom))
        case (.closes, _):
            return .transition(move(to: .closed, now: present))
        case (.wouldOpen, _):
            hasReportedWouldOpen = true
            return .wouldOpen(snapshot(now: present))
        case (.nothing, _), (.opens, nil):
            return .none
        }
    }

    /// Opens again when the probes have taken too long; called before anything that depends on the state.
    ///
    /// The breaker opens as of the end of the wait, so that it does not matter who looks at it, and when.
    package mutating func endOverdueTrial(now: Moment) -> CircuitBreaker.Transition? {
        guard state == .halfOpen, let limit = configuration.halfOpenMaxWait else { return nil }
        let end = stateSince.advanced(by: limit.saturatingNanoseconds)
        guard now >= end else { return nil }
        // No jitter: the probes' start was jittered already.
        return open(now: end, unitRandom: 0.5)
    }

    private func ticket(_ startedAt: Moment) -> CircuitBreaker.Ticket {
        CircuitBreaker.Ticket(generation: generation, startedAt: startedAt)
    }

    private mutating func rejectOpen(_ now: Moment) -> Admission {
        notPermitted += 1
        return .rejected(.circuitOpen, retryAfter: openUntil.elapsed(since: now))
    }

    private mutating func admitProbe(_ startedAt: Moment) -> Admission {
        guard trial.admit() else {
            notPermitted += 1
            return .rejected(.halfOpenLimit, retryAfter: nil)
        }
        return .admitted(ticket(startedAt))
    }

    private func result(_ failure: FailureReport?, ticket: CircuitBreaker.Ticket, end: Moment) -> CallResult {
        guard measuresTime else { return CallResult(isFailure: failure != nil, isSlow: false, nanoseconds: 0) }
        let elapsed = end.elapsed(since: ticket.startedAt)
        let isTimeout = failure?.classification.errorClass == .timeout
        let isSlow = configuration.slowCallDuration.map { isTimeout || elapsed > $0.saturatingNanoseconds } ?? false
        return CallResult(isFailure: failure != nil, isSlow: isSlow, nanoseconds: elapsed)
    }

    /// What a result leads to.
    private enum Consequence {
        case nothing
        case wouldOpen
        case closes
        case opens
    }

    /// What a result would lead to if it were kept.
    private func consequence(of call: CallResult) -> Consequence {
        switch state {
        case .closed:
            return opens(after: call) ? .opens : .nothing
        case .metricsOnly:
            return !hasReportedWouldOpen && opens(after: call) ? .wouldOpen : .nothing
        case .halfOpen:
            var trial = trial
            switch trial.record(call) {
            case .undecided: return .nothing
            case .recovered: return .closes
            case .failed: return .opens
            }
        case .open, .forcedOpen, .disabled:
            return .nothing
        }
    }

    private mutating func keep(_ call: CallResult, _ failure: FailureReport?, startedAt: Moment, now: Moment) {
        if let failure { note(failure, now: now) } else { consecutiveFailures = 0 }
        switch state {
        case .closed, .metricsOnly: window.record(call, startedAt: startedAt, now: now)
        case .halfOpen: _ = trial.record(call)
        case .open, .forcedOpen, .disabled: break
        }
    }

    private mutating func note(_ failure: FailureReport, now: Moment) {
        consecutiveFailures += 1
        history.record(
            FailureHistory.Entry(
                moment: now, errorType: failure.errorType, errorClass: failure.classification.errorClass))
        if case .wait(let wait) = failure.classification.hint {
            let wait = min(wait, configuration.maxServerHint).saturatingNanoseconds
            hintUntil = max(hintUntil, now.advanced(by: wait))
        }
    }

    /// Whether the window, with one more result in it, opens the breaker.
    private func opens(after call: CallResult) -> Bool {
        let totals = window.totals(after: call)
        if let limit = configuration.consecutiveFailures, call.isFailure, consecutiveFailures + 1 >= limit {
            return true
        }
        if let limit = configuration.failureCount, totals.failures >= limit { return true }
        guard totals.calls >= window.minimumCalls(configuration.minimumCalls) else { return false }
        if let rate = configuration.failureRate, Threshold.isReached(rate, by: totals.failureRate) { return true }
        return configuration.slowCallDuration != nil
            && Threshold.isReached(configuration.slowCallRate, by: totals.slowRate)
    }
}

// MARK: - Changes of state

extension CircuitBreaker.StateMachine {
    /// Opens after a judgement, for a time that grows with each failed recovery.
    private mutating func open(now: Moment, unitRandom: Double) -> CircuitBreaker.Transition {
        noteStability(now: now)
        if state == .halfOpen { failedRecoveries += 1 }
        let longest = Double(configuration.maxRecoveryTimeout.saturatingNanoseconds)
        var recovery = Double(configuration.recoveryTimeout.saturatingNanoseconds)
        for _ in 0..<failedRecoveries where recovery < longest { recovery *= configuration.recoveryMultiplier }
        let jitter = 1 + configuration.recoveryJitter * (2 * unitRandom - 1)
        let until = now.advanced(by: Int64(saturating: min(recovery, longest) * jitter))
        openUntil = max(until, hintUntil)
        return move(to: .open, now: now)
    }

    /// Forgets the failed recoveries when the breaker has been closed for long enough; called before it leaves that
    /// state.
    private mutating func noteStability(now: Moment) {
        guard state == .closed, now.elapsed(since: stateSince) >= configuration.stableAfter.saturatingNanoseconds
        else { return }
        failedRecoveries = 0
    }

    /// Opens for exactly this long.
    package mutating func open(forNanoseconds nanoseconds: Int64, now: Moment) -> CircuitBreaker.Transition? {
        openUntil = now.advanced(by: max(0, nanoseconds))
        guard state != .open else { return nil }
        return move(to: .open, now: now)
    }

    /// Changes the state by hand; nil when the breaker is in that state already.
    package mutating func change(
        to target: CircuitBreaker.State, now: Moment, unitRandom: Double
    ) throws(IllegalTransition) -> CircuitBreaker.Transition? {
        guard target != state else { return nil }
        switch (state, target) {
        case (.closed, .halfOpen):
            throw IllegalTransition(from: state)
        case (_, .open):
            return open(now: now, unitRandom: unitRandom)
        default:
            return move(to: target, now: now)
        }
    }

    /// Why ``change(to:now:unitRandom:)`` refused.
    package struct IllegalTransition: Error {
        let from: CircuitBreaker.State
    }

    /// Closes and forgets everything but the totals since the start.
    package mutating func reset(now: Moment) -> CircuitBreaker.Transition? {
        failedRecoveries = 0
        hintUntil = .zero
        history = FailureHistory()
        guard state == .closed else { return move(to: .closed, now: now) }
        generation += 1
        clearResults()
        return nil
    }

    private mutating func move(to target: CircuitBreaker.State, now: Moment) -> CircuitBreaker.Transition {
        noteStability(now: now)
        let from = state
        let decisive = counts
        state = target
        generation += 1
        stateSince = now
        switch target {
        case .open:
            timesOpened += 1
            countsAtOpening = decisive
        case .forcedOpen:
            countsAtOpening = decisive
        case .halfOpen:
            trial = HalfOpenTrial(configuration)
            clearResults()
        case .closed, .disabled, .metricsOnly:
            clearResults()
        }
        return CircuitBreaker.Transition(from: from, to: target, snapshot: snapshot(now: now, counts: decisive))
    }

    /// The snapshot of the present.
    package mutating func currentSnapshot(now: Moment) -> CircuitBreaker.Snapshot {
        window.advance(to: now)
        return snapshot(now: now)
    }

    private mutating func clearResults() {
        window.removeAll()
        consecutiveFailures = 0
        hasReportedWouldOpen = false
    }
}
