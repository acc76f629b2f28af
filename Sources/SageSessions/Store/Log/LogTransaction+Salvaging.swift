import SageStorage

extension LogTransaction {
    /// A conversation's row as it was read; what is damaged of it, the entries tell.
    ///
    /// - Throws: ``SessionError/damaged(session:reason:)`` for a row that does not even say which conversation it is.
    func checked(_ row: SQLRow) throws -> SessionRow {
        let found = try SessionRow(row) { try salvaged(row[0].integer ?? 0, row[1].text ?? "") }
        guard let found else {
            throw SessionError.damaged(session: row[1].text ?? "", reason: "its row holds values of other kinds")
        }
        return found
    }

    /// What the entries of a conversation say of it; where they say nothing, the present.
    private func salvaged(_ number: Int64, _ id: String) throws -> SessionRow {
        let found = try sql.fetchRow(
            """
            SELECT MAX(seq), MAX(epoch), MIN(created), MAX(created) FROM sage_entries
            WHERE session = $1 AND seq BETWEEN $2 AND $3 AND epoch BETWEEN $4 AND $5
            """,
            [
                .integer(number), .integer(LogEntry.places.lowerBound), .integer(LogEntry.places.upperBound),
                .integer(LogEntry.epochs.lowerBound), .integer(LogEntry.epochs.upperBound),
            ])
        var row = SessionRow(
            number: number, id: id, created: found?[2].integer ?? now, updated: found?[3].integer ?? now,
            epoch: found?[1].integer ?? 0, lastSequence: found?[0].integer ?? 0)
        try count(&row)
        if let turn = try openTurn(of: row)?.turn {
            row.turn = turn
            // Whoever still owns the turn shows in the columns that are whole.
            row.status =
                try endsInterrupted(row) ? SessionSchema.Status.interrupted : SessionSchema.Status.open
        }
        return row
    }

    /// Whether the log says last of its turn that it was interrupted: what stands after that, if anything, is about the
    /// log and not about the turn.
    func endsInterrupted(_ row: SessionRow) throws -> Bool {
        try sql.fetchValue(
            """
            SELECT kind FROM sage_entries
            WHERE session = $1 AND kind NOT IN ('repair', 'compaction', 'forked', 'imported', 'note')
            ORDER BY seq DESC LIMIT 1
            """, [.integer(row.number)]
        ).text == "interrupted"
    }
}
