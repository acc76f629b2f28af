import SageStorage

extension ConversationStore {
    /// Begins another conversation as a copy of this one up to an entry.
    ///
    /// The copy is whole: it does not depend on what it was copied from; large contents are stored once for both. A copy
    /// that ends within a turn is interrupted, and can be resumed.
    ///
    /// - Parameters:
    ///   - session: The id of the conversation.
    ///   - seq: The last entry to be copied; 0 for none. Defaults to the latest.
    ///   - id: The id of the new conversation. Defaults to a new one.
    /// - Returns: The id of the new conversation.
    /// - Throws: ``SessionError/notFound(session:)``, ``SessionError/conflict(session:reason:)`` when the new id is taken,
    ///   ``SessionError/invalidValue(field:value:allowed:)`` for a place that is not in the log; `StorageError`.
    @discardableResult
    public func fork(session: String, at seq: Int64? = nil, as id: String? = nil) async throws -> String {
        try Self.checkID(session)
        let copy = id ?? environment.identifiers()
        try Self.checkID(copy, "new_session_id")
        let mark = environment.identifiers()
        try await write { try $0.fork(session, at: seq, as: copy, mark: mark) }
        return copy
    }

    /// Removes a conversation and everything that belongs to it alone.
    ///
    /// - Parameters:
    ///   - session: The id of the conversation.
    ///   - evenIfRunning: Whether it is removed while a turn is under way, which then finds no conversation any more.
    ///     Defaults to true.
    /// - Throws: ``SessionError/notFound(session:)``, ``SessionError/running(session:)``; `StorageError`.
    public func delete(session: String, evenIfRunning: Bool = true) async throws {
        try Self.checkID(session)
        let attempts = Attempts(isKnown: false)
        try await write { transaction in
            let isRepeated = attempts.next()
            guard let row = try transaction.lock(session) else {
                // What an earlier run of this transaction removed was there.
                guard isRepeated else { throw SessionError.notFound(session: session) }
                return
            }
            if !evenIfRunning, row.status == SessionSchema.Status.open, try transaction.interruption(of: row) == nil {
                throw SessionError.running(session: session)
            }
            try transaction.remove(row)
        }
    }
}

extension LogTransaction {
    func fork(_ session: String, at seq: Int64?, as copy: String, mark: String) throws {
        guard let source = try lock(session) else {
            // It may have been removed since an earlier run of this transaction made the copy.
            if try isMade(lock(copy), mark) { return }
            throw SessionError.notFound(session: session)
        }
        var (row, isNew) = try lockOrMake(copy)
        guard isNew else {
            if try isMade(row, mark) { return }
            throw SessionError.conflict(session: copy, reason: "the id is taken")
        }
        let end = seq ?? source.lastSequence
        guard (0...source.lastSequence).contains(end) else {
            throw SessionError.invalidValue(field: "seq", value: "\(end)", allowed: "0 to \(source.lastSequence)")
        }
        let range: [SQLValue] = [.integer(source.number), .integer(end)]
        try sql.execute(
            """
            INSERT INTO sage_entries (session, seq, id, kind, payload, blob, epoch, created, checksum)
            SELECT CAST($3 AS BIGINT), seq, id, kind, payload, blob, epoch, created, checksum FROM sage_entries
            WHERE session = $1 AND seq <= $2
            """, range + [.integer(row.number)])
        let blobs = try sql.fetch(
            """
            SELECT blob, COUNT(*) FROM sage_entries WHERE session = $1 AND seq <= $2 AND blob IS NOT NULL
            GROUP BY blob ORDER BY blob
            """, range)
        for blob in blobs {
            try sql.execute("UPDATE sage_blobs SET refs = refs + $2 WHERE hash = $1", [blob[0], blob[1]])
        }
        row.lastSequence = end
        row.epoch = source.epoch
        if end == source.lastSequence {
            row.messages = source.messages
            row.bytes = source.bytes
        } else {
            try count(&row)
        }
        try close(&row, copiedFrom: source, mark: mark)
        try save(row)
    }

    /// Whether an earlier run of this transaction has made a conversation, which is locked, so that this run has waited
    /// for that one's commit: the entry that tells where it comes from has a name that was chosen before both.
    private func isMade(_ row: SessionRow?, _ mark: String) throws -> Bool {
        guard let row else { return false }
        return try entry(named: mark, of: row.number) != nil
    }

    /// Ends the copied part: a turn that is open in it is nobody's.
    private func close(_ row: inout SessionRow, copiedFrom source: SessionRow, mark: String) throws {
        let turn = try openTurn(of: row)?.turn
        let forked = EntryPayload.forked(from: source.id, seq: row.lastSequence)
        _ = try append([EntryDraft(id: mark, forked, limits: limits)], to: &row)
        guard let turn else { return }
        row.turn = turn
        try recordInterruption(of: &row, reason: "forked")
    }

    /// The turn that is begun and not ended in a log, and where it begins; nil when there is none.
    func openTurn(of row: SessionRow) throws -> (turn: String, seq: Int64)? {
        let found = try sql.fetchRow(
            """
            SELECT \(Self.entryColumns) FROM \(Self.entrySource)
            WHERE e.session = $1 AND e.kind IN ('turnBegan', 'turnEnded') ORDER BY e.seq DESC LIMIT 1
            """, [.integer(row.number)])
        guard let found, case .intact(let entry) = StoredEntry(found),
            case .turnBegan(let turn, _, _, _)? = try? entry.decoded().payload
        else { return nil }
        return (turn, entry.seq)
    }

    /// Counts messages and bytes of a conversation anew.
    func count(_ row: inout SessionRow) throws {
        let size = sql.dialect == .postgres ? "OCTET_LENGTH" : "LENGTH"
        let text = sql.dialect == .postgres ? "OCTET_LENGTH(e.id)" : "LENGTH(CAST(e.id AS BLOB))"
        row.bytes =
            try sql.fetchValue(
                """
                SELECT CAST(COALESCE(SUM(COALESCE(\(size)(e.payload), \(size)(b.data), 0) + \(text) + 64), 0) AS BIGINT)
                FROM \(Self.entrySource) WHERE e.session = $1
                """, [.integer(row.number)]
            ).integer ?? 0
        row.messages = 0
        try sql.forEachRow(
            """
            SELECT \(Self.entryColumns) FROM \(Self.entrySource)
            WHERE e.session = $1 AND e.kind IN ('message', 'turnEnded')
            """, [.integer(row.number)]
        ) { found throws(StorageError) in
            guard case .intact(let entry) = StoredEntry(found), let decoded = try? entry.decoded() else { return true }
            if case .message = decoded.payload { row.messages += 1 }
            if case .turnEnded(let end) = decoded.payload, end.answer != nil { row.messages += 1 }
            return true
        }
    }
}
