import SageStorage

/// One transaction over the tables of conversations; lives as long as the closure that it is handed to.
struct LogTransaction {
    let sql: any SQLSession
    let limits: ConversationStoreConfiguration
    let environment: StoreEnvironment
    /// This store's id among the owners.
    let owner: String
    /// The claims of this store that nobody holds any more.
    let abandoned: Set<String>
    /// Milliseconds since 1970, the same for the whole transaction.
    let now: Int64

    /// Locks what is read until the transaction ends; SQLite has one writer at a time anyhow.
    var isLocking: Bool { sql.dialect == .postgres }

    /// The row of a conversation, locked; nil when there is none.
    func lock(_ id: String) throws -> SessionRow? {
        let row = try sql.fetchRow(
            isLocking
                ? "SELECT \(SessionRow.columns) FROM sage_sessions WHERE id = $1 FOR UPDATE"
                : "SELECT \(SessionRow.columns) FROM sage_sessions WHERE id = $1", [.text(id)])
        return try row.map(checked)
    }

    /// The row of a conversation, by its number, locked; nil when there is none.
    func lock(number: Int64) throws -> SessionRow? {
        try sql.fetchRow(
            "SELECT \(SessionRow.columns) FROM sage_sessions WHERE num = $1 \(isLocking ? "FOR UPDATE" : "")",
            [.integer(number)]
        ).map(checked)
    }

    /// The row of a conversation; nil when there is none.
    func find(_ id: String) throws -> SessionRow? {
        try sql.fetchRow("SELECT \(SessionRow.columns) FROM sage_sessions WHERE id = $1", [.text(id)]).map(checked)
    }

    /// The row of a conversation, made if there is none, and locked.
    func lockOrCreate(_ id: String) throws -> SessionRow { try lockOrMake(id).row }

    /// The row of a conversation, made if there is none, and locked; and whether it was made by this transaction.
    func lockOrMake(_ id: String) throws -> (row: SessionRow, isNew: Bool) {
        if let row = try lock(id) { return (row, false) }
        let made = try sql.execute(
            """
            INSERT INTO sage_sessions (id, created, updated, status, epoch, last_seq, messages, bytes)
            VALUES ($1, $2, $3, 0, 0, 0, 0, 0) ON CONFLICT (id) DO NOTHING
            """, [.text(id), .integer(now), .integer(now)])
        guard let row = try lock(id) else {
            // Only a conversation that another transaction makes and removes at this moment ends here.
            throw SessionError.conflict(session: id, reason: "it was deleted just now")
        }
        return (row, made == 1)
    }

    // MARK: - Entries

    static let entryColumns = "e.seq, e.id, e.kind, e.payload, e.blob, e.epoch, e.created, e.checksum, b.data"
    static let entrySource = "sage_entries e LEFT JOIN sage_blobs b ON b.hash = e.blob"

    /// Adds entries after the last one of a conversation, whose row is locked and brought up to date.
    ///
    /// - Throws: ``SessionError/invalidValue(field:value:allowed:)`` when there is no place left for them.
    func append(_ drafts: [EntryDraft], to row: inout SessionRow) throws -> [LogEntry] {
        var entries: [LogEntry] = []
        entries.reserveCapacity(drafts.count)
        for draft in drafts {
            let seq = draft.seq ?? row.lastSequence + 1
            guard seq > row.lastSequence, LogEntry.places.contains(seq) else {
                throw SessionError.invalidValue(
                    field: "seq", value: "\(seq)", allowed: "\(row.lastSequence + 1) to \(LogEntry.places.upperBound)")
            }
            let entry = LogEntry(
                seq: seq, id: draft.id, kind: draft.kind, payload: draft.payload, epoch: draft.epoch ?? row.epoch,
                createdAt: draft.createdAt ?? now)
            try insert(entry, hash: draft.hash, of: row.number)
            entries.append(entry)
            row.lastSequence = seq
            row.epoch = max(row.epoch, entry.epoch)
            row.messages += draft.messages
            row.bytes += draft.bytes
        }
        row.updated = max(row.updated, now)
        return entries
    }

