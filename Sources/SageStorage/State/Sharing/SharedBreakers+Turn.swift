import SageResilience

extension SharedBreakers {
    /// How long before the end of the recovery time the first lease is fetched.
    static let lead = Duration.milliseconds(100)
    /// How long reports are kept after they have lost their meaning for calls.
    private static let memory = Duration.seconds(600)
    /// How often a state other than closed is reported again.
    private static let refresh: Int64 = 60_000_000_000

    /// Does everything that is due.
    ///
    /// - Throws: When the store failed; nothing is lost then but advice.
    func turn() async throws {
        let epoch = try await currentEpoch()
        try await endProbes()
        let isFirst = withState { $0.viewedAt == nil || !$0.isUp }
        // Who has just come listens before it speaks: it must not report a closed breaker that was open before.
        if isFirst || withState({ $0.nextView }) <= timeline.now { try await readOthers(epoch) }
        for link in links { link.withState { $0.isLocal = false } }
        try await publish(epoch)
        try await fetchLeases()
    }

    private func currentEpoch() async throws -> Int64 {
        let (epoch, isUp) = withState { ($0.epoch, $0.isUp) }
        if let epoch, isUp { return epoch }
        let next = try await store.join(instance, after: epoch ?? 0)
        withState { $0.epoch = next }
        return next
    }

    private func endProbes() async throws {
        for link in links {
            let endings = link.withState { state in
                defer { state.endings = [] }
                return state.endings
            }
            for (lease, outcome) in endings {
                let pause = link.pause
                let ending = try await store.endProbe(lease, ProbeResult(outcome, pause: pause), terms: link.terms)
                switch ending {
                case .counted(.recovered): link.follow(.recovered)
                case .counted(.failed): link.follow(.probesFailed(retryAfter: pause))
                case .counted(.undecided), .fenced: break
                }
            }
        }
    }

    private func publish(_ epoch: Int64) async throws {
        let now = timeline.now
        guard withState({ $0.nextPublication }) <= now else { return }
        let due = links.filter { link in
            link.withState { state in
                defer { state.isDirty = false }
                let isOld = state.lastState != .closed && now.elapsed(since: state.publishedAt) >= Self.refresh
                return state.isDirty || isOld
            }
        }
        var statuses: [(SharedBreaker, BreakerStatus)] = []
        for link in due {
            let record = link.breaker.record
            // Nobody needs to hear of a breaker that has always been closed.
            guard record.state != .closed || link.withState({ $0.isReported }) else { continue }
            let sequence = withState { state in
                state.sequence += 1
                return state.sequence
            }
            statuses.append((link, BreakerStatus(record, named: link.breaker.name, epoch, sequence, Self.memory)))
        }
        guard !statuses.isEmpty else { return }
        var accepted = 0
        do {
            for start in stride(from: 0, to: statuses.count, by: StateLimits.mostStatuses) {
                let part = statuses[start..<min(start + StateLimits.mostStatuses, statuses.count)]
                accepted += try await store.publish(part.map(\.1), by: instance)
            }
        } catch {
            for (link, _) in statuses { link.withState { $0.isDirty = true } }
            throw error
        }
        for (link, status) in statuses {
            link.withState { state in
                state.publishedAt = now
                state.isReported = status.state != .closed
            }
        }
        let isTaken = accepted < statuses.count
        let isNews = withState { state in
            state.nextPublication = now.advanced(by: configuration.publishInterval.saturatingNanoseconds)
            defer { state.isNameTaken = isTaken }
            return isTaken && !state.isNameTaken
        }
        if isNews { tell(.nameTaken(instance)) }
    }

    private func fetchLeases() async throws {
        for link in links {
            let wanted = link.wantedLeases(timeline.now, lead: Self.lead)
            for _ in 0..<wanted {
                let asked = timeline.now
                let answer = try await store.leaseProbe(
                    of: link.breaker.name, holder: instance, terms: link.terms)
                guard take(answer, link, asked) else { break }
            }
        }
    }

    /// - Returns: Whether there is use in asking for more.
    private func take(_ answer: ProbeAnswer, _ link: SharedBreaker, _ asked: Moment) -> Bool {
        switch answer {
        case .leased(let lease):
            let held = SharedBreaker.HeldLease(
                lease: lease, since: asked, deadline: asked.advanced(by: lease.duration.saturatingNanoseconds))
            link.withState { state in
                state.atHand.append(held)
                state.demand = max(0, state.demand - 1)
                state.notBefore = .zero
            }
            link.breaker.probePermitsAvailable(1)
            return true
        case .blocked(let wait):
            link.withState { $0.postpone(until: asked.advanced(by: wait.saturatingNanoseconds)) }
            link.follow(.probesFailed(retryAfter: wait))
            return false
        case .exhausted(let wait):
            // Others may give theirs back long before they run out.
            let again = min(wait, configuration.interval / 4)
            link.withState {
                $0.postpone(until: asked.advanced(by: max(again, .milliseconds(10)).saturatingNanoseconds))
            }
            return false
        }
    }

