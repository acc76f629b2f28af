import SageStorage

extension ConversationStore {
    /// Begins a turn: writes down that it begins and the message that it answers, and takes the conversation over.
    ///
    /// The conversation is made if there is none of this id. A turn that was interrupted does not stand in the way of
    /// another message: it stays in the log as interrupted, and its partial answer in the view. Only with its own
    /// idempotency key is it found again, see ``TurnStart/interrupted``.
    ///
    /// A key whose turn failed or was cancelled is free again. The same message asked again, with or without a key, is not
    /// written twice as long as nothing has come after it: clients repeat by themselves what was refused.
    ///
    /// - Parameters:
    ///   - session: The id of the conversation: any text without NUL, 1 to 1,024 bytes.
    ///   - message: What is to be answered. NUL characters are taken out of its texts.
    ///   - idempotencyKey: A text that means this message, within this conversation, for 24 hours. Defaults to none.
    ///   - fingerprint: What the key was used for; the same key with another one is a conflict. Defaults to none.
    ///   - model: The model that was asked for. Defaults to none.
    /// - Returns: The open turn, or why there is none.
    /// - Throws: ``SessionError``, `StorageError`, or a rejection of the database's policies.
    public func beginTurn(
        session: String, message: Message, idempotencyKey: String? = nil, fingerprint: String? = nil,
        model: String? = nil
    ) async throws -> TurnStart {
        try Self.checkID(session)
        if let idempotencyKey { try Self.checkID(idempotencyKey, "idempotency_key") }
        let claim = environment.identifiers()
        let fingerprint = fingerprint?.cleaned
        let began = EntryPayload.turnBegan(
            turn: claim, idempotencyKey: idempotencyKey, fingerprint: fingerprint, model: model)
        let request = TurnRequest(
            session: session, claim: claim, key: idempotencyKey, fingerprint: fingerprint,
            began: try EntryDraft(id: TurnRequest.nameOfBeginning(claim), began, limits: configuration),
            message: try EntryDraft(id: "\(claim).1", .message(message), limits: configuration))
        let outcome = try await guardingClaim(claim) {
            try await self.write { try $0.begin(request) }
        }
        switch outcome {
        case .began(let row, let entries):
            return .began(OpenTurn(self, row, turn: claim, entries: entries))
        case .finished(let entry): return .finished(entry)
        case .running: return .running
        case .interrupted: return .interrupted
        }
    }

    /// Goes on with the turn that was interrupted: takes the conversation over under a new epoch.
    ///
    /// Of several that race for it exactly one gets it.
    ///
    /// - Parameter session: The id of the conversation.
    /// - Returns: The same turn, open again; its user message and what was kept of the answer stand in the log.
    /// - Throws: ``SessionError/nothingToResume(session:)``, ``SessionError/running(session:)`` when a turn is under way,
    ///   which a resume is too, ``SessionError/notFound(session:)``; `StorageError`.
    public func resume(session: String) async throws -> OpenTurn {
        try Self.checkID(session)
        let claim = environment.identifiers()
        let row = try await guardingClaim(claim) {
            try await self.write { transaction throws -> SessionRow in
                guard var row = try transaction.lock(session) else { throw SessionError.notFound(session: session) }
                if row.claim == claim { return row }
                switch row.status {
                case SessionSchema.Status.idle: throw SessionError.nothingToResume(session: session)
                case SessionSchema.Status.open:
                    guard let reason = try transaction.interruption(of: row) else {
                        throw SessionError.running(session: session)
                    }
                    try transaction.recordInterruption(of: &row, reason: reason)
                default: break
                }
                try transaction.take(&row, claim: claim)
                try transaction.save(row)
                return row
            }
        }
        return OpenTurn(self, row, turn: row.turn ?? claim, entries: [])
    }

    /// Runs what may leave a claim in the database without anybody holding it, when its commit's outcome is unknown.
    private func guardingClaim<Value>(
        _ claim: String, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch {
            // Also a cancelled caller, whose transaction may have been committed by then.
            if !(error is SessionError) { claims.abandon(claim, at: environment.uptime()) }
            throw error
        }
    }
}

/// What a turn is to begin with.
struct TurnRequest: Sendable {
    var session: String
    var claim: String
    var key: String?
    var fingerprint: String?
    var began: EntryDraft
    var message: EntryDraft

    /// The name of the entry that begins a turn.
    static func nameOfBeginning(_ turn: String) -> String { "\(turn).0" }
}

/// What came of it inside of the transaction.
enum TurnOutcome: Sendable {
    case began(SessionRow, [LogEntry])
    case finished(LogEntry)
    case running
    case interrupted
}

extension LogTransaction {
    /// Gives a conversation to the holder of a claim.
    ///
    /// - Throws: ``SessionError/damaged(session:reason:)`` when there is no epoch left, which only damage explains.
    func take(_ row: inout SessionRow, claim: String) throws {
        guard row.epoch < LogEntry.epochs.upperBound else {
            throw SessionError.damaged(session: row.id, reason: "its epoch is \(row.epoch)")
        }
        row.status = SessionSchema.Status.open
        row.epoch += 1
        row.owner = owner
        row.claim = claim
    }

