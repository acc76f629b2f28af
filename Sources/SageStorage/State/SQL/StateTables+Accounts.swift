extension StateTables {
    func take(_ demands: [RateDemand], now: StoreInstant) throws -> RateDecision {
        if let index = demands.firstIndex(where: { $0.permits > $0.rule.capacity }) { return .tooLarge(demand: index) }
        var accounts: [RateAccount] = []
        var wait = RateDecision.LongestWait()
        for (index, demand) in demands.enumerated() {
            let (account, mustKeep) = try account(demand.account, demand.rule, now: now)
            if mustKeep { try keep(account, demand.account, demand.rule) }
            wait.add(account.wait(for: demand.permits, demand.rule, now: now), index)
            accounts.append(account)
        }
        if let decision = wait.decision { return decision }
        for (index, demand) in demands.enumerated() where demand.permits > 0 {
            accounts[index].take(demand.permits, demand.rule, now: now)
            try keep(accounts[index], demand.account, demand.rule)
        }
        // Long after they have all their permits: a clock that goes back a little must not give them back early.
        let old = now.advanced(by: .zero - StateLimits.probeMemory).microseconds
        try session.execute("DELETE FROM sage_state_accounts WHERE kept_until <= $1", [.integer(old)])
        return .granted(
            RateGrant(takenAt: now, remaining: zip(accounts, demands).map { $0.balance($1.rule, now: now) }))
    }

    func account(
        _ name: String, _ rule: RateRule, now: StoreInstant
    ) throws -> (account: RateAccount, mustKeep: Bool) {
        let row = try session.fetchRow("SELECT * FROM sage_state_accounts WHERE account = $1", [Self.bytes(name)])
        guard let row, var account = RateAccount(row) else { return (RateAccount(rule, now: now), false) }
        let mustKeep = account.prepare(for: rule, now: now)
        return (account, mustKeep)
    }

    func keep(_ account: RateAccount, _ name: String, _ rule: RateRule) throws {
        let (kind, numbers) = account.content.stored
        try session.execute(
            """
            INSERT INTO sage_state_accounts (account, kind, touched, numbers, kept_until) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (account) DO UPDATE SET kind = excluded.kind, touched = excluded.touched,
                numbers = excluded.numbers, kept_until = excluded.kept_until
            """,
            [
                Self.bytes(name), .text(kind), .integer(account.touched),
                .text(numbers.map(String.init).joined(separator: " ")), .integer(account.keptUntil(rule)),
            ])
    }
}

extension RateAccount {
    /// Nil for what only a later version knows.
    fileprivate init?(_ row: SQLRow) {
        let numbers = row["numbers"].text?.split(separator: " ").compactMap { Int64($0) } ?? []
        guard let kind = row["kind"].text, let content = Content(kind, numbers) else { return nil }
        self.init(touched: row.number("touched"), content: content)
    }
}

extension RateAccount.Content {
    fileprivate var stored: (kind: String, numbers: [Int64]) {
        switch self {
        case .log(let log): ("log", log.entries.flatMap { [$0.moment, Int64($0.permits)] })
        case .counter(let counter): ("counter", [counter.start, Int64(counter.previous), Int64(counter.present)])
        case .bucket(let bucket): ("bucket", [bucket.updated, bucket.debt, bucket.lastFull])
        }
    }

    fileprivate init?(_ kind: String, _ numbers: [Int64]) {
        switch (kind, numbers.count) {
        case ("log", let count) where count.isMultiple(of: 2):
            self = .log(
                RateLog(
                    entries: stride(from: 0, to: count, by: 2).map {
                        RateLog.Entry(moment: numbers[$0], permits: Int(numbers[$0 + 1]))
                    }))
        case ("counter", 3):
            self = .counter(RateCounter(start: numbers[0], previous: Int(numbers[1]), present: Int(numbers[2])))
        case ("bucket", 3):
            self = .bucket(RateBucket(updated: numbers[0], debt: numbers[1], lastFull: numbers[2]))
        default:
            return nil
        }
    }
}
