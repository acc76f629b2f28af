import SageSessions
import SageStorage
import SageTesting

/// Writes conversations as fast as it can until it is killed, and tells before and after each step what it does.
struct Writer {
    let store: ConversationStore
    let life: Life
    var random: SeededGenerator
    var counter = 0
    var sessions: [String] = []
    var interrupted: [String] = []

    init(store: ConversationStore, life: Life) {
        self.store = store
        self.life = life
        random = SeededGenerator(seed: life.seed)
    }

    private mutating func fresh(_ separator: String) -> String {
        counter += 1
        return [life.name, life.run, "\(counter)"].joined(separator: separator)
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    /// Checks what the life before was acknowledged, resumes what it left interrupted, and writes on.
    mutating func work() async throws {
        let endurance = Endurance(isAllowed: store.database.dialect == .postgres)
        var isOpen = false
        while !isOpen {
            try await endurance.endure {
                try await open()
                isOpen = true
            }
        }
        Output.write("ready\n")
        for session in interrupted where chance(50) {
            try await endurance.endure { try await finish(try await store.resume(session: session), session) }
        }
        while true { try await endurance.endure { try await step() } }
    }

    private mutating func open() async throws {
        try await store.prepare()
        (sessions, interrupted) = ([], [])
        var cursor: String?
        repeat {
            let page = try await store.list(cursor: cursor, limit: 1_000)
            for session in page.sessions where session.id.hasPrefix("\(life.name)-") {
                sessions.append(session.id)
                if session.state == .interrupted { interrupted.append(session.id) }
            }
            cursor = page.nextCursor
        } while cursor != nil
        let checker = Checker(life.before, isWhole: false)
        let problems = try await checker.problems(in: store)
        guard problems.isEmpty else { throw Failure(problems.joined(separator: "; ")) }
        Output.write(
            "found \(sessions.count) sessions, \(interrupted.count) interrupted, \(checker.acknowledged) told\n")
    }

    private mutating func step() async throws {
        if sessions.isEmpty || sessions.count < 6 && chance(30) { sessions.append(fresh("-")) }
        let session = sessions[Int.random(in: 0..<sessions.count, using: &random)]
        if let favourite = life.favourite, chance(50) { return try await perform(favourite, session) }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<78: try await turn(session)
        case 78..<84: try await fork(session)
        case 84..<88: try await transfer(session)
        case 88..<92: try await compact(session)
        case 92..<95: try await maintain()
        default: if sessions.count > 4 { try await delete(session) }
        }
    }

    private mutating func perform(_ operation: Record.Operation, _ session: String) async throws {
        switch operation {
        case .fork: try await fork(session)
        case .transfer: try await transfer(session)
        case .compaction: try await compact(session)
        case .delete: try await delete(session)
        case .maintain: try await maintain()
        default: try await turn(session)
        }
    }

    // MARK: - Turns

    private mutating func turn(_ session: String) async throws {
        let token = fresh(".")
        Record(.attempt, .message, session, token: token).say()
        guard case .began(let turn) = try await store.beginTurn(session: session, message: Message(.user, token)) else {
            throw Failure("\(session) is not this writer's")
        }
        guard let message = turn.began.last else { throw Failure("\(session): no message") }
        Record(.acknowledged, .message, session, token: token, seq: message.seq).say()
        try await finish(turn, session)
    }

    private mutating func finish(_ turn: OpenTurn, _ session: String) async throws {
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            if chance(70) {
                // A large one now and then, which is stored apart.
                let filler = chance(3) ? String(repeating: "x", count: 70_000) : ""
                try await append(turn, session, .partial) { .partial(turn: turn.turn, text: $0 + " " + filler) }
            } else {
                // An id that providers take, so that views leave it as it is.
                let call = fresh("_")
                try await append(turn, session, .toolStarted, call) {
                    .toolStarted(turn: turn.turn, call: ToolCall(id: $0, name: "tool"), isRepeatable: false)
                }
                try await append(turn, session, .toolFinished, call) {
                    .toolFinished(turn: turn.turn, result: ToolResult(callID: $0, text: "done"))
                }
            }
        }
        let token = fresh(".")
        Record(.attempt, .turnEnded, session, token: token).say()
        let end = try await turn.end(answer: Message(.assistant, token))
        Record(.acknowledged, .turnEnded, session, token: token, seq: end.seq).say()
    }

    private mutating func append(
        _ turn: OpenTurn, _ session: String, _ operation: Record.Operation, _ name: String? = nil,
        _ payload: (String) -> EntryPayload
    ) async throws {
        let token = name ?? fresh(".")
        Record(.attempt, operation, session, token: token).say()
        let entries = try await turn.append([payload(token)])
        Record(.acknowledged, operation, session, token: token, seq: entries[0].seq).say()
    }

    // MARK: - Whole conversations

    private mutating func fork(_ session: String) async throws {
        guard sessions.count < 8, let last = try await last(of: session), last > 0 else { return }
        let copy = fresh("-")
        let seq = Int64.random(in: 1...last, using: &random)
        Record(.attempt, .fork, session, token: copy, seq: seq).say()
        try await store.fork(session: session, at: seq, as: copy)
        Record(.acknowledged, .fork, session, token: copy, seq: seq).say()
        sessions.append(copy)
    }

    /// Exports a conversation and imports it again under another id.
    private mutating func transfer(_ session: String) async throws {
        guard sessions.count < 8, let last = try await last(of: session), last > 0 else { return }
        let file = try await store.exportConversation(session: session, format: .sage)
        let copy = fresh("-")
        Record(.attempt, .transfer, session, token: copy, seq: last).say()
        _ = try await store.importConversation(file, format: .sage, as: copy)
        Record(.acknowledged, .transfer, session, token: copy, seq: last).say()
        sessions.append(copy)
    }

    private mutating func compact(_ session: String) async throws {
        guard let last = try await last(of: session), last > 2 else { return }
        // What a summary stood for could not be told of an interrupted turn.
        guard try await store.summary(session: session).state == .idle else { return }
        let token = fresh(".")
        Record(.attempt, .compaction, session, token: token).say()
        let entry = try await store.compact(
            session: session, summary: Message(.user, token), covering: 1...Int64.random(in: 1..<last, using: &random))
        Record(.acknowledged, .compaction, session, token: token, seq: entry.seq).say()
    }

    private mutating func delete(_ session: String) async throws {
        guard try await last(of: session) != nil else { return }
        // Also when nobody knows whether it was done: its id is not used again.
        sessions.removeAll { $0 == session }
        Record(.attempt, .delete, session).say()
        try await store.delete(session: session)
        Record(.acknowledged, .delete, session).say()
    }

    /// Empties the write-ahead log into the file.
    private func maintain() async throws {
        guard let file = store.database as? SQLiteDatabase else { return }
        Record(.attempt, .maintain, "").say()
        try await file.maintain()
        Record(.acknowledged, .maintain, "").say()
    }

    private func last(of session: String) async throws -> Int64? {
        do {
            return try await store.summary(session: session).lastSequence
        } catch SessionError.notFound {
            return nil
        }
    }
}

/// One life of a writer, from its start to its death.
struct Life {
    /// Which writer this is; what it writes is its own.
    let name: String
    /// Which of its lives.
    let run: String
    let seed: UInt64
    /// What it does more often than anything else.
    let favourite: Record.Operation?
    /// What the life before has told.
    let before: [Record]
}

struct Failure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
