import SageSessions
import SageStorage
import Testing

struct FindingTests {
    @Test(arguments: Backend.available)
    func theLatestTurnIsFound(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            await #expect(throws: SessionError.notFound(session: "s1")) { try await store.latestTurn(session: "s1") }
            try await store.exchange("s1")
            let turn = try await store.begin("s1", key: "k", fingerprint: "f")
            let latest = try await store.latestTurn(session: "s1")
            #expect(latest?.payload == .turnBegan(turn: turn.turn, idempotencyKey: "k", fingerprint: "f"))
            #expect(latest?.seq == turn.began[0].seq)
            try await turn.end()
            try await store.fork(session: "s1", at: 0, as: "s2")
            #expect(try await store.latestTurn(session: "s2") == nil)
        }
    }

    @Test(arguments: Backend.available)
    func theEntriesOfATurnAreReadAlone(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            try await store.exchange("s1", "before")
            let turn = try await store.begin("s1", "mine")
            try await turn.append([.note(1)])
            try await turn.end(answer: Message(.assistant, "answer"))
            try await store.compact(session: "s1", summary: Message(.user, "all"), covering: 1...2)
            try await store.exchange("s1", "after")
            let found = try await store.entries(session: "s1", turn: turn.turn)
            #expect(found.map(\.payload.kind) == ["turnBegan", "message", "note", "turnEnded", "compaction"])
            let all = try await store.load(session: "s1").decoded
            #expect(found == Array(all[3..<8]))
            #expect(try await store.entries(session: "s1", turn: "unknown").isEmpty)
            await #expect(throws: SessionError.notFound(session: "s2")) {
                try await store.entries(session: "s2", turn: turn.turn)
            }
        }
    }

    @Test(arguments: Backend.available)
    func aTurnWhoseEntryHasAnotherNameIsFound(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let payloads: [(String, EntryPayload)] = [
                ("b.0", .turnBegan(turn: "a")), ("x", .message(Message(.user, "first"))),
                ("y", .turnEnded(TurnEnd(turn: "a", outcome: .completed))),
                ("a.0", .turnBegan(turn: "b")), ("z", .message(Message(.user, "second"))),
            ]
            let entries = payloads.enumerated().map { index, entry in
                LogEntry(seq: Int64(index) + 1, id: entry.0, entry.1, epoch: 1, createdAt: 0)
            }
            let file = try ConversationExport.write(entries, format: .sage)
            try await store.importConversation(ConversationImport.read(file, format: .sage), as: "s1")
            let all = try await store.load(session: "s1").decoded
            let first = try #require(all.firstIndex { $0.payload == .turnBegan(turn: "a") })
            let second = try #require(all.firstIndex { $0.payload == .turnBegan(turn: "b") })
            #expect(try await store.entries(session: "s1", turn: "a") == Array(all[first..<second]))
            #expect(try await store.entries(session: "s1", turn: "b") == Array(all[second...]))
        }
    }

    @Test(arguments: Backend.available)
    func whatIsDamagedIsLeftOut(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let turn = try await store.begin("s1")
            try await turn.append([.note(1), .note(2)])
            try await turn.end()
            try await bench.database.execute("UPDATE sage_entries SET checksum = checksum + 1 WHERE seq = 3")
            #expect(try await store.entries(session: "s1", turn: turn.turn).map(\.seq) == [1, 2, 4, 5])
            try await bench.database.execute("UPDATE sage_entries SET checksum = checksum + 1 WHERE seq = 1")
            #expect(try await store.entries(session: "s1", turn: turn.turn).isEmpty)
            #expect(try await store.latestTurn(session: "s1") == nil)
        }
    }
}
