import SageStorage

extension ConversationStore {
    /// Lets a summary stand for a range of entries in views; the entries stay in the log.
    ///
    /// Within a turn, append a `compaction` entry to it instead.
    ///
    /// - Parameters:
    ///   - session: The id of the conversation.
    ///   - summary: What stands for the range; text is cleaned of NUL.
    ///   - covering: The range, within the log.
    /// - Returns: The entry that was added.
    /// - Throws: ``SessionError/running(session:)`` when a turn is under way,
    ///   ``SessionError/invalidValue(field:value:allowed:)`` for a range that is not in the log, or holds a part of a turn
    ///   that was interrupted: a view has to tell what of it may have been done; `StorageError`.
    @discardableResult
    public func compact(
        session: String, summary: Message, covering: ClosedRange<Int64>
    ) async throws -> LogEntry {
        let payload = EntryPayload.compaction(summary: summary, covers: covering)
        return try await add(to: session) { row, transaction throws in
            let interrupted = try transaction.openTurn(of: row)?.seq
            let last = interrupted.map { $0 - 1 } ?? row.lastSequence
            guard covering.lowerBound >= 1, covering.upperBound <= last else {
                let why = interrupted == nil ? "" : ", behind which a turn was interrupted"
                throw SessionError.invalidValue(
                    field: "covers", value: "\(covering.lowerBound) to \(covering.upperBound)",
                    allowed: last < 1 ? "nothing: the only turn was interrupted" : "within 1 to \(last)\(why)")
            }
            return payload
        }
    }

    /// Lifts a compaction, by a record that says so.
    ///
    /// - Parameters:
    ///   - session: The id of the conversation.
    ///   - seq: The place of the compaction's entry. Defaults to the latest that is in force.
    /// - Returns: The place of the entry whose compaction was lifted.
    /// - Throws: ``SessionError/invalidValue(field:value:allowed:)`` when there is no such compaction in force,
    ///   ``SessionError/running(session:)``; `StorageError`.
    @discardableResult
    public func undoCompaction(session: String, at seq: Int64? = nil) async throws -> Int64 {
        let entry = try await add(to: session) { row, transaction throws in
            let inForce = try transaction.compactions(of: row)
            guard let place = seq ?? inForce.last, inForce.contains(place) else {
                throw SessionError.invalidValue(
                    field: "seq", value: seq.map(String.init) ?? "none",
                    allowed: inForce.isEmpty
                        ? "nothing: no compaction is in force" : inForce.map(String.init).joined(separator: ", "))
            }
            return .compactionUndone(place)
        }
        guard case .repair(_, let detail)? = try? entry.decoded().payload, let place = Int64(detail) else {
            throw SessionError.damaged(session: session, reason: "the record of the undone compaction")
        }
        return place
    }

    /// Adds an entry to a conversation in which no turn is under way.
    private func add(
        to session: String,
        _ payload: @escaping @Sendable (SessionRow, LogTransaction) throws -> EntryPayload
    ) async throws -> LogEntry {
        try Self.checkID(session)
        let name = environment.identifiers()
        return try await write { transaction in
            guard var row = try transaction.lock(session) else { throw SessionError.notFound(session: session) }
            if case .intact(let entry)? = try transaction.entry(named: name, of: row.number) { return entry }
            if row.status == SessionSchema.Status.open {
                guard let reason = try transaction.interruption(of: row) else {
                    throw SessionError.running(session: session)
                }
                try transaction.recordInterruption(of: &row, reason: reason)
            }
            let draft = try EntryDraft(id: name, payload(row, transaction), limits: transaction.limits)
            let entries = try transaction.append([draft], to: &row)
            try transaction.save(row)
            return entries[0]
        }
    }
}

extension LogTransaction {
    /// The places of the compactions that nothing has lifted, in order.
    func compactions(of row: SessionRow) throws -> [Int64] {
        var inForce: [Int64] = []
        try sql.forEachRow(
            """
            SELECT \(Self.entryColumns) FROM \(Self.entrySource)
            WHERE e.session = $1 AND e.kind IN ('compaction', 'repair') ORDER BY e.seq
            """, [.integer(row.number)]
        ) { found throws(StorageError) in
            guard case .intact(let entry) = StoredEntry(found), let decoded = try? entry.decoded() else { return true }
            switch decoded.payload {
            case .compaction: inForce.append(entry.seq)
            case .repair(RepairKind.compactionUndone, let detail): inForce.removeAll { String($0) == detail }
            default: break
            }
            return true
        }
        return inForce
    }
}
