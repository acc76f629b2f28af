extension CircuitBreaker.StateMachine {
    /// Opens after a judgement, for a time that grows with each failed recovery.
    mutating func open(now: Moment, unitRandom: Double) -> CircuitBreaker.Transition {
        noteStability(now: now)
        if state == .halfOpen { failedRecoveries += 1 }
        let longest = Double(configuration.maxRecoveryTimeout.saturatingNanoseconds)
        var recovery = Double(configuration.recoveryTimeout.saturatingNanoseconds)
        for _ in 0..<failedRecoveries where recovery < longest { recovery *= configuration.recoveryMultiplier }
        let jitter = 1 + configuration.recoveryJitter * (2 * unitRandom - 1)
        let until = now.advanced(by: Int64(saturating: min(recovery, longest) * jitter))
        let pausedUntil = state == .halfOpen ? trial.pause?.until : nil
        openUntil = max(until, hintUntil, pausedUntil ?? until)
        return move(to: .open, now: now)
    }

    /// Closes because the probes succeeded.
    mutating func recover(now: Moment) -> CircuitBreaker.Transition {
        let transition = move(to: .closed, now: now)
        ramp = configuration.ramp.map { AdmissionRamp($0, start: now) }
        return transition
    }

    /// Forgets the failed recoveries when the breaker has been closed for long enough; called before it leaves that
    /// state.
    mutating func noteStability(now: Moment) {
        guard state == .closed, now.elapsed(since: stateSince) >= configuration.stableAfter.saturatingNanoseconds
        else { return }
        failedRecoveries = 0
    }

    /// Opens for exactly this long.
    package mutating func open(forNanoseconds nanoseconds: Int64, now: Moment) -> CircuitBreaker.Transition? {
        openUntil = now.advanced(by: max(0, nanoseconds))
        followsAdvice = false
        hasNews = true
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
        history = FailureHistory()
        forgetLearnedRate()
        guard state == .closed else { return move(to: .closed, now: now) }
        generation += 1
        ramp = nil
        hintUntil = .zero
        clearResults()
        return nil
    }

    mutating func move(to target: CircuitBreaker.State, now: Moment) -> CircuitBreaker.Transition {
        noteStability(now: now)
        let from = state
        let decisive = counts
        state = target
        generation += 1
        stateSince = now
        followsAdvice = false
        ramp = nil
        switch target {
        case .open:
            timesOpened += 1
            countsAtOpening = decisive
        case .forcedOpen:
            countsAtOpening = decisive
        case .halfOpen:
            trial = HalfOpenTrial(configuration)
            clearResults()
        case .closed:
            // A wait that was asked for before the service was well again says nothing about its next failure.
            hintUntil = .zero
            clearResults()
        case .disabled, .metricsOnly:
            clearResults()
        }
        return CircuitBreaker.Transition(from: from, to: target, snapshot: snapshot(now: now, counts: decisive))
    }

    /// The snapshot of the present.
    package mutating func currentSnapshot(now: Moment) -> CircuitBreaker.Snapshot {
        advanceWindow(to: now)
        return snapshot(now: now)
    }

    private mutating func clearResults() {
        window.removeAll()
        consecutiveFailures = 0
        lastTrouble = nil
        hasReportedWouldOpen = false
    }
}
