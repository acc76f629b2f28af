import SageStorage
import Testing

@testable import SageSessions

/// What is told of a transaction of which nobody heard whether it was committed, and that was.
struct UnknownCommitTests {
    enum Work: String, Sendable, CaseIterable {
        case begin, append, end, interrupt, fork, bring, delete
    }

    /// On SQLite a second transaction does not begin before the first has ended, so no commit is late there.
    static let cases: [(Backend, Bool)] = Backend.available.flatMap { backend in
        backend == .postgres ? [(backend, false), (backend, true)] : [(backend, false)]
    }

    static let file = #"{"session_id": "s", "messages": [{"role": "user", "content": "Hello"}]}"#

    @Test(arguments: cases, Work.allCases)
    func whatWasCommittedIsNotRefused(place: (backend: Backend, isLate: Bool), work: Work) async throws {
        try await Bench.run(place.backend) { bench in
            let database = UncertainDatabase(bench.database)
            let store = try ConversationStore(database, environment: bench.world.environment())
            let turn = try await store.begin("s1")
            database.loseCommit(isLate: place.isLate)
            switch work {
            case .begin: try await store.exchange("s2")
            case .append: #expect(try await turn.append([.note(1)]).map(\.seq) == [3])
            case .end: #expect(try await turn.end(answer: Message(.assistant, "Hi")).seq == 3)
            case .interrupt: try await turn.interrupt()
            case .fork: #expect(try await store.fork(session: "s1", as: "s2") == "s2")
            case .bring: try await store.importConversation(Array(Self.file.utf8), as: "s2")
            case .delete: try await store.delete(session: "s1")
            }
            let kinds: [String: [String]] =
                switch work {
                case .begin: ["s1": ["turnBegan", "message"], "s2": ["turnBegan", "message", "turnEnded"]]
                case .append: ["s1": ["turnBegan", "message", "note"]]
                case .end: ["s1": ["turnBegan", "message", "turnEnded"]]
                case .interrupt: ["s1": ["turnBegan", "message", "interrupted"]]
                case .fork:
                    ["s1": ["turnBegan", "message"], "s2": ["turnBegan", "message", "forked", "interrupted"]]
                case .bring: ["s1": ["turnBegan", "message"], "s2": ["imported", "message"]]
                case .delete: [:]
                }
            var found: [String: [String]] = [:]
            for session in try await store.list().sessions {
                found[session.id] = try await store.kinds(session.id)
                #expect(try await store.load(session: session.id).report.isIntact)
            }
            #expect(found == kinds)
            withExtendedLifetime(turn) {}
        }
    }

    @Test(arguments: Backend.available)
    func aCopyIsKnownEvenIfItsSourceIsGone(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            try await store.exchange("s1")
            try await store.write { try $0.fork("s1", at: nil, as: "s2", mark: "m") }
            try await store.delete(session: "s1")
            try await store.write { try $0.fork("s1", at: nil, as: "s2", mark: "m") }
            await #expect(throws: SessionError.notFound(session: "s1")) {
                try await store.write { try $0.fork("s1", at: nil, as: "s2", mark: "other") }
            }
            #expect(try await store.kinds("s2") == ["turnBegan", "message", "turnEnded", "forked"])
        }
    }
}
