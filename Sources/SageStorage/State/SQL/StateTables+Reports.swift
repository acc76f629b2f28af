import SageResilience

extension StateTables {
    func join(_ instance: String, after epoch: Int64, now: StoreInstant) throws -> Int64 {
        let key = Self.bytes(instance)
        try session.execute("DELETE FROM sage_state_starts WHERE kept_until <= $1", [.integer(now.microseconds)])
        let reported = try session.fetchValue("SELECT MAX(epoch) FROM sage_state_reports WHERE instance = $1", [key])
        let started = try session.fetchValue("SELECT epoch FROM sage_state_starts WHERE instance = $1", [key])
        let last = max(epoch, max(reported.integer ?? 0, started.integer ?? 0))
        let next = last == .max ? last : last + 1
        try session.execute(
            """
            INSERT INTO sage_state_starts (instance, epoch, kept_until) VALUES ($1, $2, $3)
            ON CONFLICT (instance) DO UPDATE SET epoch = excluded.epoch, kept_until = excluded.kept_until
            """,
            [key, .integer(next), .integer(now.advanced(by: StateLimits.longestTime).microseconds)])
        return next
    }

    func publish(_ statuses: [BreakerStatus], by instance: String, now: StoreInstant) throws -> Int {
        try tidyReports(now: now)
        var accepted = 0
        for status in statuses {
            accepted += try session.execute(
                """
                INSERT INTO sage_state_reports (
                    instance, breaker, epoch, sequence, state, own_judgement, time_in_state, remaining,
                    failed_recoveries, calls, failures, keep, published
                ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                ON CONFLICT (instance, breaker) DO UPDATE SET
                    epoch = excluded.epoch, sequence = excluded.sequence, state = excluded.state,
                    own_judgement = excluded.own_judgement, time_in_state = excluded.time_in_state,
                    remaining = excluded.remaining, failed_recoveries = excluded.failed_recoveries,
                    calls = excluded.calls, failures = excluded.failures, keep = excluded.keep,
                    published = excluded.published
                WHERE excluded.epoch > sage_state_reports.epoch OR excluded.epoch = sage_state_reports.epoch
                    AND excluded.sequence > sage_state_reports.sequence
                """,
                [
                    Self.bytes(instance), Self.bytes(status.breaker), .integer(status.epoch),
                    .integer(status.sequence), .text(status.state.rawValue), .integer(status.isOwnJudgement ? 1 : 0),
                    .integer(status.timeInState.wholeMicroseconds), .integer(status.remaining.wholeMicroseconds),
                    .integer(Int64(status.failedRecoveries)), .integer(Int64(status.calls)),
                    .integer(Int64(status.failures)), .integer(status.keep.wholeMicroseconds),
                    .integer(now.microseconds),
                ])
        }
        return accepted
    }

    /// Whether a view needs ``tidyReports(now:)`` first.
    func hasUntidyReports(now: StoreInstant) throws -> Bool {
        try session.fetchRow(
            "SELECT 1 FROM sage_state_reports WHERE published > $1 OR published + keep <= $1 LIMIT 1",
            [.integer(now.microseconds)]) != nil
    }

    /// Forgets what has expired; what comes from the future is from now.
    func tidyReports(now: StoreInstant) throws {
        let present: [SQLValue] = [.integer(now.microseconds)]
        try session.execute("DELETE FROM sage_state_reports WHERE published + keep <= $1", present)
        try session.execute("UPDATE sage_state_reports SET published = $1 WHERE published > $1", present)
    }

    func view(now: StoreInstant) throws -> SharedView {
        let limit = SQLValue.integer(Int64(StateLimits.mostReports))
        let reports = try session.fetch(
            "SELECT * FROM sage_state_reports WHERE published + keep > $1 ORDER BY published + keep DESC LIMIT $2",
            [.integer(now.microseconds), limit])
        let leases = Dictionary(
            grouping: try session.fetch("SELECT * FROM sage_state_leases ORDER BY token"), by: { $0["breaker"] })
        let rounds = try session.fetch(
            "SELECT * FROM sage_state_probes WHERE kept_until > $1 ORDER BY kept_until DESC LIMIT $2",
            [.integer(now.microseconds), limit])
        return SharedView(
            now: now, reports: reports.compactMap(BreakerReport.init),
            rounds: rounds.map { row in
                ProbeBook(row, leases: leases[row["breaker"]] ?? []).round(Self.name(row["breaker"]), now: now)
            })
    }
}

extension BreakerReport {
    /// Nil for a state that only a later version knows.
    fileprivate init?(_ row: SQLRow) {
        guard let state = row["state"].text.flatMap(CircuitBreaker.State.init) else { return nil }
        self.init(
            instance: StateTables.name(row["instance"]),
            status: BreakerStatus(
                breaker: StateTables.name(row["breaker"]), epoch: row.number("epoch"),
                sequence: row.number("sequence"), state: state, isOwnJudgement: row.number("own_judgement") != 0,
                timeInState: .microseconds(row.number("time_in_state")),
                remaining: .microseconds(row.number("remaining")),
                failedRecoveries: Int(row.number("failed_recoveries")), calls: Int(row.number("calls")),
                failures: Int(row.number("failures")), keep: .microseconds(row.number("keep"))),
            published: StoreInstant(microseconds: row.number("published")))
    }
}
