extension CircuitBreaker.StateMachine {
    /// Whether a call that could be a probe has a permit for it.
    package enum Permission: Sendable, Hashable {
        /// Nobody has asked; an answer is needed only where the breaker shares its probes.
        case unasked
        case granted
        case refused(retryAfter: Int64)
    }

    package func record(now: Moment) -> CircuitBreaker.Record {
        let counts = counts
        return CircuitBreaker.Record(
            state: state, timeInState: .nanoseconds(now.elapsed(since: stateSince)),
            remaining: state == .open ? .nanoseconds(openUntil.elapsed(since: now)) : .zero,
            failedRecoveries: failedRecoveries, isOwnJudgement: !followsAdvice, calls: counts.calls,
            failures: counts.failures)
    }

    /// Takes up a state from before the start, without shortening or resetting anything.
    ///
    /// - Returns: The change of state; nil when there is none.
    package mutating func restore(_ record: CircuitBreaker.Record, now: Moment) -> CircuitBreaker.Transition? {
        guard !state.isManual else { return nil }
        failedRecoveries = max(failedRecoveries, Self.sane(record.failedRecoveries))
        hasNews = true
        switch record.state {
        case .closed:
            return nil
        case .forcedOpen, .disabled, .metricsOnly:
            return move(to: record.state, now: now)
        case .open, .halfOpen:
            let until = now.advanced(by: bounded(record.state == .open ? record.remaining : .zero))
            switch state {
            case .closed:
                return open(until: until, followsAdvice: !record.isOwnJudgement, now: now)
            case .open:
                openUntil = max(openUntil, until)
                return nil
            case .halfOpen, .forcedOpen, .disabled, .metricsOnly:
                return nil
            }
        }
    }

    /// - Returns: Whether anything has changed, and the change of state, if that has.
    package mutating func follow(
        _ advice: CircuitBreaker.Advice, now: Moment
    ) -> (hasChanged: Bool, CircuitBreaker.Transition?) {
        switch (advice, state) {
        case (_, .forcedOpen), (_, .disabled), (_, .metricsOnly), (.opened, .halfOpen), (.probesFailed, .closed),
            (.recovered, .closed):
            return (false, nil)
        case (.opened(let remaining, let failed), .closed):
            let remaining = bounded(remaining)
            guard remaining > 0 else { return (false, nil) }
            noteStability(now: now)
            failedRecoveries = max(failedRecoveries, Self.sane(failed))
            return (true, open(until: now.advanced(by: remaining), followsAdvice: true, now: now))
        case (.opened(let remaining, let failed), .open):
            failedRecoveries = max(failedRecoveries, Self.sane(failed))
            return (lengthen(until: now.advanced(by: bounded(remaining))), nil)
        case (.probesFailed(let wait), .open):
            return (lengthen(until: now.advanced(by: bounded(wait))), nil)
        case (.probesFailed(let wait), .halfOpen):
            failedRecoveries = Self.sane(failedRecoveries + 1)
            return (true, open(until: now.advanced(by: bounded(wait)), followsAdvice: true, now: now))
        case (.recovered, .halfOpen):
            return (true, recover(now: now))
        case (.recovered, .open) where followsAdvice:
            return (true, recover(now: now))
        case (.recovered, .open):
            guard openUntil > now else { return (false, nil) }
            openUntil = now
            hasNews = true
            return (true, nil)
        }
    }

    private mutating func open(
        until: Moment, followsAdvice: Bool, now: Moment
    ) -> CircuitBreaker.Transition {
        openUntil = until
        let transition = move(to: .open, now: now)
        self.followsAdvice = followsAdvice
        return transition
    }

    private mutating func lengthen(until: Moment) -> Bool {
        guard until > openUntil else { return false }
        openUntil = until
        hasNews = true
        return true
    }

    /// No time from elsewhere is longer than one that this breaker could have come to by itself.
    private func bounded(_ time: Duration) -> Int64 {
        let longest =
            Double(configuration.maxRecoveryTimeout.saturatingNanoseconds) * (1 + configuration.recoveryJitter)
        let bound = max(Int64(saturating: longest), configuration.maxServerHint.saturatingNanoseconds)
        return min(max(0, time.saturatingNanoseconds), bound)
    }

    /// More failed recoveries than this lengthen nothing: the multiplier has reached every cap.
    private static func sane(_ failedRecoveries: Int) -> Int { min(max(0, failedRecoveries), 1_000_000) }

    /// Lets a call through as a probe if the trial has room for it and there is a permit, where one is needed.
    mutating func admitProbe(
        _ startedAt: Moment, _ canWait: Bool, _ permission: Permission
    ) -> Admission {
        if let wait = trial.remainingPause(now: startedAt) { return reject(.halfOpenLimit, retryAfter: wait) }
        var retryAfter: Int64?
        if trial.hasRoom {
            if isShared {
                switch permission {
                case .unasked: return .missing(.permission)
                case .refused(let wait): retryAfter = wait
                case .granted: break
                }
            }
            if retryAfter == nil, trial.admit(now: startedAt) { return .admitted(ticket(startedAt)) }
        }
        guard canWait, waiting.capacity > 0 else { return reject(.halfOpenLimit, retryAfter: retryAfter) }
        return waiting.isFull ? reject(.queueFull) : .mustWait
    }
}
