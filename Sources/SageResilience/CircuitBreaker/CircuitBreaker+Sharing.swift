// What connects a breaker with its own past and with other processes.
extension CircuitBreaker {
    /// What is worth keeping of the present state.
    public var record: Record {
        read { machine, now in machine.record(now: now) }
    }

    /// Takes up a state that was kept before the process started.
    ///
    /// Nothing is shortened or reset: an open state that the breaker has found by itself meanwhile stays for the longer
    /// of the two times, and one that was set by hand stays. A breaker that was half-open lets probes through at once.
    ///
    /// - Parameter record: What was kept; its times are from now. The remaining time is cut to the longest that the
    ///   configuration knows, so that no error of a clock keeps a breaker open for longer.
    /// - Returns: Whether the state has changed.
    @discardableResult
    public func restore(_ record: Record) -> Bool {
        let now = present
        let transition = change { guarded in
            enqueue(guarded.machine.endOverdueTrial(now: now))
            let transition = guarded.machine.restore(record, now: now)
            if transition != nil { emitter?.enqueue(.circuitBreakerRestored(record)) }
            enqueue(transition)
            return transition
        }
        emitter?.deliver()
        return transition != nil
    }

    /// Follows what other processes have found out, as far as this breaker has nothing better to go by.
    ///
    /// A state that was set by hand is never changed. Otherwise:
    /// - ``Advice/opened(for:failedRecoveries:)`` opens a closed breaker, and lets an open one stay open for the longer
    ///   of the two times. A half-open one is about to find out by itself.
    /// - ``Advice/probesFailed(retryAfter:)`` opens a half-open breaker again, and lets an open one stay open for the
    ///   longer time. A closed one knows better by now.
    /// - ``Advice/recovered`` closes a half-open breaker, and an open one that has followed advice before. One that is
    ///   open by its own judgement lets probes through at once: the way to the service may fail for it alone.
    ///
    /// A breaker that is open by advice recovers by itself like any other.
    ///
    /// - Parameter advice: What the others have found; times are cut to the longest that the configuration knows.
    /// - Returns: Whether anything has changed.
    @discardableResult
    public func follow(_ advice: Advice) -> Bool {
        let now = present
        let hasChanged = change { guarded in
            enqueue(guarded.machine.endOverdueTrial(now: now))
            let (hasChanged, transition) = guarded.machine.follow(advice, now: now)
            if hasChanged { emitter?.enqueue(.circuitBreakerAdvised(advice)) }
            enqueue(transition)
            return hasChanged
        }
        emitter?.deliver()
        return hasChanged
    }

    /// Lets probes through only with permits that are shared with other processes, from now on.
    ///
    /// What the closed breaker does is untouched. While no permit is at hand, calls to a half-open breaker are refused
    /// as ``RejectionReason/halfOpenLimit``, or wait where ``CircuitBreakerConfiguration/halfOpenMaxQueued`` allows it.
    ///
    /// - Parameter permits: Shares out the permits, and hears of changes; kept until another one takes its place. Nil
    ///   leaves the breaker to itself again.
    public func connect(to permits: (any ProbePermits)?) {
        change { guarded in
            guarded.permits = permits
            guarded.machine.isShared = permits != nil
        }
        emitter?.deliver()
    }

    /// Lets calls that wait for a permit ask again.
    ///
    /// - Parameter count: How many permits there are now.
    public func probePermitsAvailable(_ count: Int) {
        change { guarded in guarded.machine.recalled = max(0, count) }
        emitter?.deliver()
    }
}

extension CircuitBreaker {
    /// What others are told after a change, outside of the lock.
    struct News: Sendable {
        var permits: (any ProbePermits)?
        var ended: [(permit: ProbePermit, outcome: ProbePermit.Outcome)] = []

        func tell() {
            for (permit, outcome) in ended { permit.end(outcome) }
            permits?.breakerDidChange()
        }
    }

    /// Called under the lock, after a change.
    ///
    /// Permits are alike: a probe that ends gives back the oldest one, and all go when the breaker is no longer
    /// half-open.
    func takeNews(since generation: UInt64, _ guarded: inout Guarded) -> News? {
        guard guarded.machine.isShared || !guarded.probes.isEmpty else { return nil }
        let isOther = guarded.machine.generation != generation || guarded.machine.hasNews
        guarded.machine.hasNews = false
        var news = News(permits: isOther ? guarded.permits : nil)
        if let outcome = guarded.machine.endedProbe {
            guarded.machine.endedProbe = nil
            if !guarded.probes.isEmpty { news.ended.append((guarded.probes.removeFirst(), outcome)) }
        }
        if guarded.machine.state != .halfOpen {
            news.ended += guarded.probes.map { ($0, .undecided) }
            guarded.probes = []
        }
        return news.permits == nil && news.ended.isEmpty ? nil : news
    }
}