    /// Writes an entry to its table.
    func insert(_ entry: LogEntry, hash: [UInt8]?, of session: Int64) throws {
        if let hash { try keepBlob(hash, entry.payload) }
        try sql.execute(
            """
            INSERT INTO sage_entries (session, seq, id, kind, payload, blob, epoch, created, checksum)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            [
                .integer(session), .integer(entry.seq), .text(entry.id), .text(entry.kind),
                hash == nil ? .blob(entry.payload) : .null, .optional(hash), .integer(entry.epoch),
                .integer(entry.createdAt), .integer(Int64(entry.checksum)),
            ])
    }

    /// The entry of a name; nil when there is none.
    func entry(named id: String, of session: Int64) throws -> StoredEntry? {
        try sql.fetchRow(
            "SELECT \(Self.entryColumns) FROM \(Self.entrySource) WHERE e.session = $1 AND e.id = $2",
            [.integer(session), .text(id)]
        ).map { StoredEntry($0) }
    }

    /// The entry at a place; nil when there is none.
    func entry(at seq: Int64, of session: Int64) throws -> StoredEntry? {
        try sql.fetchRow(
            "SELECT \(Self.entryColumns) FROM \(Self.entrySource) WHERE e.session = $1 AND e.seq = $2",
            [.integer(session), .integer(seq)]
        ).map { StoredEntry($0) }
    }

    /// Keeps a large payload, or one more reference to it.
    private func keepBlob(_ hash: [UInt8], _ data: [UInt8]) throws {
        let kept = try sql.fetchValue("SELECT data FROM sage_blobs WHERE hash = $1", [.blob(hash)])
        if kept.blob == data {
            let counted = try sql.execute("UPDATE sage_blobs SET refs = refs + 1 WHERE hash = $1", [.blob(hash)])
            if counted == 1 { return }
        }
        // Content that does not fit its hash is damaged: what is written now mends it for all who refer to it.
        try sql.execute(
            """
            INSERT INTO sage_blobs (hash, data, refs) VALUES ($1, $2, 1)
            ON CONFLICT (hash) DO UPDATE SET refs = sage_blobs.refs + 1, data = excluded.data
            """, [.blob(hash), .blob(data)])
    }

    // MARK: - The conversation's row

    /// Writes what ``append(_:to:)`` has counted, and who owns the conversation.
    func save(_ row: SessionRow) throws {
        try sql.execute(
            """
            UPDATE sage_sessions SET updated = $2, status = $3, epoch = $4, last_seq = $5, messages = $6, bytes = $7,
                turn = $8, owner = $9, claim = $10, created = $11
            WHERE num = $1
            """,
            [
                .integer(row.number), .integer(row.updated), .integer(row.status), .integer(row.epoch),
                .integer(row.lastSequence), .integer(row.messages), .integer(row.bytes), .optional(row.turn),
                .optional(row.owner), .optional(row.claim), .integer(row.created),
            ])
    }

    /// Removes a conversation with everything that belongs to it alone.
    func remove(_ row: SessionRow) throws {
        let number: [SQLValue] = [.integer(row.number)]
        // In the order of their hashes, so that two transactions cannot wait for each other.
        let blobs = try sql.fetch(
            """
            SELECT blob, COUNT(*) FROM sage_entries WHERE session = $1 AND blob IS NOT NULL GROUP BY blob ORDER BY blob
            """, number)
        try sql.execute("DELETE FROM sage_entries WHERE session = $1", number)
        try sql.execute("DELETE FROM sage_turn_keys WHERE session = $1", number)
        try sql.execute("DELETE FROM sage_quarantine WHERE session = $1", number)
        try sql.execute("DELETE FROM sage_sessions WHERE num = $1", number)
        for blob in blobs {
            try sql.execute("UPDATE sage_blobs SET refs = refs - $2 WHERE hash = $1", [blob[0], blob[1]])
            try sql.execute("DELETE FROM sage_blobs WHERE hash = $1 AND refs <= 0", [blob[0]])
        }
    }
}
