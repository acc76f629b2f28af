extension CircuitBreaker {
    /// The logic of a circuit breaker as a value: no clock, no lock, no task.
    package struct StateMachine: Sendable {
        let name: String
        let configuration: CircuitBreakerConfiguration
        var state = State.closed
        /// Changes with every change of state and every reset.
        ///
        /// What belongs to an earlier one changes nothing.
        var generation: UInt64 = 0
        var window: CallWindow
        var trial: HalfOpenTrial
        var history = FailureHistory()
        var consecutiveFailures = 0
        var rejected = 0
        var timesOpened = 0
        var stateSince: Moment
        var openUntil = Moment.zero
        /// What the window or the trial held when the breaker opened, kept while it is open.
        var countsAtOpening = CallCounts()
        /// Openings from half-open since the breaker was last closed for long enough.
        var failedRecoveries = 0
        /// Until when the failures since the last success asked to be left alone; zero when they did not.
        var hintUntil = Moment.zero
        /// When the last failure or slow call was recorded since the results were last forgotten.
        var lastTrouble: Moment?
        var hasReportedWouldOpen = false
        /// The ramp that follows a recovery; nil when all calls are admitted.
        var ramp: AdmissionRamp?
        private(set) var learnedRate: LearnedFailureRate?
        var waiting: WaitingCalls
        /// Whether the present opening follows advice, or a state from before the start that did.
        var followsAdvice = false
        /// Whether probes need permits.
        var isShared = false
        /// How many waiting calls may ask for a permit again.
        var recalled = 0
        /// What came of the probe whose permit is to be given back.
        var endedProbe: ProbePermit.Outcome?
        /// Whether something has changed for others although the generation has not.
        var hasNews = false

        /// Whether calls must be timed.
        let measuresTime: Bool
        /// The longest duration, in nanoseconds, of a call that is not slow.
        let slowLimit: Int64
        /// The number of calls from which rates are judged.
        private let minimumCalls: Int
        /// Whether nearly all successes of the closed state are known to open nothing.
        let hasOrdinarySuccesses: Bool

        package init(_ name: String, _ configuration: CircuitBreakerConfiguration, now: Moment) {
            self.name = name
            self.configuration = configuration
            let measuresSlowCalls = configuration.slowCallDuration != nil
            self.window = CallWindow(configuration.window, keepsDurations: measuresSlowCalls)
            self.trial = HalfOpenTrial(configuration)
            self.stateSince = now
            self.learnedRate = configuration.adaptiveThreshold.map(LearnedFailureRate.init)
            self.waiting = WaitingCalls(capacity: configuration.halfOpenMaxQueued)
            self.measuresTime = measuresSlowCalls || window.needsTime
            self.slowLimit = configuration.slowCallDuration?.saturatingNanoseconds ?? .max
            self.minimumCalls = window.minimumCalls(configuration.minimumCalls)
            // A window of time forgets successes as time passes, and a learned rate sinks with them.
            self.hasOrdinarySuccesses = !window.needsTime && learnedRate == nil
        }

        /// What may be decided without the lock.
        var fastPath: FastPath {
            FastPath(
                generation: generation, admits: state == .closed && ramp == nil,
                ignoresSuccesses: state == .closed && ramp == nil && hasOrdinarySuccesses && !measuresTime
                    && consecutiveFailures == 0 && window.isFullOfSuccesses)
        }

        /// Until when all calls are refused.
        var refusesUntil: Moment? { state == .open ? openUntil : nil }

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
        /// Nothing was done; the call may be ``enqueue()``d.
        case mustWait
        /// Nothing was done, because this must be known first.
        case missing(Need)
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
        /// No verdict, with what the server said about trying again.
        case ignored(hint: ServerHint?)

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
        /// Whether there is a permit for a probe.
        case permission
    }

    /// Decides about a call that is about to start.
    ///
    /// - Parameters:
    ///   - now: The present; ``endOverdueTrial(now:)`` has been called with it.
    ///   - unitRandom: A number in `0..<1`; needed only while the share of admitted calls grows.
    ///   - canWait: Whether the call may wait for the verdict on a half-open breaker's probes.
    ///   - permission: Whether it may be a probe; needed only where these are shared.
    package mutating func admit(
        now: Moment, unitRandom: Double? = nil, canWait: Bool = false, permission: Permission = .unasked
    ) -> (Admission, CircuitBreaker.Transition?) {
        switch state {
        case .closed:
            return (admitClosed(now, unitRandom), nil)
        case .disabled, .metricsOnly:
            return (.admitted(ticket(now)), nil)
        case .forcedOpen:
            return (reject(.circuitForcedOpen), nil)
        case .open:
            guard now >= openUntil else { return (rejectOpen(now), nil) }
            let transition = move(to: .halfOpen, now: now)
            return (admitProbe(now, canWait, permission), transition)
        case .halfOpen:
            return (admitProbe(now, canWait, permission), nil)
        }
    }

    /// Records a success that opens nothing whatever the window holds, when it is one.
    ///
    /// A rate that was judged with the result before falls with a success that is not slow; only where the rate is
    /// judged for the first time may it open.
    ///
    /// - Parameters:
    ///   - ticketGeneration: The generation of the call's ticket.
    ///   - nanoseconds: How long the call took, at most ``slowLimit``; zero where durations are not measured.
    /// - Returns: False when nothing was done, and ``record(_:for:timedUntil:now:unitRandom:)`` is to decide.
    package mutating func keepOrdinarySuccess(of ticketGeneration: UInt64, nanoseconds: Int64) -> Bool {
        guard state == .closed, ticketGeneration == generation, hasOrdinarySuccesses,
            window.countedCalls + 1 != minimumCalls
        else { return false }
        consecutiveFailures = 0
        hintUntil = .zero
        window.recordSuccess(nanoseconds: nanoseconds)
        return true
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
        case .ignored(let hint):
            if state == .halfOpen {
                endedProbe = .undecided
                releaseProbe(hint, now: now)
            }
            return .none
        case .success:
            failure = nil
        case .failure(let report):
            failure = report
        }
        if now == nil, measuresTime || failure != nil { return .missing(.moment) }
        // The origin stands for the present only where none is looked at.
        let present = now ?? .zero
        advanceWindow(to: present)
        let call = result(failure, ticket: ticket, end: timedUntil ?? present)
        let consequence = consequence(of: call)
        if consequence != .nothing, now == nil { return .missing(.moment) }
        if consequence == .opens, unitRandom == nil { return .missing(.unitRandom) }
        if state == .halfOpen {
            endedProbe = consequence == .opens ? .reopened : call.isFailure ? .failed : .succeeded
        }
        keep(call, failure, startedAt: ticket.startedAt, now: present)
        switch (consequence, unitRandom) {
        case (.opens, let unitRandom?):
            return .transition(open(now: present, unitRandom: unitRandom))
        case (.closes, _):
            return .transition(recover(now: present))
        case (.wouldOpen, _):
            hasReportedWouldOpen = true
            return .wouldOpen(snapshot(now: present))
        case (.nothing, _), (.opens, nil):
            return .none
        }
    }

    /// Takes back a probe's place.
    ///
    /// Whoever asks to be left alone is not broken, but the next probe would hear the same.
    private mutating func releaseProbe(_ hint: ServerHint?, now: Moment?) {
        trial.release()
        guard let now, let until = end(of: hint, now: now) else { return }
        trial.pause(now: now, until: until)
    }

    /// Until when a hint is heeded; nil when it names no time.
    ///
    /// Mutating in name only, so that nothing is copied.
    private mutating func end(of hint: ServerHint?, now: Moment) -> Moment? {
        guard let wait = hint?.minimumWait else { return nil }
        return now.advanced(by: min(wait, configuration.maxServerHint).saturatingNanoseconds)
    }

    /// Opens again when the probes have taken too long; called before anything that depends on the state.
    ///
    /// The breaker opens as of the end of the wait, so that it does not matter who looks at it, and when.
    package mutating func endOverdueTrial(now: Moment) -> CircuitBreaker.Transition? {
        guard let end = trialEnd, now >= end else { return nil }
        endedProbe = .reopened
        // No jitter: the probes' start was jittered already.
        return open(now: end, unitRandom: 0.5)
    }

    /// When half-open ends without a verdict; nil while no probe is in flight, because then none can hang.
    var trialEnd: Moment? {
        guard state == .halfOpen, trial.inFlight > 0 else { return nil }
        return trial.busySince.advanced(by: configuration.halfOpenMaxWait.saturatingNanoseconds)
    }

    func ticket(_ startedAt: Moment) -> CircuitBreaker.Ticket {
        CircuitBreaker.Ticket(generation: generation, startedAt: startedAt)
    }

    private mutating func admitClosed(_ now: Moment, _ unitRandom: Double?) -> Admission {
        guard let ramp else { return .admitted(ticket(now)) }
        guard let share = ramp.share(at: now) else {
            self.ramp = nil
            return .admitted(ticket(now))
        }
        guard let unitRandom else { return .missing(.unitRandom) }
        return unitRandom < share ? .admitted(ticket(now)) : reject(.rampingUp)
    }

    mutating func reject(_ reason: RejectionReason, retryAfter: Int64? = nil) -> Admission {
        rejected += 1
        return .rejected(reason, retryAfter: retryAfter)
    }

    private mutating func rejectOpen(_ now: Moment) -> Admission {
        reject(.circuitOpen, retryAfter: openUntil.elapsed(since: now))
    }

    private mutating func result(_ failure: FailureReport?, ticket: CircuitBreaker.Ticket, end: Moment) -> CallResult {
        guard measuresTime else { return CallResult(isFailure: failure != nil, isSlow: false, nanoseconds: 0) }
        let elapsed = end.elapsed(since: ticket.startedAt)
        let isTimeout = failure?.classification.errorClass == .timeout
        let isSlow = configuration.slowCallDuration != nil && (isTimeout || elapsed > slowLimit)
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
    ///
    /// Mutating in name only, as is what it calls: a method that is not is handed a copy of the whole value.
    private mutating func consequence(of call: CallResult) -> Consequence {
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
        if let failure {
            note(failure, now: now)
        } else {
            consecutiveFailures = 0
            hintUntil = .zero
        }
        if call.isFailure || call.isSlow { lastTrouble = now }
        switch state {
        case .closed, .metricsOnly: learn(window.record(call, startedAt: startedAt, now: now))
        case .halfOpen: _ = trial.record(call)
        case .open, .forcedOpen, .disabled: break
        }
    }

    private mutating func note(_ failure: FailureReport, now: Moment) {
        consecutiveFailures += 1
        history.record(
            FailureHistory.Entry(
                moment: now, errorType: failure.errorType, errorClass: failure.classification.errorClass))
        if let until = end(of: failure.classification.hint, now: now) { hintUntil = max(hintUntil, until) }
    }

    /// Whether the window, with one more result in it, opens the breaker.
    private mutating func opens(after call: CallResult) -> Bool {
        let totals = window.totals(after: call)
        if let limit = configuration.consecutiveFailures, call.isFailure, consecutiveFailures + 1 >= limit {
            return true
        }
        if let limit = configuration.failureCount, totals.failures >= limit { return true }
        guard totals.calls >= minimumCalls else { return false }
        if let rate = configuration.failureRate,
            Threshold.isReached(rate, by: totals.failures, of: totals.calls)
        {
            return true
        }
        if let learnedRate, learnedRate.isExceeded(by: totals) { return true }
        return configuration.slowCallDuration != nil
            && Threshold.isReached(configuration.slowCallRate, by: totals.slow, of: totals.calls)
    }

    /// Starts to learn anew.
    mutating func forgetLearnedRate() {
        learnedRate = configuration.adaptiveThreshold.map(LearnedFailureRate.init)
    }

    /// Lets the window forget what is too old.
    mutating func advanceWindow(to now: Moment) {
        learn(window.advance(to: now))
    }

    /// Learns from what has left the window; what an open breaker still holds led to its opening.
    private mutating func learn(_ evicted: CallCounts?) {
        guard let evicted, state == .closed || state == .metricsOnly else { return }
        learnedRate?.learn(evicted)
    }
}
