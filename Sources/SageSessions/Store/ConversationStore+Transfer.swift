import SageStorage

extension ConversationStore {
    /// What came of bringing a conversation in.
    public struct Imported: Sendable, Hashable {
        /// The id of the conversation.
        public var session: String
        /// How many messages it has.
        public var messageCount: Int
        /// What was changed on the way.
        public var report: ImportReport
    }

    /// Makes a conversation of a file, all of it or nothing.
    ///
    /// - Parameters:
    ///   - bytes: The file.
    ///   - format: Its format. Defaults to what it looks like.
    ///   - session: The id of the new conversation. Defaults to the one that the file names, or a new one.
    ///   - limits: What the file may bring at most.
    /// - Returns: The id of the conversation, and what was changed on the way.
    /// - Throws: ``FormatError`` for a file that cannot be read, ``SessionError/conflict(session:reason:)`` when the id is
    ///   taken, ``SessionError``; `StorageError`.
    @discardableResult
    public func importConversation(
        _ bytes: [UInt8], format: ConversationFormat? = nil, as session: String? = nil,
        limits: ImportLimits = ImportLimits()
    ) async throws -> Imported {
        guard let format = format ?? ConversationFormat.detect(bytes) else {
            throw SessionError.invalidValue(
                field: "format", value: "unknown",
                allowed: ConversationFormat.allCases.map(\.rawValue).joined(separator: ", "))
        }
        let conversation = try ConversationImport.read(bytes, format: format, limits: limits)
        return try await importConversation(
            conversation, as: session ?? conversation.sessionID ?? environment.identifiers())
    }

    /// Makes a conversation of one that was read from a file, all of it or nothing.
    ///
    /// The entries of a complete export keep their places, names, times and checksums, so that what names a place means
    /// what it meant, and a place that is missing in the file is missing here. Those of other formats get places, and
    /// keep their names and times as far as the file has any. A turn that is unfinished in the file, or that the file
    /// says was interrupted, is interrupted, and can be resumed.
    ///
    /// - Parameters:
    ///   - conversation: What was read.
    ///   - id: The id of the new conversation.
    /// - Returns: The id of the conversation, and what was changed on the way.
    /// - Throws: ``SessionError/conflict(session:reason:)`` when the id is taken,
    ///   ``SessionError/tooLarge(field:bytes:allowed:)``; `StorageError`.
    @discardableResult
    public func importConversation(
        _ conversation: ImportedConversation, as id: String
    ) async throws -> Imported {
        try Self.checkID(id)
        let mark = environment.identifiers()
        var report = conversation.report
        let drafts = try drafts(of: conversation, turn: mark, &report)
        let bytes = drafts.reduce(0) { $0 + $1.bytes }
        guard bytes <= Int64(configuration.maxSessionBytes) else {
            throw SessionError.tooLarge(
                field: "session", bytes: Int(clamping: bytes), allowed: configuration.maxSessionBytes)
        }
        try await write { try $0.bring(drafts, as: id, mark: mark) }
        return Imported(
            session: id, messageCount: Int(clamping: drafts.reduce(0) { $0 + $1.messages }), report: report)
    }

