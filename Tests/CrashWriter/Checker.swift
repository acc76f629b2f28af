import SageSessions

/// Compares a store with what its writers told: every acknowledged entry is there once, at its place and with its
/// content; nothing is there that nobody tried; what was broken off counts as interrupted; nothing else is wrong.
struct Checker {
    /// What is known of one conversation.
    struct Expected {
        /// By token: the kind of the entry and its place; 0 for one whose acknowledgement never came.
        var entries: [String: (kind: Record.Operation, seq: Int64)] = [:]
        /// Whether it must be there; one whose making was not acknowledged may be.
        var isCertain = false
        /// Whether its removal was tried; then it may be gone.
        var mayBeGone = false
        var isGone = false
    }

    /// Whether the records tell everything that was ever done, or the end of it alone: then what they do not tell of is
    /// not looked at.
    let isWhole: Bool
    private(set) var sessions: [String: Expected] = [:]
    private(set) var acknowledged = 0

    init(_ records: [Record], isWhole: Bool) {
        self.isWhole = isWhole
        for record in records { take(record) }
    }

    private mutating func take(_ record: Record) {
        let isAcknowledged = record.phase == .acknowledged
        switch record.operation {
        case .remember, .forget, .embed, .reindex, .insert, .maintain: return
        case .delete:
            sessions[record.session, default: Expected()].mayBeGone = true
            if isAcknowledged { sessions[record.session]?.isGone = true }
        case .fork, .transfer:
            let source = sessions[record.session] ?? Expected()
            var copy = Expected(isCertain: isAcknowledged)
            // What has no acknowledged place may be in the copied part or after it.
            copy.entries = source.entries.filter { $0.value.seq <= record.seq }
            sessions[record.token] = copy
        default:
            var session = sessions[record.session] ?? Expected()
            if isAcknowledged { session.isCertain = true }
            let key = record.token + "/" + record.operation.rawValue
            session.entries[key] = (record.operation, isAcknowledged ? record.seq : 0)
            sessions[record.session] = session
        }
        if isAcknowledged { acknowledged += 1 }
    }

    /// Everything that is wrong; nothing when all is right.
    func problems(in store: ConversationStore) async throws -> [String] {
        var problems: [String] = []
        let summaries = try await Self.list(store)
        let interrupted = Set(try await Self.list(store, .interrupted).map(\.id))
        for summary in summaries {
            guard let expected = sessions[summary.id] else {
                if isWhole { problems.append("\(summary.id) is there and nobody made it") }
                continue
            }
            if expected.isGone { problems.append("\(summary.id) was deleted and is there") }
            if summary.state == .running { problems.append("\(summary.id) counts as running") }
            if interrupted.contains(summary.id) != (summary.state == .interrupted) {
                problems.append("\(summary.id) is \(summary.state) and the list of the interrupted says otherwise")
            }
            let loaded = try await store.load(session: summary.id)
            problems += check(loaded, expected).map { "\(summary.id): \($0)" }
        }
        let present = Set(summaries.map(\.id))
        for (id, expected) in sessions where expected.isCertain && !expected.mayBeGone && !present.contains(id) {
            problems.append("\(id) is missing")
        }
        return problems
    }

    private static func list(_ store: ConversationStore, _ state: SessionState? = nil) async throws -> [SessionSummary]
    {
        var found: [SessionSummary] = []
        var cursor: String?
        repeat {
            let page = try await store.list(state: state, cursor: cursor, limit: 1_000)
            found += page.sessions
            cursor = page.nextCursor
        } while cursor != nil
        return found
    }

    private func check(_ loaded: LoadedConversation, _ expected: Expected) -> [String] {
        var problems: [String] = []
        if !loaded.report.isIntact { problems.append("\(loaded.report)") }
        if !zip(loaded.entries.map(\.seq), 1...).allSatisfy({ $0 == $1 }) {
            problems.append("its places are \(loaded.entries.map(\.seq))")
        }
        var places: [String: Int64] = [:]
        var isOpen = false
        var started: String?
        for entry in loaded.decoded {
            switch entry.payload {
            case .turnBegan: (isOpen, started) = (true, nil)
            case .turnEnded: (isOpen, started) = (false, nil)
            case .toolStarted(_, let call, _): started = call.id
            case .toolFinished: started = nil
            default: break
            }
            guard let (token, kind) = Self.content(of: entry.payload) else { continue }
            let key = token + "/" + kind.rawValue
            if let place = places[key] { problems.append("\(key) is there twice, at \(place) and \(entry.seq)") }
            places[key] = entry.seq
            if isWhole, expected.entries[key] == nil { problems.append("\(key) at \(entry.seq) was never tried") }
        }
        if loaded.summary.state != (isOpen ? .interrupted : .idle) {
            problems.append("its turn is \(isOpen ? "open" : "ended") and its state \(loaded.summary.state)")
        }
        for (key, entry) in expected.entries where entry.seq > 0 && places[key] != entry.seq {
            problems.append(
                "\(key) was acknowledged at \(entry.seq) and is at \(places[key].map(String.init) ?? "no place")")
        }
        let epochs = loaded.entries.map(\.epoch)
        if epochs != epochs.sorted() { problems.append("its epochs go back") }
        let view = ConversationView(entries: loaded.decoded)
        problems += ViewLegality.violations(in: view.messages).map { "its view is not legal: \($0)" }
        if let started, isOpen, !Self.isTold(started, in: view) {
            problems.append("that \(started) may have run is not told")
        }
        return problems
    }

    /// Whether a view says that a call may have run: to whoever goes on with the turn, and to the model once that has said
    /// more since.
    private static func isTold(_ call: String, in view: ConversationView) -> Bool {
        if view.unfinishedCalls.contains(where: { $0.call.id == call && $0.wasStarted }) { return true }
        return view.messages.flatMap(\.parts).contains { part in
            guard case .toolResult(let result) = part else { return false }
            return result.callID == call && result.text == ConversationView.interruptedText
        }
    }

    private static func content(of payload: EntryPayload) -> (String, Record.Operation)? {
        switch payload {
        case .message(let message): (message.text, .message)
        case .partial(_, let text): (String(text.prefix { $0 != " " }), .partial)
        case .toolStarted(_, let call, _): (call.id, .toolStarted)
        case .toolFinished(_, let result): (result.callID, .toolFinished)
        case .turnEnded(let end): (end.answer?.text ?? "", .turnEnded)
        case .compaction(let summary, _): (summary.text, .compaction)
        default: nil
        }
    }
}
