import SageStorage
import Synchronization

/// A turn that is under way, and with it the right to write to its conversation.
///
/// Every write checks that the right still holds: once another writer has taken the conversation over, all of them throw
/// ``SessionError/fenced(session:)``. A handle that is dropped without ``end(answer:outcome:model:target:usage:stopReason:error:)``
/// leaves an interrupted turn. Thread-safe; entries stand in the log in the order in which they were acknowledged.
public final class OpenTurn: Sendable {
    /// The id of the conversation.
    public let session: String
    /// The id of the turn; a resumed turn keeps it.
    public let turn: String
    /// The ownership of the conversation under which this handle writes.
    public let epoch: Int64
    /// What beginning the turn wrote; nothing for one that was resumed.
    public let began: [LogEntry]
    /// The sequence number of the latest entry at the moment when the turn was begun or resumed.
    public let lastSequence: Int64

    let store: ConversationStore
    /// What transactions take instead of the handle, so that none of them keeps it alive.
    private let right: WriteRight
    private let claim: String
    private let hasEnded = Atomic(false)
    private let names = Atomic<Int64>(2)

    init(_ store: ConversationStore, _ row: SessionRow, turn: String, entries: [LogEntry]) {
        self.store = store
        self.session = row.id
        self.turn = turn
        self.epoch = row.epoch
        self.began = entries
        self.lastSequence = row.lastSequence
        self.claim = row.claim ?? ""
        self.right = WriteRight(
            session: row.id, turn: turn, number: row.number, epoch: row.epoch, claim: row.claim ?? "")
    }

    deinit {
        if !hasEnded.load(ordering: .acquiring) { store.abandon(claim) }
    }

    // MARK: - Writing

    /// Adds entries, all or none.
    ///
    /// An entry whose id stands in the conversation already is not added again: with the same content the one that is
    /// there is given back, with another it is a conflict. So an append whose answer was lost can be repeated.
    ///
    /// - Parameters:
    ///   - payloads: What the entries say; text is cleaned of NUL.
    ///   - ids: Their ids, as many; any text without NUL up to 1,024 bytes. Defaults to new ones.
    /// - Returns: The entries with their places in the log.
    /// - Throws: ``SessionError``, `StorageError`, or a rejection of the database's policies.
    @discardableResult
    public func append(_ payloads: [EntryPayload], ids: [String]? = nil) async throws -> [LogEntry] {
        try await append(payloads, ids: ids, .full)
    }

    /// Keeps a piece of the answer while it streams.
    ///
    /// - Parameter text: What came since the last checkpoint; an empty one writes nothing.
    /// - Throws: ``SessionError``, `StorageError`, or a rejection of the database's policies.
    public func checkpoint(_ text: String) async throws {
        guard !text.isEmpty else { return }
        _ = try await append([.partial(turn: turn, text: text)], ids: nil, .relaxed)
    }

    /// Keeps a piece of the answer under a name, once; also in a task that was cancelled.
    func checkpoint(uncancelled text: String, id: String) async throws {
        _ = try await uncancelled { [self] in try await append([.partial(turn: turn, text: text)], ids: [id], .relaxed)
        }
    }

    /// Writes down that a tool is about to run; call it before, so that a crash cannot hide that it may have run.
    ///
    /// - Parameters:
    ///   - call: The model's request.
    ///   - isRepeatable: Whether the tool may run twice.
    /// - Throws: ``SessionError``, `StorageError`, or a rejection of the database's policies.
    public func toolStarted(_ call: ToolCall, isRepeatable: Bool = false) async throws {
        _ = try await append([.toolStarted(turn: turn, call: call, isRepeatable: isRepeatable)], ids: nil, .full)
    }

    /// Writes down what a tool gave back.
    ///
    /// - Parameter result: What it gave back.
    /// - Throws: ``SessionError``, `StorageError`, or a rejection of the database's policies.
    public func toolFinished(_ result: ToolResult) async throws {
        _ = try await append([.toolFinished(turn: turn, result: result)], ids: nil, .relaxed)
    }

