import SageStorage

extension LogTransaction {
    /// The clock by which heartbeats of different hosts are compared, in milliseconds since 1970.
    func leaseTime() throws -> Int64 {
        guard environment.leaseClock == .shared, sql.dialect == .postgres else { return now }
        return try sql.fetchValue("SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint").integer ?? now
    }

    /// Who judges whether owners live, at this moment.
    func judge() throws -> OwnerJudge {
        OwnerJudge(
            own: environment.identity, lease: limits.lease.wholeMilliseconds, now: try leaseTime(),
            uptime: environment.uptime(), processes: environment.processes)
    }

    /// Says that this process lives.
    func beat() throws {
        let identity = environment.identity
        try sql.execute(
            """
            INSERT INTO sage_owners (id, host, boot, process, started, heartbeat, uptime)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (id) DO UPDATE SET heartbeat = excluded.heartbeat, uptime = excluded.uptime
            """,
            [
                .text(owner), .text(identity.host), .text(identity.boot), .integer(identity.process),
                .integer(identity.started), .integer(try leaseTime()), .integer(environment.uptime()),
            ])
    }

    /// All owners that have a row.
    func owners() throws -> [OwnerRecord] {
        try sql.fetch("SELECT \(OwnerRecord.columns) FROM sage_owners").compactMap { OwnerRecord($0) }
    }

    /// Why nobody works on the open turn of a conversation; nil when somebody does.
    func interruption(of row: SessionRow) throws -> String? {
        guard let holder = row.owner, let claim = row.claim else { return "nobody owns it" }
        if holder == owner { return abandoned.contains(claim) ? "given up" : nil }
        let found = try sql.fetchRow("SELECT \(OwnerRecord.columns) FROM sage_owners WHERE id = $1", [.text(holder)])
        guard let found, let record = OwnerRecord(found) else { return "its owner is gone" }
        return try judge().death(of: record)?.rawValue
    }

    /// What a conversation is doing.
    func state(of row: SessionRow) throws -> SessionState {
        switch row.status {
        case SessionSchema.Status.idle: .idle
        case SessionSchema.Status.open: try interruption(of: row) == nil ? .running : .interrupted
        default: .interrupted
        }
    }

    /// Writes down that the open turn of a conversation was broken off; its row stays to be saved.
    func recordInterruption(of row: inout SessionRow, reason: String) throws {
        let draft = try EntryDraft(
            id: environment.identifiers(), .interrupted(turn: row.turn ?? "", reason: reason), limits: limits)
        _ = try append([draft], to: &row)
        row.status = SessionSchema.Status.interrupted
        row.owner = nil
        row.claim = nil
    }

    /// The ids as a text in which one can be looked for, so that statements stay constant however many there are.
    static func list(_ ids: some Sequence<String>) -> String { ids.reduce(into: ",") { $0 += "\($1)," } }

    /// The owners that live, and the claims of this one that nobody holds any more, as parameters of statements.
    func liveness() throws -> (alive: SQLValue, abandoned: SQLValue) {
        let judge = try judge()
        let alive = try owners().filter { $0.id != owner && judge.death(of: $0) == nil }.map(\.id) + [owner]
        return (.text(Self.list(alive)), .text(Self.list(abandoned)))
    }

    /// Whether an open turn has a living owner; `$1` and `$2` are those of ``liveness()``.
    var isAlive: String {
        let find = sql.dialect == .postgres ? "strpos" : "instr"
        return """
            (\(find)($1, ',' || COALESCE(owner, '') || ',') > 0
                AND \(find)($2, ',' || COALESCE(claim, '') || ',') = 0)
            """
    }
}
