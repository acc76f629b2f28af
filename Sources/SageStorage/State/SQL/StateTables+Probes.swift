extension StateTables {
    func book(of breaker: String) throws -> ProbeBook? {
        let key = Self.bytes(breaker)
        guard let row = try session.fetchRow("SELECT * FROM sage_state_probes WHERE breaker = $1", [key]) else {
            return nil
        }
        return ProbeBook(
            row, leases: try session.fetch("SELECT * FROM sage_state_leases WHERE breaker = $1 ORDER BY token", [key]))
    }

    func keep(_ book: ProbeBook, of breaker: String) throws {
        let key = Self.bytes(breaker)
        try session.execute(
            """
            INSERT INTO sage_state_probes (
                breaker, touched, last_token, number, verdict, decided_at, successes, failures, refused_at,
                blocked_until, used_at, kept_until, recovered_at
            ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            ON CONFLICT (breaker) DO UPDATE SET
                touched = excluded.touched, last_token = excluded.last_token, number = excluded.number,
                verdict = excluded.verdict, decided_at = excluded.decided_at, successes = excluded.successes,
                failures = excluded.failures, refused_at = excluded.refused_at,
                blocked_until = excluded.blocked_until, used_at = excluded.used_at, kept_until = excluded.kept_until,
                recovered_at = excluded.recovered_at
            """,
            [
                key, .integer(book.touched), .integer(book.lastToken), .integer(book.number),
                .text(book.verdict.rawValue), .optional(book.decidedAt), .integer(Int64(book.successes)),
                .integer(Int64(book.failures)), .optional(book.refusedAt), .optional(book.blockedUntil),
                .integer(book.usedAt), .integer(book.keptUntil), .optional(book.recoveredAt),
            ])
        try session.execute("DELETE FROM sage_state_leases WHERE breaker = $1", [key])
        for lease in book.leases {
            try session.execute(
                "INSERT INTO sage_state_leases (breaker, token, holder, expires, round) VALUES ($1, $2, $3, $4, $5)",
                [
                    key, .integer(lease.token), Self.bytes(lease.holder), .integer(lease.expires),
                    .integer(lease.round),
                ])
        }
        // What is forgotten was last changed long ago, so that hardly any operation finds something.
        let old: [SQLValue] = [.integer(book.touched)]
        try session.execute(
            """
            DELETE FROM sage_state_leases WHERE breaker IN (SELECT breaker FROM sage_state_probes WHERE kept_until <= $1)
            """, old)
        try session.execute("DELETE FROM sage_state_probes WHERE kept_until <= $1", old)
    }
}

extension ProbeBook {
    init(_ row: SQLRow, leases: [SQLRow]) {
        self.init(now: StoreInstant(microseconds: row.number("touched")))
        lastToken = row.number("last_token")
        number = row.number("number")
        verdict = row["verdict"].text.flatMap(ProbeRound.Verdict.init) ?? .undecided
        decidedAt = row["decided_at"].integer
        recoveredAt = row["recovered_at"].integer
        successes = Int(row.number("successes"))
        failures = Int(row.number("failures"))
        refusedAt = row["refused_at"].integer
        blockedUntil = row["blocked_until"].integer
        usedAt = row.number("used_at")
        self.leases = leases.map {
            Entry(
                token: $0.number("token"), holder: StateTables.name($0["holder"]), expires: $0.number("expires"),
                round: $0.number("round"))
        }
    }
}