    /// What is to be written of a conversation.
    ///
    /// - Parameters:
    ///   - turn: The id of a turn of which the file says only that it was interrupted.
    ///   - report: Tells what was changed.
    private func drafts(
        of conversation: ImportedConversation, turn: String, _ report: inout ImportReport
    ) throws -> [EntryDraft] {
        var names: Set<ExactText> = []
        // An id that cannot be one, or comes twice, is no reason to lose what was said.
        func name(_ wanted: String?, at place: @autoclosure () -> String) -> String {
            guard let wanted else { return environment.identifiers() }
            if (try? Self.checkID(wanted)) != nil, names.insert(ExactText(wanted)).inserted { return wanted }
            report.add(.refusedID, at: place())
            return environment.identifiers()
        }
        if !conversation.log.isEmpty {
            return try conversation.log.map { entry in
                let name = name(entry.id, at: "entry \(entry.seq)")
                let (draft, isCleaned) = try EntryDraft.of(entry, named: name, limits: configuration)
                if isCleaned { report.add(.cleanedText, at: "entry \(entry.seq)") }
                return draft
            }
        }
        var drafts = try conversation.entries.enumerated().map { index, entry in
            var draft = try EntryDraft(
                id: name(entry.id, at: "entry \(index + 1)"), entry.payload, limits: configuration)
            draft.createdAt = entry.createdAt
            return draft
        }
        if conversation.isInterrupted {
            // What was broken off is the answer to the last question.
            let question = conversation.entries.lastIndex { entry in
                if case .message(let message) = entry.payload { message.role == .user } else { false }
            }
            let began = EntryPayload.turnBegan(turn: turn, idempotencyKey: nil, fingerprint: nil, model: nil)
            drafts.insert(
                try EntryDraft(id: TurnRequest.nameOfBeginning(turn), began, limits: configuration),
                at: question ?? drafts.count)
            var interrupted = try EntryDraft(
                id: environment.identifiers(), .interrupted(turn: turn, reason: "imported"), limits: configuration)
            interrupted.createdAt = conversation.interruptedAt
            drafts.append(interrupted)
        }
        return drafts
    }

    /// Writes a conversation as a file.
    ///
    /// Entries that are damaged or missing are not in it; ``load(session:)`` tells about them.
    ///
    /// - Parameters:
    ///   - session: The id of the conversation.
    ///   - format: The format; not ``ConversationFormat/claude``, which can only be read.
    ///   - options: How; what they leave open is filled in: the id, the present, the moment of the interruption.
    /// - Throws: ``FormatError``, ``SessionError/notFound(session:)``; `StorageError`.
    public func exportConversation(
        session: String, format: ConversationFormat,
        options: ConversationExport.Options = ConversationExport.Options()
    ) async throws -> [UInt8] {
        let loaded = try await load(session: session)
        var options = options
        options.sessionID = options.sessionID ?? session
        if !options.isFaithful { options.savedAt = options.savedAt ?? environment.wallTime() }
        if options.interruptedAt == nil, loaded.summary.state == .interrupted {
            options.interruptedAt =
                loaded.decoded.last { entry in
                    if case .interrupted = entry.payload { true } else { false }
                }?.createdAt
                ?? loaded.summary.updated
        }
        return try ConversationExport.write(loaded.entries, format: format, options: options)
    }
}

extension LogTransaction {
    /// Makes a conversation of entries.
    ///
    /// - Parameters:
    ///   - drafts: The entries.
    ///   - id: The id of the conversation.
    ///   - mark: A name that was chosen before the transaction and that nothing else has.
    func bring(_ drafts: [EntryDraft], as id: String, mark: String) throws {
        var (row, isNew) = try lockOrMake(id)
        guard isNew else {
            // An earlier run of this transaction may have made it, and others have written to it since.
            let own = try sql.fetchRow(
                "SELECT turn FROM sage_turn_keys WHERE session = $1 AND key = $2", [.integer(row.number), .text(mark)])
            guard own == nil else { return }
            throw SessionError.conflict(session: id, reason: "the id is taken")
        }
        _ = try append(drafts, to: &row)
        try sql.execute(
            """
            INSERT INTO sage_turn_keys (session, key, turn, message_seq, created) VALUES ($1, $2, $3, $4, $5)
            """, [.integer(row.number), .text(mark), .text(mark), .integer(row.lastSequence), .integer(now)])
        if let open = try openTurn(of: row)?.turn {
            row.turn = (try? ConversationStore.checkID(open)) == nil ? mark : open
            if try endsInterrupted(row) {
                row.status = SessionSchema.Status.interrupted
            } else {
                try recordInterruption(of: &row, reason: "imported")
            }
        }
        try save(row)
    }
}
