import SageResilience

extension SharedBreakers {
    /// Reads what the others have told, and acts on it.
    func readOthers(_ epoch: Int64) async throws {
        let asked = timeline.now
        let view = try await store.view()
        let reports = Dictionary(grouping: view.reports) { Array($0.status.breaker.utf8) }
        let rounds = Dictionary(view.rounds.map { (Array($0.breaker.utf8), $0) }) { first, _ in first }
        for link in links {
            let name = Array(link.breaker.name.utf8)
            apply(
                ViewOfBreaker(
                    now: view.now, asked: asked, reports: reports[name] ?? [], round: rounds[name]), link, epoch)
        }
        let jitter = 0.9 + 0.2 * random.unitInterval()
        let interval = Int64(saturating: Double(configuration.interval.saturatingNanoseconds) * jitter)
        withState { state in
            state.viewedAt = asked
            state.nextView = asked.advanced(by: interval)
        }
    }

    private func apply(_ view: ViewOfBreaker, _ link: SharedBreaker, _ epoch: Int64) {
        let isMine = { (report: BreakerReport) in report.instance.utf8.elementsEqual(self.instance.utf8) }
        let mustRestore = link.withState { state in
            defer { state.isRestored = true }
            return !state.isRestored
        }
        if mustRestore, let own = view.reports.first(where: { isMine($0) && $0.status.epoch < epoch }) {
            link.breaker.restore(CircuitBreaker.Record(own, at: view.now))
            // The report is of an earlier start; this one has to take its place.
            link.withState { state in
                state.isDirty = true
                state.isReported = true
            }
        }
        let others = view.reports.filter { !isMine($0) }
        link.withState { $0.others = others.count }
        if let advice = view.opening(others, quorum: configuration.quorum, closedAt: link.withState { $0.closedAt }) {
            link.follow(advice)
        }
        followRound(view, link)
    }

    private func followRound(_ view: ViewOfBreaker, _ link: SharedBreaker) {
        guard let round = view.round else { return }
        if let (verdict, decidedAt) = round.lastVerdict, isNews(decidedAt, view, link) {
            switch verdict {
            case .recovered: link.follow(.recovered)
            case .failed:
                let wait = round.blockedUntil?.duration(since: view.now) ?? .zero
                if wait > .zero { link.follow(.probesFailed(retryAfter: wait)) }
            case .undecided: break
            }
        }
        // Somebody else has calls to send, and this instance has none.
        guard let refusedAt = round.refusedAt else { return }
        link.withState { state in
            let idle = state.atHand.filter { held in
                let age = Duration.nanoseconds(view.asked.elapsed(since: held.since))
                return age >= configuration.interval && refusedAt > view.now.advanced(by: .zero - age)
            }
            guard !idle.isEmpty else { return }
            let tokens = Set(idle.map(\.lease.token))
            state.atHand.removeAll { tokens.contains($0.lease.token) }
            state.endings += idle.map { ($0.lease, .undecided) }
            // Leaves the others time to take it.
            state.postpone(until: view.asked.advanced(by: (configuration.interval * 2).saturatingNanoseconds))
        }
    }
}

extension SharedBreakers {
    /// Whether a verdict has been found after the breaker came to where it is, and is looked at for the first time.
    ///
    /// One that follows advice to stay open, and has begun to probe since, goes by verdicts from the advice on: the
    /// round in which others have recovered may have ended just before its first probe.
    private func isNews(_ decidedAt: StoreInstant, _ view: ViewOfBreaker, _ link: SharedBreaker) -> Bool {
        let record = link.breaker.record
        let now = timeline.now
        return link.withState { state in
            let age = max(state.advisedSince.map { .nanoseconds(now.elapsed(since: $0)) } ?? .zero, record.timeInState)
            // Not whether it is later: the store's clock may have gone back.
            guard decidedAt > view.now.advanced(by: .zero - age), decidedAt != state.verdictSeenAt else { return false }
            state.verdictSeenAt = decidedAt
            return true
        }
    }
}

extension ProbeRound {
    /// What was decided last, in this round or in one before.
    fileprivate var lastVerdict: (Verdict, StoreInstant)? {
        // A round begins after the recovery before it.
        if verdict != .undecided, let decidedAt { return (verdict, decidedAt) }
        return recoveredAt.map { (.recovered, $0) }
    }
}

/// What the store says about one breaker.
struct ViewOfBreaker {
    let now: StoreInstant
    /// The present on the loop's timeline, when it asked.
    let asked: Moment
    let reports: [BreakerReport]
    let round: ProbeRound?

    /// The advice to open, if enough others are open by their own judgement.
    ///
    /// - Parameters:
    ///   - others: Their reports.
    ///   - quorum: How many must be open.
    ///   - closedAt: When this breaker last closed; what was found before is out of date.
    func opening(_ others: [BreakerReport], quorum: Int, closedAt: Moment?) -> CircuitBreaker.Advice? {
        var outdated = closedAt.map { now.advanced(by: .zero - .nanoseconds(asked.elapsed(since: $0))) }
        if let recoveredAt = round?.recoveredAt { outdated = max(outdated ?? recoveredAt, recoveredAt) }
        let open = others.filter { report in
            report.status.state == .open && report.status.isOwnJudgement && report.remaining(at: now) > .zero
                && outdated.map { report.since > $0 } ?? true
        }
        guard open.count >= quorum else { return nil }
        let remaining = open.map { $0.remaining(at: now) }.sorted(by: >)[quorum - 1]
        return .opened(for: remaining, failedRecoveries: open.map(\.status.failedRecoveries).max() ?? 0)
    }
}

extension CircuitBreaker.Record {
    /// What a report of an earlier start says now.
    init(_ report: BreakerReport, at now: StoreInstant) {
        let status = report.status
        self.init(
            state: status.state, timeInState: status.timeInState, remaining: report.remaining(at: now),
            failedRecoveries: status.failedRecoveries, isOwnJudgement: status.isOwnJudgement, calls: status.calls,
            failures: status.failures)
    }
}
