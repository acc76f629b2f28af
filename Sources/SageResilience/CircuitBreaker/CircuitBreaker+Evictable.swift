extension CircuitBreaker: Evictable {
    /// Whether a new breaker would do as well: closed, admitting all calls, with nothing to remember.
    ///
    /// Successes alone do not keep a breaker, nor does a learned failure rate. Failures and slow calls do while they are
    /// in a window of time, and in a window of calls until later calls have pushed them out or there was none for
    /// ``CircuitBreakerConfiguration/stableAfter`` and ``CircuitBreakerConfiguration/recoveryTimeout``: a breaker that
    /// they had opened would let probes through by then. Failed recoveries keep it until it has been closed for
    /// `stableAfter`. A breaker in any other state is never evicted.
    ///
    /// A call in flight through a closed breaker does not keep it, because counting would cost every call; its result
    /// then goes to the breaker that was evicted.
    public var isEvictable: Bool {
        read { machine, now in machine.isForgettable(now: now) }
    }
}

extension CircuitBreaker.StateMachine {
    /// Whether nothing would be lost with this value but successes.
    ///
    /// Nothing here needs the time of a success, which is not known where it takes no lock.
    package mutating func isForgettable(now: Moment) -> Bool {
        guard state == .closed, ramp?.share(at: now) == nil else { return false }
        let stable = configuration.stableAfter.saturatingNanoseconds
        guard failedRecoveries == 0 || now.elapsed(since: stateSince) >= stable else { return false }
        advanceWindow(to: now)
        let totals = window.totals
        let isClean = totals.failures == 0 && totals.slow == 0
        guard let lastTrouble, !isClean || consecutiveFailures > 0 else { return true }
        // A window of time forgets by itself.
        guard isClean || !window.needsTime, now >= hintUntil else { return false }
        return now.elapsed(since: lastTrouble) >= max(stable, configuration.recoveryTimeout.saturatingNanoseconds)
    }
}