    /// Begins a turn, unless something is in the way.
    func begin(_ request: TurnRequest) throws -> TurnOutcome {
        var row = try lockOrCreate(request.session)
        if row.claim == request.claim { return .began(row, try entries(of: request, in: row)) }
        let known = try request.key.flatMap { try turn(of: $0, in: row) }
        if let known, let first = known.fingerprint, let second = request.fingerprint,
            !first.hasSameBytes(as: second)
        {
            throw SessionError.conflict(
                session: request.session, reason: "its idempotency key was used for another message")
        }
        if let known, let ended = known.endedSequence, let answer = try answer(at: ended, of: row) {
            return .finished(answer)
        }
        if row.status == SessionSchema.Status.open {
            guard let reason = try interruption(of: row) else { return .running }
            try recordInterruption(of: &row, reason: reason)
            try save(row)
        }
        if row.status == SessionSchema.Status.interrupted, let known, known.turn == row.turn { return .interrupted }
        guard row.bytes <= Int64(limits.maxSessionBytes) else {
            throw SessionError.tooLarge(
                field: "session", bytes: Int(clamping: row.bytes), allowed: limits.maxSessionBytes)
        }
        let written =
            try known.flatMap { try message(of: $0, in: row, if: request.message) }
            ?? unanswered(request.message, in: row)
        row.turn = request.claim
        try take(&row, claim: request.claim)
        let entries = try append(written == nil ? [request.began, request.message] : [request.began], to: &row)
        try save(row)
        if let key = request.key { try remember(key, request, message: written ?? row.lastSequence, in: row) }
        return .began(row, entries)
    }

    /// What a transaction of the same request wrote before.
    private func entries(of request: TurnRequest, in row: SessionRow) throws -> [LogEntry] {
        try [request.began.id, request.message.id].compactMap { id in
            if case .intact(let entry) = try entry(named: id, of: row.number) { entry } else { nil }
        }
    }

    // MARK: - Idempotency keys

    /// What is remembered of a key.
    struct KnownTurn {
        var turn: String
        var fingerprint: String?
        var messageSequence: Int64
        var endedSequence: Int64?
    }

    private func turn(of key: String, in row: SessionRow) throws -> KnownTurn? {
        let found = try sql.fetchRow(
            """
            SELECT turn, fingerprint, message_seq, ended_seq, created FROM sage_turn_keys
            WHERE session = $1 AND key = $2
            """, [.integer(row.number), .text(key)])
        guard let found, let turn = found[0].text, let message = found[2].integer, let created = found[4].integer
        else { return nil }
        // The open turn is never forgotten, however long it takes.
        guard turn == row.turn || now - created < limits.idempotencyLifetime.wholeMilliseconds else { return nil }
        return KnownTurn(
            turn: turn, fingerprint: found[1].text, messageSequence: message, endedSequence: found[3].integer)
    }

    private func remember(_ key: String, _ request: TurnRequest, message: Int64, in row: SessionRow) throws {
        try sql.execute(
            """
            INSERT INTO sage_turn_keys (session, key, fingerprint, turn, message_seq, created)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (session, key) DO UPDATE SET fingerprint = excluded.fingerprint, turn = excluded.turn,
                message_seq = excluded.message_seq, created = excluded.created, ended_seq = NULL
            """,
            [
                .integer(row.number), .text(key), .optional(request.fingerprint), .text(request.claim),
                .integer(message), .integer(now),
            ])
    }

    /// The entry that completed a turn; nil if it did not complete it.
    private func answer(at seq: Int64, of row: SessionRow) throws -> LogEntry? {
        switch try entry(at: seq, of: row.number) {
        case .intact(let entry):
            guard case .turnEnded(let end)? = try? entry.decoded().payload else { return nil }
            return end.outcome == .completed ? entry : nil
        case .damaged(let damaged):
            // Answering anew would let the caller pay twice for what it was told is done.
            throw SessionError.damaged(session: row.id, reason: "entry \(seq), the answer: \(damaged.reason)")
        case nil:
            throw SessionError.damaged(session: row.id, reason: "entry \(seq), the answer, is missing")
        }
    }

    /// The place of a turn's message, if the turn ended without an answer and nothing has come since, so that the message
    /// still stands for the same one.
    private func message(of known: KnownTurn, in row: SessionRow, if draft: EntryDraft) throws -> Int64? {
        guard known.endedSequence == row.lastSequence,
            case .intact(let written)? = try entry(at: known.messageSequence, of: row.number),
            written.kind == draft.kind, written.payload == draft.payload
        else { return nil }
        return written.seq
    }

    /// The place of a message at the end of the log whose turns have all ended without an answer.
    private func unanswered(_ draft: EntryDraft, in row: SessionRow) throws -> Int64? {
        guard row.status == SessionSchema.Status.idle else { return nil }
        for seq in (max(1, row.lastSequence - 63)...max(1, row.lastSequence)).reversed() {
            guard case .intact(let entry)? = try entry(at: seq, of: row.number) else { return nil }
            if entry.kind == draft.kind {
                return seq < row.lastSequence && entry.payload == draft.payload ? seq : nil
            }
            switch try entry.decoded().payload {
            case .turnEnded(let end) where end.outcome != .completed: continue
            case .turnBegan where seq < row.lastSequence: continue
            case .partial: continue
            default: return nil
            }
        }
        return nil
    }
}