    /// Ends the turn and gives the conversation up; also in a task that was cancelled.
    ///
    /// - Parameters:
    ///   - answer: The answer, as far as there is one. Defaults to none.
    ///   - outcome: How it ended. Defaults to completed.
    ///   - model: The model that was asked for. Defaults to none.
    ///   - target: Who answered. Defaults to none.
    ///   - usage: What it cost. Defaults to unknown.
    ///   - stopReason: Why the provider stopped, in its own word. Defaults to none.
    ///   - error: What went wrong, in a sentence without secrets. Defaults to none.
    /// - Returns: The entry that ends the turn.
    /// - Throws: ``SessionError``, `StorageError`, or a rejection of the database's policies; the turn is open still.
    @discardableResult
    public func end(
        answer: Message? = nil, outcome: TurnEnd.Outcome = .completed, model: String? = nil, target: String? = nil,
        usage: Usage? = nil, stopReason: String? = nil, error: String? = nil
    ) async throws -> LogEntry {
        let end = TurnEnd(
            turn: turn, answer: answer, outcome: outcome, model: model, target: target, usage: usage,
            stopReason: stopReason, error: error)
        return try await finish(.turnEnded(end), SessionSchema.Status.idle)
    }

    /// Gives the turn up, so that it counts as interrupted at once and can be resumed; for a shutdown.
    ///
    /// - Parameter reason: Why, in a few words. Defaults to `given up`.
    /// - Throws: ``SessionError``, `StorageError`, or a rejection of the database's policies.
    public func interrupt(reason: String = "given up") async throws {
        _ = try await finish(.interrupted(turn: turn, reason: reason), SessionSchema.Status.interrupted)
    }

    // MARK: - Transactions

    /// A name for an entry that nothing else in the conversation has.
    func nextName() -> String {
        "\(claim).\(names.wrappingAdd(1, ordering: .relaxed).oldValue)"
    }

    private func append(
        _ payloads: [EntryPayload], ids: [String]?, _ durability: Durability
    ) async throws -> [LogEntry] {
        try checkOpen()
        if let ids {
            guard ids.count == payloads.count, Set(ids.map(ExactText.init)).count == ids.count else {
                throw SessionError.invalidValue(
                    field: "ids", value: "\(ids.count) ids", allowed: "\(payloads.count) different ones")
            }
            for id in ids { try ConversationStore.checkID(id, "id") }
        }
        guard !payloads.isEmpty else { return [] }
        var drafts: [EntryDraft] = []
        for (index, payload) in payloads.enumerated() {
            drafts.append(try EntryDraft(id: ids?[index] ?? nextName(), payload, limits: store.configuration))
        }
        let attempts = Attempts(isKnown: ids != nil)
        return try await store.write(durability) { [right, drafts] transaction in
            try transaction.append(drafts, by: right, mayBeThere: attempts.next())
        }
    }

    private func finish(_ payload: EntryPayload, _ status: Int64) async throws -> LogEntry {
        try checkOpen()
        let draft = try EntryDraft(id: nextName(), payload, limits: store.configuration)
        let entry = try await uncancelled { [store, right] in
            try await store.write { try $0.finish(draft, by: right, status) }
        }
        hasEnded.store(true, ordering: .releasing)
        return entry
    }

    /// Runs something to its end even when the caller is cancelled, which is often the very reason for ending a turn.
    private func uncancelled<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await Task { try await body() }.value
    }

    private func checkOpen() throws(SessionError) {
        guard !hasEnded.load(ordering: .acquiring) else { throw .turnEnded(session: session) }
    }
}

/// The right to write to a conversation, as every transaction checks it.
struct WriteRight: Sendable, Hashable {
    var session: String
    var turn: String
    var number: Int64
    var epoch: Int64
    var claim: String
}

/// Tells the first run of a transaction from later ones, which may find what an earlier one has written.
final class Attempts: Sendable {
    private let hasRun: Atomic<Bool>

    init(isKnown: Bool) { hasRun = Atomic(isKnown) }

    /// Whether what is to be written may be there already.
    func next() -> Bool { hasRun.exchange(true, ordering: .acquiringAndReleasing) }
}
