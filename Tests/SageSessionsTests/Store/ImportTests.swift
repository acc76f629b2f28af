import SageStorage
import Testing

@testable import SageSessions

/// Conversations that come from files.
struct ImportTests {
    private func texts(_ store: ConversationStore, _ session: String) async throws -> [String] {
        let loaded = try await store.load(session: session)
        return ConversationView(entries: loaded.decoded, policy: ViewPolicy(mergesRoles: false)).messages.map(\.text)
    }

    @Test(arguments: Backend.available)
    func aPlaceMeansWhatItMeantWhateverIsMissing(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            try await store.exchange("s1", "one", answer: "ONE")
            try await store.exchange("s1", "two", answer: "TWO")
            try await store.exchange("s1", "three", answer: "THREE")
            try await store.compact(session: "s1", summary: Message(.user, "what was first"), covering: 1...3)
            var lines = try await store.exportConversation(session: "s1", format: .sage)
                .split(separator: 0x0A, omittingEmptySubsequences: false)
            lines.remove(at: 2)
            let imported = try await store.importConversation(Array(lines.joined(separator: [0x0A])), as: "s2")
            #expect(imported.report.changeCounts == [.missingEntries: 2])
            let (first, second) = (try await store.load(session: "s1"), try await store.load(session: "s2"))
            #expect(second.entries == first.entries.filter { $0.seq != 2 })
            #expect(second.report.gaps == [2...2])
            #expect(imported.messageCount == second.summary.messageCount)
            #expect(try await texts(store, "s2") == texts(store, "s1"))
            #expect(try await texts(store, "s2").suffix(4) == ["two", "TWO", "three", "THREE"])
            #expect(try await store.undoCompaction(session: "s2") == 10)
            #expect(try await store.exchange("s2").seq == 14)
        }
    }

    @Test(arguments: Backend.available)
    func whatWasInterruptedStaysSoOnEveryWay(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let snapshot = """
                {"session_id": "s1", "saved_at": 1700000000.5, "message_count": 3, "messages": [
                 {"role": "user", "content": "one"}, {"role": "assistant", "content": "ONE"},
                 {"role": "user", "content": "two"}], "extra": {"model": "m"}, "interrupted": true,
                 "interrupted_at": 1700000001.123456}
                """
            #expect(try await store.importConversation(Array(snapshot.utf8)).report.changes.isEmpty)
            #expect(try await store.state("s1") == .interrupted)
            let written = try await store.exportConversation(
                session: "s1", format: .snapshot, options: .init(isFaithful: true))
            #expect(try JSONNode(parsing: written).isSameValue(as: JSONNode(parsing: Array(snapshot.utf8))))
            try await store.fork(session: "s1", as: "fork")
            #expect(try await store.state("fork") == .interrupted)
            // What stands after the interruption does not hide it.
            try await store.compact(session: "s1", summary: Message(.user, "sum"), covering: 1...2)
            let log = try await store.exportConversation(session: "s1", format: .sage)
            try await store.importConversation(log, as: "log")
            #expect(try await store.state("log") == .interrupted)
            #expect(try await store.load(session: "log").entries == store.load(session: "s1").entries)
            for session in ["s1", "fork", "log"] {
                let turn = try await store.resume(session: session)
                #expect(
                    try await store.entries(session: session, turn: turn.turn).map(\.payload.kind).prefix(2) == [
                        "turnBegan", "message",
                    ])
                try await turn.end(answer: Message(.assistant, "TWO"))
                #expect(try await texts(store, session).suffix(2) == ["two", "TWO"])
                let bytes = try await store.exportConversation(session: session, format: .snapshot)
                #expect(try JSONNode(parsing: bytes)["interrupted"] == nil)
            }
        }
    }

    @Test(arguments: Backend.available)
    func aTurnThatIsOpenInTheFileIsInterrupted(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let turn = try await store.begin("s1")
            try await turn.checkpoint("Half")
            let log = try await store.exportConversation(session: "s1", format: .sage)
            try await store.importConversation(log, as: "s2")
            #expect(try await store.kinds("s2") == ["turnBegan", "message", "partial", "interrupted"])
            #expect(try await store.resume(session: "s2").turn == turn.turn)
        }
    }

    @Test(arguments: Backend.available)
    func anImportIsDoneOnceHoweverOftenItRuns(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let draft = try EntryDraft(
                id: "a", .message(Message(.user, "Hello")), limits: ConversationStoreConfiguration())
            try await store.write { try $0.bring([draft], as: "s1", mark: "m") }
            try await store.exchange("s1")
            try await store.write { try $0.bring([draft], as: "s1", mark: "m") }
            #expect(try await store.kinds("s1") == ["message", "turnBegan", "message", "turnEnded"])
            for _ in 0..<2 {
                try await store.write { try $0.bring([], as: "empty", mark: "n") }
                await #expect(throws: SessionError.conflict(session: "empty", reason: "the id is taken")) {
                    try await store.write { try $0.bring([draft], as: "empty", mark: "other") }
                }
            }
        }
    }

    @Test(arguments: Backend.available)
    func ofManyImportsAndTurnsOfOneIdOneMakesTheConversation(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let stores = try (1...4).map { try bench.store(process: $0) }
            let messages = (0..<200).map { #"{"role": "user", "content": "\#($0)"}"# }.joined(separator: ",")
            let bytes = Array("[\(messages)]".utf8)
            for round in 0..<3 {
                let made = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for store in stores + stores {
                        group.addTask {
                            do {
                                try await store.importConversation(bytes, format: .openai, as: "s\(round)")
                                return true
                            } catch SessionError.conflict {
                                return false
                            }
                        }
                    }
                    return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(made == 1)
                #expect(try await stores[0].summary(session: "s\(round)").messageCount == 200)
            }
        }
    }

    @Test(arguments: [Int64.max, .min, -1, (1 << 53) + 1])
    func aPlaceOrAnEpochBeyondAllBoundsIsABrokenLine(number: Int64) throws {
        let log = [
            LogEntry(seq: 1, id: "a", .message(Message(.user, "one")), epoch: 1, createdAt: 1),
            LogEntry(seq: 2, id: "b", .message(Message(.user, "two")), epoch: number, createdAt: 1),
            LogEntry(seq: number, id: "c", .message(Message(.user, "three")), epoch: 1, createdAt: 1),
        ]
        let conversation = try ConversationImport.read(
            ConversationExport.write(log, format: .sage), format: .sage)
        #expect(conversation.log == Array(log[..<1]))
        #expect(conversation.report.changeCounts[.brokenLine] == 2)
    }

    @Test(arguments: Backend.available)
    func aLogAtTheEndOfAllPlacesStopsNothing(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let file = try ConversationImport.read(Array(SageLogTests.text.utf8), format: .sage)
            func bring(_ seq: Int64, _ epoch: Int64, as id: String) async throws {
                var conversation = file
                conversation.log = [
                    LogEntry(
                        seq: seq, id: "a",
                        .turnBegan(turn: "t", idempotencyKey: nil, fingerprint: nil, model: nil), epoch: epoch,
                        createdAt: 1)
                ]
                try await store.importConversation(conversation, as: id)
            }
            for (seq, epoch) in [(1, Int64.max), (.max, 1), (0, 1), (1, -1), (1 << 53 + 1, 1)] as [(Int64, Int64)] {
                await #expect(throws: SessionError.self) { try await bring(seq, epoch, as: "s") }
            }
            try await bring(1, 1 << 53, as: "epoch")
            await #expect(throws: SessionError.self) { try await store.resume(session: "epoch") }
            await #expect(throws: SessionError.self) { try await store.exchange("epoch") }
            // There is no place left for the record of the interruption.
            await #expect(throws: SessionError.self) { try await bring(1 << 53, 1, as: "place") }
            try await bring(1 << 53 - 1, 1, as: "place")
            let turn = try await store.resume(session: "place")
            await #expect(throws: SessionError.self) { try await turn.checkpoint("a") }
            await #expect(throws: SessionError.self) { try await turn.end() }
            withExtendedLifetime(turn) {}
            #expect(try await store.recordInterruptions() == 0)
            #expect(try await store.load(session: "place").report.recovered == 2)
        }
    }

    @Test(arguments: Backend.available)
    func namesAndTextsThatCannotBeStoredAreMended(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let log = ["a", "a", "", "b\0", String(repeating: "x", count: 1_025)].enumerated().map { index, id in
                LogEntry(
                    seq: Int64(index + 1), id: id, .message(Message(.user, "\(index)\0")), epoch: 1, createdAt: 1)
            }
            // Not what the store would have written: its texts are clean.
            #expect(log.allSatisfy { $0.payload.count > 6 })
            let bytes = try ConversationExport.write(log, format: .sage)
            let imported = try await store.importConversation(bytes, as: "s1")
            #expect(imported.report.changeCounts == [.refusedID: 4, .cleanedText: 5])
            #expect(try await texts(store, "s1") == ["0", "1", "2", "3", "4"])
            let loaded = try await store.load(session: "s1")
            #expect(loaded.report.isIntact)
            #expect(loaded.entries.map(\.seq) == [1, 2, 3, 4, 5])
            #expect(Set(loaded.entries.map(\.id)).count == 5)
        }
    }
}
