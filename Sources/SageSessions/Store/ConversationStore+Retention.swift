import SageStorage

extension ConversationStore {
    /// Removes what the retention does not keep, oldest first, in small transactions.
    ///
    /// ``run(onFailure:)`` does so regularly. What it removes is gone; so a clock that was set ahead while the store
    /// was open makes nothing old before it has stayed so for a day.
    ///
    /// - Parameter retention: What is kept; nil takes the configured one, and without one only what has no meaning any
    ///   more is removed: expired idempotency keys and the rows of dead processes.
    /// - Returns: What was removed.
    /// - Throws: `ConfigurationError` for a value out of range; `StorageError`, after which what was removed is removed;
    ///   ``SessionError`` for a conversation that cannot be, after all the others were.
    @discardableResult
    public func sweep(_ retention: Retention? = nil) async throws -> SweepReport {
        let retention = retention ?? configuration.retention
        try retention?.validate()
        var report = SweepReport()
        var failure: (any Error)?
        // Looked at in every round, whatever is kept: it takes notice of the clock.
        let now = believedTime()
        if let retention {
            if let age = retention.age {
                let oldest = now.subtractingReportingOverflow(age.wholeMilliseconds)
                if !oldest.overflow {
                    report.removedByAge = try await remove(.olderThan(oldest.partialValue), &report, &failure)
                }
            }
            if let count = retention.count {
                report.removedByCount = try await remove(.count(above: Int64(count)), &report, &failure)
            }
            if let bytes = retention.bytes {
                report.removedByBytes = try await remove(.bytes(above: bytes), &report, &failure)
            }
        }
        let (keys, owners) = try await write { try $0.sweepLeftovers() }
        report.expiredKeys = keys
        report.forgottenOwners = owners
        if let failure { throw failure }
        return report
    }

    /// Removes what is too much, and tells how many conversations that were.
    private func remove(
        _ excess: Excess, _ report: inout SweepReport, _ failure: inout (any Error)?
    ) async throws -> Int {
        var count = 0
        while true {
            // Looked for once for thousands, because it costs a look at all conversations.
            let candidates = try await read { try $0.candidates(excess, limit: 10_000) }
            let before = count
            for start in stride(from: 0, to: candidates.count, by: 50) {
                try Task.checkCancellation()
                let some = Array(candidates[start..<min(start + 50, candidates.count)])
                let removed = try await each(some, &failure) { try $0.remove($1, excess) }
                count += removed.count
                for row in removed {
                    report.removedBytes += row.bytes
                    if report.examples.count < 100 { report.examples.append(row.id) }
                }
            }
            // What somebody wrote to meanwhile stays, and others may have to go in its place.
            guard count > before else { return count }
        }
    }
}

/// What is too much.
enum Excess: Sendable, Hashable {
    /// Conversations last written to before this moment.
    case olderThan(Int64)
    /// Idle conversations beyond this number of all.
    case count(above: Int64)
    /// Idle conversations beyond this number of bytes of all.
    case bytes(above: Int64)
}

/// A conversation that is to be removed if nobody writes to it before.
struct RemovalCandidate: Sendable, Hashable {
    var number: Int64
    /// What the row said when the conversation was found to be too much, whatever that is.
    var updated: SQLValue
    var lastSequence: SQLValue

    init?(_ row: SQLRow) {
        guard let number = row[0].integer else { return nil }
        self.number = number
        updated = row[1]
        lastSequence = row[2]
    }
}

extension LogTransaction {
    /// What is too much, oldest first; sees one state of the database, so that what others remove meanwhile is not
    /// removed a second time in the shape of something newer.
    func candidates(_ excess: Excess, limit: Int) throws -> [RemovalCandidate] {
        let columns = "num, updated, last_seq"
        switch excess {
        case .olderThan(let oldest):
            let (alive, abandoned) = try liveness()
            return try sql.fetch(
                """
                SELECT \(columns) FROM sage_sessions
                WHERE updated < $3 AND NOT (status = 1 AND \(isAlive)) ORDER BY updated, num LIMIT $4
                """, [alive, abandoned, .integer(oldest), .integer(Int64(limit))]
            ).compactMap { RemovalCandidate($0) }
        case .count(let most):
            let all = try sql.fetchValue("SELECT COUNT(*) FROM sage_sessions").integer ?? 0
            guard all > most else { return [] }
            return try sql.fetch(
                "SELECT \(columns) FROM sage_sessions WHERE status = 0 ORDER BY updated, num LIMIT $1",
                [.integer(min(all - most, Int64(limit)))]
            ).compactMap { RemovalCandidate($0) }
        case .bytes(let most):
            let size = "CASE WHEN bytes BETWEEN 0 AND \(LogEntry.places.upperBound) THEN bytes ELSE 0 END"
            let all = try sql.fetchValue("SELECT CAST(COALESCE(SUM(\(size)), 0) AS BIGINT) FROM sage_sessions")
            var excess = (all.integer ?? 0) - most
            guard excess > 0 else { return [] }
            var candidates: [RemovalCandidate] = []
            try sql.forEachRow(
                "SELECT \(columns), \(size) FROM sage_sessions WHERE status = 0 ORDER BY updated, num LIMIT $1",
                [.integer(Int64(limit))]
            ) { row throws(StorageError) in
                if let candidate = RemovalCandidate(row) { candidates.append(candidate) }
                excess -= row[3].integer ?? 0
                return excess > 0
            }
            return candidates
        }
    }

    /// Removes a candidate if it is as it was found, and gives back what it was.
    func remove(_ candidate: RemovalCandidate, _ excess: Excess) throws -> SessionRow? {
        // What somebody holds locked, he writes to.
        let found = try sql.fetchRow(
            """
            SELECT \(SessionRow.columns) FROM sage_sessions WHERE num = $1 AND updated = $2 AND last_seq = $3
            \(isLocking ? "FOR UPDATE SKIP LOCKED" : "")
            """, [.integer(candidate.number), candidate.updated, candidate.lastSequence])
        guard let row = try found.map(checked) else { return nil }
        // A turn that is resumed leaves no mark in the log.
        let isLeft =
            if case .olderThan = excess {
                try state(of: row) != .running
            } else {
                row.status == SessionSchema.Status.idle
            }
        guard isLeft else { return nil }
        try remove(row)
        return row
    }

    /// Removes expired keys and the rows of processes that are gone and own nothing.
    func sweepLeftovers() throws -> (keys: Int, owners: Int) {
        let oldest = now - limits.idempotencyLifetime.wholeMilliseconds
        let keys = try sql.execute(
            """
            DELETE FROM sage_turn_keys WHERE created < $1 AND NOT EXISTS (
                SELECT 1 FROM sage_sessions WHERE num = sage_turn_keys.session AND turn = sage_turn_keys.turn)
            """, [.integer(oldest)])
        let judge = try judge()
        var forgotten = 0
        for record in try owners() where record.id != owner && judge.death(of: record) != nil {
            forgotten += try sql.execute(
                "DELETE FROM sage_owners WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM sage_sessions WHERE owner = $1)",
                [.text(record.id)])
        }
        return (keys, forgotten)
    }
}