    /// When there is something to do again, unless somebody says so before.
    func nextWake() -> Moment {
        let now = timeline.now
        let (nextView, nextPublication) = withState { ($0.nextView, $0.nextPublication) }
        var next = nextView
        for link in links {
            if link.withState({ $0.isDirty }) { next = min(next, max(now, nextPublication)) }
            if let moment = link.nextLease(now, lead: Self.lead) { next = min(next, moment) }
        }
        return next
    }
}

extension SharedBreaker {
    /// Two measurements of one moment by the clocks of a store and an instance differ by less.
    private static let measuringError = Duration.milliseconds(100)

    /// Follows advice, unless it only says once more until when the breaker stays open.
    ///
    /// The time that is left is measured at each look, a little differently each time: without this each longer one
    /// would be told as a change.
    func follow(_ advice: CircuitBreaker.Advice) {
        let record = breaker.record
        guard record.state == .open else {
            breaker.follow(advice)
            return
        }
        let longest = record.remaining + Self.measuringError
        switch advice {
        case .opened(let remaining, let failed) where remaining <= longest:
            // Others may have tried more often all the same.
            breaker.follow(.opened(for: .zero, failedRecoveries: failed))
        case .probesFailed(let wait) where wait <= longest: break
        default: breaker.follow(advice)
        }
    }

    /// How long nobody should probe after this breaker's probes have failed.
    var pause: Duration {
        let remaining = breaker.record.remaining
        let time = remaining > .zero ? remaining : breaker.configuration.recoveryTimeout
        return min(max(.zero, time - SharedBreakers.lead), StateLimits.longestTime)
    }

    /// How many leases to ask for now.
    func wantedLeases(_ now: Moment, lead: Duration) -> Int {
        guard isDue(lead: lead) else { return 0 }
        return withState { state in
            guard state.notBefore <= now else { return 0 }
            state.atHand.removeAll { $0.deadline <= now }
            let held = state.atHand.count + state.inUse.count
            // This instance's share for the first calls; more for those that were refused.
            let share = (terms.limit + state.others) / (state.others + 1)
            let wanted = max(state.demand, share - held)
            state.demand = 0
            return max(0, min(wanted, terms.limit - held))
        }
    }

    /// When to ask for the first lease, or the next one; nil when the breaker does not come to it by itself.
    func nextLease(_ now: Moment, lead: Duration) -> Moment? {
        let record = breaker.record
        switch record.state {
        case .closed, .forcedOpen, .disabled, .metricsOnly: return nil
        case .open where record.remaining > lead:
            return now.advanced(by: (record.remaining - lead).saturatingNanoseconds)
        case .open, .halfOpen:
            return withState { state in
                if !state.endings.isEmpty { return now }
                if let end = state.atHand.map(\.deadline).min() { return end }
                return state.inUse.isEmpty || state.demand > 0 ? max(now, state.notBefore) : nil
            }
        }
    }

    private func isDue(lead: Duration) -> Bool {
        let record = breaker.record
        return record.state == .halfOpen || record.state == .open && record.remaining <= lead
    }
}

extension SharedBreaker.State {
    mutating func postpone(until moment: Moment) {
        notBefore = moment
        demand = 0
        demandSince = nil
    }
}

extension ProbeResult {
    init(_ outcome: ProbePermit.Outcome, pause: Duration) {
        switch outcome {
        case .succeeded: self = .succeeded
        case .failed: self = .failed(pause: pause)
        case .reopened: self = .reopened(pause: pause)
        case .undecided: self = .unused
        @unknown default: self = .unused
        }
    }
}

extension BreakerStatus {
    /// What a breaker's record is to the others.
    init(
        _ record: CircuitBreaker.Record, named name: String, _ epoch: Int64, _ sequence: Int64, _ memory: Duration
    ) {
        let keep =
            switch record.state {
            case .forcedOpen, .disabled, .metricsOnly: StateLimits.longestTime
            case .open: min(StateLimits.longestTime, record.remaining + memory)
            case .halfOpen, .closed: memory
            }
        self.init(
            breaker: name, epoch: epoch, sequence: sequence, state: record.state,
            isOwnJudgement: record.isOwnJudgement, timeInState: record.timeInState,
            remaining: min(record.remaining, StateLimits.longestTime), failedRecoveries: record.failedRecoveries,
            calls: record.calls, failures: record.failures, keep: keep)
    }
}
