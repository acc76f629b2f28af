/// Everything that a ``StateStore`` holds, as a value: the reference that all implementations are compared with.
struct StateModel: Sendable {
    /// A name, told apart from others by its bytes.
    private struct Name: Hashable {
        let bytes: [UInt8]

        init(_ text: String) {
            bytes = Array(text.utf8)
        }
    }

    private struct ReportKey: Hashable {
        let instance: Name
        let breaker: Name
    }

    private struct Start {
        var epoch: Int64
        var keptUntil: Int64
    }

    private struct KeptAccount {
        var value: RateAccount
        var until: Int64
    }

    private var starts: [Name: Start] = [:]
    private var reports: [ReportKey: BreakerReport] = [:]
    private var books: [Name: (breaker: String, book: ProbeBook)] = [:]
    private var accounts: [Name: KeptAccount] = [:]
    /// How many accounts there were when the expired ones were last dropped.
    private var sweptAccounts = 0

    mutating func join(_ instance: String, after epoch: Int64, now: StoreInstant) -> Int64 {
        let name = Name(instance)
        starts = starts.filter { $0.value.keptUntil > now.microseconds }
        let reported = reports.reduce(0) { $1.key.instance == name ? max($0, $1.value.status.epoch) : $0 }
        let last = max(epoch, max(reported, starts[name]?.epoch ?? 0))
        let next = last == .max ? last : last + 1
        starts[name] = Start(epoch: next, keptUntil: now.advanced(by: StateLimits.longestTime).microseconds)
        return next
    }

    mutating func publish(_ statuses: [BreakerStatus], by instance: String, now: StoreInstant) -> Int {
        dropOldReports(now)
        var accepted = 0
        for status in statuses {
            let key = ReportKey(instance: Name(instance), breaker: Name(status.breaker))
            if let present = reports[key]?.status,
                (status.epoch, status.sequence) <= (present.epoch, present.sequence)
            {
                continue
            }
            reports[key] = BreakerReport(instance: instance, status: status, published: now)
            accepted += 1
        }
        return accepted
    }

    mutating func view(now: StoreInstant) -> SharedView {
        dropOldReports(now)
        books = books.filter { $0.value.book.keptUntil > now.microseconds }
        let kept = reports.values.sorted { $0.expires > $1.expires }.prefix(StateLimits.mostReports)
        let rounds = books.values.sorted { $0.book.keptUntil > $1.book.keptUntil }.prefix(StateLimits.mostReports)
        return SharedView(
            now: now, reports: Array(kept), rounds: rounds.map { $0.book.round($0.breaker, now: now) })
    }

    /// Forgets what has expired; what comes from the future is from now.
    private mutating func dropOldReports(_ now: StoreInstant) {
        for (key, report) in reports {
            if report.published > now {
                reports[key]?.published = now
            } else if report.expires <= now {
                reports[key] = nil
            }
        }
    }

    mutating func lease(
        of breaker: String, holder: String, terms: ProbeTerms, now: StoreInstant
    ) -> ProbeAnswer {
        let name = Name(breaker)
        var book = books[name]?.book ?? ProbeBook(now: now)
        defer { books[name] = (breaker, book) }
        return book.lease(of: breaker, holder: holder, terms: terms, now: now)
    }

    mutating func end(
        _ lease: ProbeLease, _ result: ProbeResult, terms: ProbeTerms, now: StoreInstant
    ) -> ProbeEnding {
        let name = Name(lease.breaker)
        guard var book = books[name]?.book else { return .fenced }
        defer { books[name] = (lease.breaker, book) }
        return book.end(lease, result, terms: terms, now: now)
    }

    mutating func take(_ demands: [RateDemand], now: StoreInstant) -> RateDecision {
        if let index = demands.firstIndex(where: { $0.permits > $0.rule.capacity }) { return .tooLarge(demand: index) }
        var prepared: [RateAccount] = []
        for demand in demands {
            let (account, mustKeep) = account(demand.account, demand.rule, now)
            if mustKeep { keep(account, demand.account, demand.rule, now) }
            prepared.append(account)
        }
        var wait = RateDecision.LongestWait()
        for (index, demand) in demands.enumerated() {
            wait.add(prepared[index].wait(for: demand.permits, demand.rule, now: now), index)
        }
        if let decision = wait.decision { return decision }
        for (index, demand) in demands.enumerated() where demand.permits > 0 {
            prepared[index].take(demand.permits, demand.rule, now: now)
            keep(prepared[index], demand.account, demand.rule, now)
        }
        let remaining = zip(prepared, demands).map { $0.balance($1.rule, now: now) }
        return .granted(RateGrant(takenAt: now, remaining: remaining))
    }

    mutating func settle(_ corrections: [RateCorrection], takenAt: StoreInstant, now: StoreInstant) {
        for correction in corrections {
            var (account, _) = account(correction.account, correction.rule, now)
            account.settle(correction, takenAt: takenAt, now: now)
            keep(account, correction.account, correction.rule, now)
        }
    }

    private func account(
        _ name: String, _ rule: RateRule, _ now: StoreInstant
    ) -> (account: RateAccount, mustKeep: Bool) {
        guard var account = accounts[Name(name)]?.value else { return (RateAccount(rule, now: now), false) }
        let mustKeep = account.prepare(for: rule, now: now)
        return (account, mustKeep)
    }

    /// Drops the accounts that have all their permits, each time there are twice as many as there were left.
    private mutating func keep(_ account: RateAccount, _ name: String, _ rule: RateRule, _ now: StoreInstant) {
        accounts[Name(name)] = KeptAccount(value: account, until: account.keptUntil(rule))
        guard accounts.count > max(1_000, 2 * sweptAccounts) else { return }
        accounts = accounts.filter { $0.value.until > now.microseconds }
        sweptAccounts = accounts.count
    }
}
