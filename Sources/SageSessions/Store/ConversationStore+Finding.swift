import SageStorage

extension ConversationStore {
    /// The entry that began the latest turn of a conversation; nil when no turn of it can be read.
    ///
    /// Reads this turn alone, however long the conversation is.
    ///
    /// - Parameter session: The id of the conversation.
    /// - Throws: ``SessionError/notFound(session:)``; `StorageError`.
    public func latestTurn(session: String) async throws -> DecodedEntry? {
        try Self.checkID(session)
        return try await read { transaction in
            guard let row = try transaction.find(session) else { throw SessionError.notFound(session: session) }
            return try transaction.beginning(of: row) { _ in true }
        }
    }

    /// The entries of one turn, from its beginning to the beginning of the next one; none when there is no such turn.
    ///
    /// Reads this turn alone, however long the conversation is. What is damaged is left out; ``load(session:)`` reports
    /// it.
    ///
    /// - Parameters:
    ///   - session: The id of the conversation.
    ///   - turn: The id of the turn.
    /// - Throws: ``SessionError/notFound(session:)``; `StorageError`.
    public func entries(session: String, turn: String) async throws -> [DecodedEntry] {
        try Self.checkID(session)
        try Self.checkID(turn, "turn")
        return try await read { transaction in
            guard let row = try transaction.find(session) else { throw SessionError.notFound(session: session) }
            return try transaction.entries(of: turn, in: row)
        }
    }
}

extension LogTransaction {
    fileprivate func entries(of turn: String, in row: SessionRow) throws -> [DecodedEntry] {
        guard let first = try beginning(of: turn, in: row) else { return [] }
        var entries = [first]
        try sql.forEachRow(
            "SELECT \(Self.entryColumns) FROM \(Self.entrySource) WHERE e.session = $1 AND e.seq > $2 ORDER BY e.seq",
            [.integer(row.number), .integer(first.seq)]
        ) { found throws(StorageError) in
            guard case .intact(let entry) = StoredEntry(found), let decoded = try? entry.decoded() else { return true }
            if case .turnBegan = decoded.payload { return false }
            entries.append(decoded)
            return true
        }
        return entries
    }

    private func beginning(of turn: String, in row: SessionRow) throws -> DecodedEntry? {
        // So it is called unless it comes from a file in which another entry has this name.
        if case .intact(let entry)? = try entry(named: TurnRequest.nameOfBeginning(turn), of: row.number),
            let decoded = try? entry.decoded(), decoded.begins(turn)
        {
            return decoded
        }
        return try beginning(of: row) { $0.begins(turn) }
    }

    /// The latest beginning of a turn that satisfies a condition.
    fileprivate func beginning(
        of row: SessionRow, where isWanted: (DecodedEntry) -> Bool
    ) throws -> DecodedEntry? {
        var result: DecodedEntry?
        try sql.forEachRow(
            """
            SELECT \(Self.entryColumns) FROM \(Self.entrySource)
            WHERE e.session = $1 AND e.kind = 'turnBegan' ORDER BY e.seq DESC
            """, [.integer(row.number)]
        ) { found throws(StorageError) in
            guard case .intact(let entry) = StoredEntry(found), let decoded = try? entry.decoded(), isWanted(decoded)
            else { return true }
            result = decoded
            return false
        }
        return result
    }
}

extension DecodedEntry {
    fileprivate func begins(_ turn: String) -> Bool {
        if case .turnBegan(let begun, _, _, _) = payload { begun.hasSameBytes(as: turn) } else { false }
    }
}
