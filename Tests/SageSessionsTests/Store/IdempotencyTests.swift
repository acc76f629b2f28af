import SageSessions
import SageStorage
import Testing

struct IdempotencyTests {
    /// How the first turn of a key went, and what asking again gives.
    struct Case: Sendable, CustomTestStringConvertible {
        var first: String
        var fingerprint: String? = "f"
        var after: Duration = .seconds(1)
        var expected: String

        var testDescription: String { "\(first), \(fingerprint ?? "none"), \(after) -> \(expected)" }

        static let all: [Case] = [
            Case(first: "running", expected: "running"),
            Case(first: "running", fingerprint: "other", expected: "conflict"),
            Case(first: "running", fingerprint: nil, expected: "running"),
            Case(first: "running", after: .seconds(100_000), expected: "running"),
            Case(first: "completed", expected: "finished"),
            Case(first: "completed", fingerprint: "other", expected: "conflict"),
            Case(first: "completed", after: .seconds(86_399), expected: "finished"),
            Case(first: "completed", after: .seconds(86_400), expected: "began"),
            Case(first: "completed", fingerprint: "other", after: .seconds(86_400), expected: "began"),
            Case(first: "failed", expected: "began without message"),
            Case(first: "cancelled", expected: "began without message"),
            Case(first: "failed", fingerprint: "other", expected: "conflict"),
            Case(first: "interrupted", expected: "interrupted"),
            Case(first: "dropped", expected: "interrupted"),
            Case(first: "interrupted", fingerprint: "other", expected: "conflict"),
            Case(first: "interrupted", after: .seconds(100_000), expected: "interrupted"),
            Case(first: "failed, then another", expected: "began"),
        ]
    }

    @Test(arguments: Backend.available, Case.all)
    func aKeyMeansItsMessage(backend: Backend, example: Case) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let first = try await play(example.first, store)
            bench.world.advance(example.after)
            // What runs says that it does.
            try await store.beat()
            var word = ""
            var again: OpenTurn?
            do {
                switch try await store.beginTurn(
                    session: "s1", message: Message(.user, "Hello"), idempotencyKey: "k",
                    fingerprint: example.fingerprint)
                {
                case .began(let turn):
                    again = turn
                    word = turn.began.count == 1 ? "began without message" : "began"
                case .finished: word = "finished"
                case .running: word = "running"
                case .interrupted: word = "interrupted"
                @unknown default: word = "unknown"
                }
            } catch SessionError.conflict { word = "conflict" }
            #expect(word == example.expected)
            withExtendedLifetime((first, again)) {}
        }
    }

    private func play(_ way: String, _ store: ConversationStore) async throws -> OpenTurn? {
        let turn = try await store.begin("s1", key: "k", fingerprint: "f")
        switch way {
        case "running": return turn
        case "completed": try await turn.end(answer: Message(.assistant, "Hi"))
        case "failed": try await turn.end(outcome: .failed, error: "upstream")
        case "cancelled": try await turn.end(outcome: .cancelled)
        case "interrupted": try await turn.interrupt()
        case "failed, then another":
            try await turn.end(outcome: .failed)
            try await store.exchange("s1", "Something else")
        default: break
        }
        return nil
    }

    @Test(arguments: Backend.available)
    func aKeyBelongsToItsConversation(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            try await store.begin("s1", key: "k", fingerprint: "one").end(answer: Message(.assistant, "1"))
            try await store.begin("s2", key: "k", fingerprint: "two").end(answer: Message(.assistant, "2"))
            try await store.begin("s1", key: "K", fingerprint: "three").end()
            #expect(try await store.load(session: "s1").summary.messageCount == 3)
        }
    }

    @Test(arguments: Backend.available)
    func aMessageIsWrittenOnceHoweverOftenItsTurnFails(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            for _ in 0..<4 { try await store.begin("s1", key: "k").end(outcome: .failed) }
            try await store.begin("s1", key: "k").end(answer: Message(.assistant, "at last"))
            #expect(try await store.kinds("s1").filter { $0 == "message" }.count == 1)
            guard
                case .finished(let entry) = try await store.beginTurn(
                    session: "s1", message: Message(.user, "Hello"), idempotencyKey: "k")
            else {
                Issue.record("not finished")
                return
            }
            guard case .turnEnded(let end) = try entry.decoded().payload else {
                Issue.record("no end")
                return
            }
            #expect(end.answer?.text == "at last")
        }
    }

    @Test("A message whose turn failed is written once, with or without a key", arguments: Backend.available)
    func repeatedWithoutAKey(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            for round in 0..<4 {
                let turn = try await store.begin("s1", key: round == 2 ? "k" : nil)
                if round == 1 { try await turn.checkpoint("a piece") }
                try await turn.end(outcome: round == 3 ? .cancelled : .failed)
            }
            #expect(try await store.kinds("s1").filter { $0 == "message" }.count == 1)
            // Another message, or the same after an answer, is a new one.
            try await store.begin("s1", "Something else").end(outcome: .failed)
            try await store.exchange("s1")
            try await store.exchange("s1")
            #expect(try await store.kinds("s1").filter { $0 == "message" }.count == 4)
            // A turn that was interrupted is not one that failed.
            try await store.begin("s1", "More").interrupt()
            try await store.begin("s1", "More").end()
            #expect(try await store.kinds("s1").filter { $0 == "message" }.count == 6)
        }
    }

    @Test(arguments: Backend.available)
    func expiredKeysAreForgotten(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            try await store.begin("s1", key: "old").end()
            let open = try await store.begin("s2", key: "open")
            bench.world.advance(.seconds(86_401))
            try await store.begin("s3", key: "new").end()
            #expect(try await store.sweep().expiredKeys == 1)
            #expect(try await bench.database.fetchValue("SELECT COUNT(*) FROM sage_turn_keys") == 2)
            try await open.end()
        }
    }
}
