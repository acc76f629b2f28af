import SageStorage

extension LogTransaction {
    /// Adds entries of an open turn, all or none.
    ///
    /// - Parameters:
    ///   - drafts: The entries.
    ///   - turn: Whose right to write is checked in the same statement that makes room for them.
    ///   - mayBeThere: Whether some of them may have been written before.
    func append(_ drafts: [EntryDraft], by turn: WriteRight, mayBeThere: Bool) throws -> [LogEntry] {
        guard mayBeThere else { return try add(drafts, by: turn) }
        // The lock comes first: another run of the same append may be under way.
        try add([], by: turn)
        var known: [ExactText: LogEntry] = [:]
        for draft in drafts {
            switch try entry(named: draft.id, of: turn.number) {
            case nil: break
            case .intact(let entry):
                guard entry.kind == draft.kind, entry.payload == draft.payload else {
                    throw SessionError.conflict(
                        session: turn.session, reason: "an entry of the same id says something else")
                }
                known[ExactText(draft.id)] = entry
            case .damaged(let damaged):
                throw SessionError.damaged(session: turn.session, reason: "an entry of the same id: \(damaged.reason)")
            }
        }
        let added = try add(drafts.filter { known[ExactText($0.id)] == nil }, by: turn)
        for entry in added { known[ExactText(entry.id)] = entry }
        return drafts.compactMap { known[ExactText($0.id)] }
    }

    /// Ends a turn with an entry.
    func finish(_ draft: EntryDraft, by turn: WriteRight, _ status: Int64) throws -> LogEntry {
        let entries: [LogEntry]
        do {
            entries = try add([draft], by: turn)
        } catch let refusal as SessionError {
            // The name of the entry is new, so it is there only if this transaction was committed before. That shows for
            // certain only after the conversation's lock was waited for: its commit may have been under way until then.
            if case .intact(let entry)? = try entry(named: draft.id, of: turn.number) { return entry }
            throw refusal
        }
        guard let entry = entries.first else { throw SessionError.turnEnded(session: turn.session) }
        try sql.execute(
            status == SessionSchema.Status.idle
                ? "UPDATE sage_sessions SET status = 0, owner = NULL, claim = NULL, turn = NULL WHERE num = $1"
                : "UPDATE sage_sessions SET status = 2, owner = NULL, claim = NULL WHERE num = $1",
            [.integer(turn.number)])
        if status == SessionSchema.Status.idle {
            try sql.execute(
                "UPDATE sage_turn_keys SET ended_seq = $3 WHERE session = $1 AND turn = $2",
                [.integer(turn.number), .text(turn.turn), .integer(entry.seq)])
        }
        return entry
    }

    /// Makes room after the last entry if the turn is still the owner's, and fills it.
    @discardableResult
    private func add(_ drafts: [EntryDraft], by turn: WriteRight) throws -> [LogEntry] {
        let bytes = drafts.reduce(0) { $0 + $1.bytes }
        let messages = drafts.reduce(0) { $0 + $1.messages }
        let room = try sql.fetchRow(
            """
            UPDATE sage_sessions SET last_seq = last_seq + $4, messages = messages + $5, bytes = bytes + $6,
                updated = CASE WHEN updated > $7 THEN updated ELSE $7 END
            WHERE num = $1 AND epoch = $2 AND claim = $3 AND status = 1
            RETURNING last_seq
            """,
            [
                .integer(turn.number), .integer(turn.epoch), .text(turn.claim), .integer(Int64(drafts.count)),
                .integer(messages), .integer(bytes), .integer(now),
            ])
        guard let last = room?[0].integer else { throw try refusal(of: turn) }
        guard LogEntry.places.contains(last) || drafts.isEmpty else {
            throw SessionError.invalidValue(
                field: "seq", value: "\(last)", allowed: "up to \(LogEntry.places.upperBound)")
        }
        var entries: [LogEntry] = []
        entries.reserveCapacity(drafts.count)
        for (index, draft) in drafts.enumerated() {
            let entry = LogEntry(
                seq: last - Int64(drafts.count - index - 1), id: draft.id, kind: draft.kind, payload: draft.payload,
                epoch: turn.epoch, createdAt: now)
            try insert(entry, hash: draft.hash, of: turn.number)
            entries.append(entry)
        }
        return entries
    }

    /// Why a turn may not write any more.
    private func refusal(of turn: WriteRight) throws -> SessionError {
        let row = try sql.fetchRow(
            "SELECT epoch, status FROM sage_sessions WHERE num = $1", [.integer(turn.number)])
        guard let row else { return .notFound(session: turn.session) }
        guard row[0].integer == turn.epoch, row[1].integer == SessionSchema.Status.idle else {
            return .fenced(session: turn.session)
        }
        return .turnEnded(session: turn.session)
    }
}
