import SageStorage

extension ConversationStore {
    /// Lists conversations, the newest first.
    ///
    /// Pages are stable: whatever is written, begun or deleted meanwhile, a conversation that is there from the first page
    /// to the last is listed exactly once.
    ///
    /// - Parameters:
    ///   - selection: Which conversations, by their ids; pages are full whatever else the store holds. Defaults to all.
    ///   - state: What the conversations do; their states are judged as of now. Defaults to all.
    ///   - cursor: ``SessionPage/nextCursor`` of the page before. Defaults to the first page.
    ///   - limit: How many at most, 1 to 1,000. Defaults to 100.
    /// - Throws: ``SessionError/invalidValue(field:value:allowed:)``; `StorageError`.
    public func list(
        _ selection: SessionSelection = .all, state: SessionState? = nil, cursor: String? = nil, limit: Int = 100
    ) async throws -> SessionPage {
        guard (1...1_000).contains(limit) else {
            throw SessionError.invalidValue(field: "limit", value: "\(limit)", allowed: "1 to 1000")
        }
        try selection.validate()
        let before = try Self.place(of: cursor)
        return try await read { try $0.list(selection, state, before: before, limit: limit) }
    }

    /// How many conversations are in each state; 0 for the states that none is in.
    ///
    /// - Throws: `StorageError`.
    public func counts() async throws -> [SessionState: Int] {
        try await read { try $0.counts() }
    }

    /// What a list would tell about one conversation.
    ///
    /// - Parameter session: The id of the conversation.
    /// - Throws: ``SessionError/notFound(session:)``; `StorageError`.
    public func summary(session: String) async throws -> SessionSummary {
        try Self.checkID(session)
        return try await read { transaction in
            guard let row = try transaction.find(session) else { throw SessionError.notFound(session: session) }
            return row.summary(try transaction.state(of: row))
        }
    }

    private static func place(of cursor: String?) throws(SessionError) -> Int64 {
        guard let cursor else { return .max }
        guard cursor.utf8.first == UInt8(ascii: "c"), let place = Int64(cursor.dropFirst(), radix: 36), place > 0
        else {
            throw .invalidValue(field: "cursor", value: cursor, allowed: "a next_cursor of an earlier page")
        }
        return place
    }
}

extension LogTransaction {
    func list(
        _ selection: SessionSelection, _ state: SessionState?, before: Int64, limit: Int
    ) throws -> SessionPage {
        let (alive, abandoned) = try liveness()
        let (selected, texts) = condition(of: selection)
        let condition =
            switch state {
            case nil: ""
            case .idle: "AND status = 0"
            case .running: "AND status = 1 AND is_alive"
            case .interrupted: "AND status <> 0 AND (status = 2 OR NOT is_alive)"
            }
        let rows = try sql.fetch(
            """
            SELECT \(SessionRow.columns), is_alive
            FROM (SELECT \(SessionRow.columns), \(isAlive) AS is_alive FROM sage_sessions) AS sessions
            WHERE num < $3 \(selected) \(condition) ORDER BY num DESC LIMIT $4
            """, [alive, abandoned, .integer(before), .integer(Int64(limit) + 1)] + texts)
        var page = SessionPage(sessions: [], nextCursor: nil)
        var last: Int64 = 0
        for row in rows.prefix(limit) {
            // It is what a page ends with, whatever else can be read of its row.
            last = row[0].integer ?? last
            guard row[1].text != nil else { continue }
            let session = try checked(row)
            let state: SessionState =
                switch session.status {
                case SessionSchema.Status.idle: .idle
                case SessionSchema.Status.open: row[12].integer == 1 ? .running : .interrupted
                default: .interrupted
                }
            page.sessions.append(session.summary(state))
        }
        if rows.count > limit, last > 0 { page.nextCursor = "c" + String(last, radix: 36) }
        return page
    }

    /// The part of a condition that selects conversations by their ids, and its parameters from `$5` on.
    private func condition(of selection: SessionSelection) -> (sql: String, parameters: [SQLValue]) {
        let space = SessionSchema.space(sql.dialect)
        let begins = sql.dialect == .postgres ? "starts_with(id, $5)" : "substr(id, 1, length($5)) = $5"
        return switch selection {
        case .all: ("", [])
        case .space(let text): ("AND \(space) = $5", [.text(text)])
        case .outside(let prefix, nil): ("AND NOT \(begins)", [.text(prefix)])
        case .outside(let prefix, let text?):
            ("AND (NOT \(begins) OR \(space) = $6)", [.text(prefix), .text(text)])
        }
    }

    func counts() throws -> [SessionState: Int] {
        let (alive, abandoned) = try liveness()
        let all = try sql.fetchValue("SELECT COUNT(*) FROM sage_sessions").integer ?? 0
        let unfinished = try sql.fetchValue("SELECT COUNT(*) FROM sage_sessions WHERE status <> 0").integer ?? 0
        let running =
            try sql.fetchValue(
                "SELECT COUNT(*) FROM sage_sessions WHERE status = 1 AND status <> 0 AND \(isAlive)",
                [alive, abandoned]
            ).integer ?? 0
        return [
            .idle: Int(all - unfinished), .running: Int(running), .interrupted: Int(unfinished - running),
        ]
    }
}
