import SageSessions
import SageStorage
import Testing

struct BadInputTests {
    static let ids = [
        "'; DROP TABLE sage_sessions; --", "\"quoted\"", "$1", "%", "_", "../../etc/passwd", "a/b", "/", ".", "\\",
        "\\0",
        " ", "\t\n\r", "\u{1F600}\u{1F468}\u{200D}\u{1F469}", "caf\u{e9}", "cafe\u{301}", "CAFE", "cafe", "\u{202E}abc",
        "\u{FEFF}", "\u{FFFD}", "null", "0", "-1", "id,with,commas", String(repeating: "x", count: 1_024),
        String(repeating: "\u{1F600}", count: 256),
    ]

    @Test(arguments: Backend.available)
    func anyTextIsAnIdOfItsOwn(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            for id in Self.ids {
                try await store.begin(id, id, key: id, fingerprint: id).end(answer: Message(.assistant, id))
            }
            let listed = try await store.list().sessions.map { Array($0.id.utf8) }
            #expect(listed == Self.ids.reversed().map { Array($0.utf8) })
            for id in Self.ids {
                let loaded = try await store.load(session: id)
                #expect(loaded.entries.count == 3)
                #expect(loaded.decoded[1].payload == .message(Message(.user, id)))
                let fork = try await store.fork(session: id)
                try await store.delete(session: fork)
            }
            for (index, id) in Self.ids.enumerated() {
                try await store.delete(session: id)
                #expect(try await store.counts()[.idle] == Self.ids.count - index - 1)
            }
        }
    }

    @Test(arguments: [
        "", "\0", "a\0b", String(repeating: "x", count: 1_025), String(repeating: "\u{1F600}", count: 257),
    ])
    func whatIsNoIdIsRefusedEverywhere(id: String) async throws {
        try await Bench.run(.sqliteMemory) { bench in
            let store = try bench.store()
            try await store.exchange("s1")
            func expectRefusal(_ body: () async throws -> Void) async {
                let error = await #expect(throws: SessionError.self) { try await body() }
                guard case .invalidID(_, let reason) = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(reason.contains("1024"))
            }
            await expectRefusal { _ = try await store.beginTurn(session: id, message: Message(.user, "a")) }
            await expectRefusal {
                _ = try await store.beginTurn(session: "s1", message: Message(.user, "a"), idempotencyKey: id)
            }
            await expectRefusal { _ = try await store.resume(session: id) }
            await expectRefusal { _ = try await store.load(session: id) }
            await expectRefusal { _ = try await store.summary(session: id) }
            await expectRefusal { try await store.delete(session: id) }
            await expectRefusal { try await store.fork(session: id) }
            await expectRefusal { try await store.fork(session: "s1", as: id) }
            await expectRefusal { try await store.repair(session: id) }
            await expectRefusal { try await store.compact(session: id, summary: Message(.user, "s"), covering: 1...1) }
            await expectRefusal { _ = try await store.importConversation(Array("[]".utf8), format: .openai, as: id) }
            #expect(try await store.list().sessions.map(\.id) == ["s1"])
        }
    }

    @Test(arguments: Backend.available)
    func textIsCleanedOfNUL(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            guard
                case .began(let turn) = try await store.beginTurn(
                    session: "s1", message: Message(.user, "a\0b"), idempotencyKey: "k", fingerprint: "f\0",
                    model: "m\0")
            else {
                Issue.record("not begun")
                return
            }
            try await turn.checkpoint("\0c\0")
            try await turn.toolFinished(ToolResult(callID: "c", text: "d\0"))
            try await turn.end(answer: Message(.assistant, "e\0"), stopReason: "s\0", error: "x\0")
            let loaded = try await store.load(session: "s1")
            #expect(loaded.entries.allSatisfy { !String(decoding: $0.payload, as: UTF8.self).contains("\\u0000") })
            #expect(loaded.decoded[1].payload == .message(Message(.user, "ab")))
            #expect(loaded.decoded[2].payload == .partial(turn: turn.turn, text: "c"))
        }
    }

    @Test(arguments: Backend.available)
    func whatIsTooLargeIsRefusedAndNothingElse(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let huge = String(repeating: "x", count: 50 << 20)
            await #expect(throws: SessionError.self) {
                _ = try await store.beginTurn(session: "s1", message: Message(.user, huge))
            }
            await #expect(throws: SessionError.notFound(session: "s1")) { try await store.load(session: "s1") }
            let turn = try await store.begin("s1")
            await #expect(throws: SessionError.self) { try await turn.checkpoint(huge) }
            await #expect(throws: SessionError.self) { try await turn.end(answer: Message(.assistant, huge)) }
            try await turn.end()
            #expect(try await store.kinds("s1") == ["turnBegan", "message", "turnEnded"])
            let small = try bench.store(configuration: ConversationStoreConfiguration(maxSessionBytes: 1_024))
            try await small.exchange("s2", String(repeating: "x", count: 2_000))
            await #expect(throws: SessionError.self) {
                _ = try await small.beginTurn(session: "s2", message: Message(.user, "more"))
            }
        }
    }

    @Test(arguments: ["", "c", "c0", "c-5", "x9", "c1'--", "c99999999999999999999", "9"])
    func aCursorThatIsNoneIsRefused(cursor: String) async throws {
        try await Bench.run(.sqliteMemory) { bench in
            let store = try bench.store()
            await #expect(throws: SessionError.self) { try await store.list(cursor: cursor) }
        }
    }

    @Test(arguments: [0, -1, 1_001, .max, .min])
    func aLimitOutOfRangeIsRefused(limit: Int) async throws {
        try await Bench.run(.sqliteMemory) { bench in
            let store = try bench.store()
            let refusal = SessionError.invalidValue(field: "limit", value: "\(limit)", allowed: "1 to 1000")
            await #expect(throws: refusal) { try await store.list(limit: limit) }
        }
    }

    @Test func anErrorShowsNoControlCharacters() {
        let error = SessionError.notFound(session: "a\nb\u{1B}[31m" + String(repeating: "x", count: 200))
        #expect(error.description.utf8.allSatisfy { $0 >= 0x20 })
        #expect(error.description.utf8.count < 150)
    }

    @Test(arguments: [
        ConversationStoreConfiguration(lease: .zero), ConversationStoreConfiguration(lease: .seconds(5)),
        ConversationStoreConfiguration(heartbeat: .zero), ConversationStoreConfiguration(maxEntryBytes: 0),
        ConversationStoreConfiguration(maxSessionBytes: -1), ConversationStoreConfiguration(inlineBytes: 0),
        ConversationStoreConfiguration(idempotencyLifetime: .seconds(-1)),
        ConversationStoreConfiguration(sync: .interval(.zero)),
        ConversationStoreConfiguration(retention: Retention(age: .zero)),
        ConversationStoreConfiguration(retention: Retention(count: -1)),
        ConversationStoreConfiguration(retention: Retention(bytes: -1)),
    ])
    func aConfigurationOutOfRangeIsRefused(configuration: ConversationStoreConfiguration) throws {
        let database = try SQLiteDatabase("none", SQLiteConfiguration(.memory))
        #expect(throws: (any Error).self) { try ConversationStore(database, configuration: configuration) }
    }
}
