import SageSessions
import SageStorage
import Testing

/// Forks, deletions and compactions.
struct CopyTests {
    @Test(arguments: Backend.available)
    func aForkIsWholeWithoutItsParent(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let large = String(repeating: "x", count: 100_000)
            try await store.exchange("s1", large, answer: "one")
            try await store.exchange("s1", "two", answer: large)
            let parent = try await store.load(session: "s1")
            let fork = try await store.fork(session: "s1", at: 3)
            let second = try await store.fork(session: fork, as: "second")
            try await store.exchange(fork, "only here")
            try await store.delete(session: "s1")
            try await store.delete(session: fork)
            let loaded = try await store.load(session: second)
            #expect(loaded.report.isIntact)
            #expect(loaded.entries.prefix(3) == parent.entries.prefix(3))
            #expect(loaded.entries.map(\.kind).suffix(2) == ["forked", "forked"])
            #expect(loaded.summary.messageCount == 2)
            #expect(loaded.summary.state == .idle)
            #expect(try await bench.database.fetchValue("SELECT COUNT(*) FROM sage_blobs") == 1)
            try await store.delete(session: second)
            for table in ["sage_blobs", "sage_entries", "sage_sessions", "sage_turn_keys"] {
                #expect(try await bench.database.fetchValue("SELECT COUNT(*) FROM \(table)") == 0)
            }
        }
    }

    @Test(arguments: Backend.available)
    func aForkWithinATurnIsInterrupted(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let turn = try await store.begin("s1")
            try await turn.checkpoint("Half")
            try await store.fork(session: "s1", as: "s2")
            #expect(try await store.state("s2") == .interrupted)
            let resumed = try await store.resume(session: "s2")
            #expect(resumed.turn == turn.turn)
            try await resumed.end(answer: Message(.assistant, "Whole"))
            try await turn.end(answer: Message(.assistant, "Also whole"))
            #expect(
                try await store.kinds("s2") == [
                    "turnBegan", "message", "partial", "forked", "interrupted", "turnEnded",
                ])
        }
    }

    @Test(arguments: Backend.available)
    func whatCannotBeForkedIsRefused(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            try await store.exchange("s1")
            await #expect(throws: SessionError.notFound(session: "s2")) { try await store.fork(session: "s2") }
            await #expect(throws: SessionError.conflict(session: "s1", reason: "the id is taken")) {
                try await store.fork(session: "s1", as: "s1")
            }
            for seq: Int64 in [-1, 4, .max, .min] {
                await #expect(
                    throws: SessionError.invalidValue(field: "seq", value: "\(seq)", allowed: "0 to 3")
                ) {
                    try await store.fork(session: "s1", at: seq)
                }
            }
            let empty = try await store.fork(session: "s1", at: 0)
            #expect(try await store.kinds(empty) == ["forked"])
            #expect(try await store.list().sessions.count == 2)
        }
    }

    @Test(arguments: Backend.available)
    func aTurnOfADeletedConversationFindsNothing(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let turn = try await store.begin("s1")
            try await store.delete(session: "s1")
            await #expect(throws: SessionError.notFound(session: "s1")) { try await turn.checkpoint("a") }
            // One of the same id that was made since is not touched.
            try await store.exchange("s1")
            await #expect(throws: SessionError.notFound(session: "s1")) { try await turn.end() }
            #expect(try await store.kinds("s1") == ["turnBegan", "message", "turnEnded"])
            await #expect(throws: SessionError.notFound(session: "s2")) { try await store.delete(session: "s2") }
        }
    }

    @Test(arguments: Backend.available)
    func aConversationCanBeKeptFromBeingDeletedUnderItsTurn(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let turn = try await store.begin("s1")
            await #expect(throws: SessionError.running(session: "s1")) {
                try await store.delete(session: "s1", evenIfRunning: false)
            }
            try await turn.interrupt()
            try await store.delete(session: "s1", evenIfRunning: false)
            #expect(try await store.list().sessions.isEmpty)
        }
    }

    @Test(arguments: Backend.available)
    func aSummaryHidesNothingOfAnInterruptedTurn(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            try await store.exchange("s1", "one", answer: "1")
            let began = try await store.load(session: "s1").summary.lastSequence + 1
            let turn = try await store.begin("s1", "two")
            let call = ToolCall(id: "c", name: "pay")
            try await turn.append([.toolStarted(turn: turn.turn, call: call, isRepeatable: false)])
            let started = try await store.load(session: "s1").summary.lastSequence
            try await turn.end(answer: Message(.assistant, "2"))
            try await store.fork(session: "s1", at: started, as: "copy")
            await #expect(throws: SessionError.self) {
                try await store.compact(session: "copy", summary: Message(.user, "sum"), covering: 1...started)
            }
            try await store.compact(session: "copy", summary: Message(.user, "sum"), covering: 1...(began - 1))
            let view = ConversationView(entries: try await store.load(session: "copy").decoded)
            #expect(view.unfinishedCalls.map(\.call) == [call])
            #expect(view.unfinishedCalls.first?.wasStarted == true)
        }
    }

    @Test(arguments: Backend.available)
    func aCompactionCanBeLifted(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            try await store.exchange("s1", "one", answer: "1")
            try await store.exchange("s1", "two", answer: "2")
            func texts() async throws -> [String] {
                ConversationView(entries: try await store.load(session: "s1").decoded).messages.map(\.text)
            }
            let before = try await texts()
            let entry = try await store.compact(
                session: "s1", summary: Message(.user, "sum\0mary"), covering: 1...3)
            #expect(try await texts().first?.contains("summary") == true)
            #expect(try await texts() != before)
            #expect(try await store.undoCompaction(session: "s1") == entry.seq)
            #expect(try await texts() == before)
            await #expect(throws: SessionError.self) { try await store.undoCompaction(session: "s1") }
            await #expect(throws: SessionError.self) { try await store.undoCompaction(session: "s1", at: 1) }
            for range: ClosedRange<Int64> in [0...1, 1...99, -5...3] {
                await #expect(throws: SessionError.self) {
                    try await store.compact(session: "s1", summary: Message(.user, "s"), covering: range)
                }
            }
            let turn = try await store.begin("s1")
            await #expect(throws: SessionError.running(session: "s1")) {
                try await store.compact(session: "s1", summary: Message(.user, "s"), covering: 1...2)
            }
            try await turn.end()
        }
    }

    @Test(arguments: Backend.available, [ConversationFormat.sage, .snapshot, .openai, .anthropic])
    func aConversationComesBackFromItsFile(backend: Backend, format: ConversationFormat) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            try await store.exchange("s1", "one", answer: "1")
            try await store.exchange("s1", "two", answer: "2")
            let bytes = try await store.exportConversation(session: "s1", format: format)
            let imported = try await store.importConversation(bytes, as: "s2")
            #expect(imported.session == "s2")
            let (first, second) = (try await store.load(session: "s1"), try await store.load(session: "s2"))
            #expect(second.report.isIntact)
            #expect(second.summary.messageCount == 4)
            #expect(second.summary.state == .idle)
            #expect(
                ConversationView(entries: second.decoded).messages == ConversationView(entries: first.decoded).messages)
            if format == .sage { #expect(second.entries == first.entries) }
            await #expect(throws: SessionError.conflict(session: "s1", reason: "the id is taken")) {
                try await store.importConversation(bytes, as: "s1")
            }
            await #expect(throws: SessionError.self) { try await store.importConversation(Array("?".utf8)) }
            #expect(try await store.list().sessions.count == 2)
        }
    }

    @Test(arguments: Backend.available)
    func aSnapshotThatSaysInterruptedIsInterrupted(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let snapshot = """
                {"session_id": "old", "saved_at": 1700000000.5, "message_count": 1,
                 "messages": [{"role": "user", "content": "Hello"}], "extra": {"model": "m"},
                 "interrupted": true, "interrupted_at": 1700000001.0}
                """
            #expect(try await store.importConversation(Array(snapshot.utf8)).session == "old")
            #expect(try await store.state("old") == .interrupted)
            try await store.resume(session: "old").end(answer: Message(.assistant, "Hi"))
            #expect(try await store.state("old") == .idle)
            #expect(try await store.summary(session: "old").messageCount == 2)
        }
    }
}
