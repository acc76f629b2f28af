import HTTPTypes
import SageLLM
import SageSessions
import TestSupport
import Testing

@testable import SageGateway

struct SessionListTests {
    private static let names = ["a", "b"]

    /// A server with two keys.
    private func run(_ body: (ServerFixture, ConversationStore) async throws -> Void) async throws {
        try await AgentFixture.with(ScriptedTransport()) { configuration in
            configuration.keys = Self.names.map { .init(name: $0, hash: KeyDigest(key: "secret-\($0)")) }
        } _: { server in
            try await body(server, try server.agent.conversations())
        }
    }

    private static func headers(_ name: String) -> HTTPFields { [.authorization: "Bearer secret-\(name)"] }

    private static func begin(_ id: String, of name: String, in store: ConversationStore) async throws -> OpenTurn {
        let start = try await store.beginTurn(session: "key:\(name)/\(id)", message: SageSessions.Message(.user, "hi"))
        guard case .began(let turn) = start else { throw Unexpected() }
        return turn
    }

    private struct Unexpected: Error {}

    /// One page: the ids, and where the next one begins.
    private func page(
        _ server: ServerFixture, _ name: String, limit: Int, cursor: String? = nil, state: String? = nil
    ) async throws -> (ids: [String], next: String?) {
        var path = "/sessions?limit=\(limit)"
        if let cursor { path += "&cursor=\(cursor)" }
        if let state { path += "&state=\(state)" }
        let answer = try await server.send(.get, path, headers: Self.headers(name))
        #expect(answer.status == 200, "\(answer.body)")
        let ids = answer.json?["sessions"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
        return (ids, answer.json?["next_cursor"]?.stringValue)
    }

    @Test func pagesAreFullAndHoldTheCallersConversationsAlone() async throws {
        try await run { server, store in
            // Many of the other key lie between, and one of this key that looks like the other's.
            for index in 0..<7 {
                try await Self.begin("\(index)", of: "a", in: store).end()
                for other in 0..<5 { try await Self.begin("\(index)-\(other)", of: "b", in: store).end() }
            }
            try await Self.begin("key:b/0", of: "a", in: store).end()
            let first = try await page(server, "a", limit: 3)
            #expect(first.ids == ["key:b/0", "6", "5"])
            let second = try await page(server, "a", limit: 3, cursor: first.next)
            #expect(second.ids == ["4", "3", "2"])
            let third = try await page(server, "a", limit: 3, cursor: second.next)
            #expect(third.ids == ["1", "0"])
            #expect(third.next == nil)
            #expect(try await page(server, "b", limit: 1_000).ids.count == 35)
        }
    }

    @Test func whatComesAndGoesMeanwhileMovesNothing() async throws {
        try await run { server, store in
            for index in 0..<6 { try await Self.begin("\(index)", of: "a", in: store).end() }
            let first = try await page(server, "a", limit: 2)
            #expect(first.ids == ["5", "4"])
            for name in Self.names { try await Self.begin("new", of: name, in: store).end() }
            #expect(try await server.send(.delete, "/sessions/5", headers: Self.headers("a")).status == 200)
            #expect(try await server.send(.delete, "/sessions/2", headers: Self.headers("a")).status == 200)
            let second = try await page(server, "a", limit: 2, cursor: first.next)
            #expect(second.ids == ["3", "1"])
            let third = try await page(server, "a", limit: 2, cursor: second.next)
            #expect(third.ids == ["0"])
            #expect(third.next == nil)
        }
    }

    @Test func aStateIsAskedOfTheCallersConversationsAlone() async throws {
        try await run { server, store in
            for index in 0..<4 { try await Self.begin("\(index)", of: "a", in: store).end() }
            let running = try await Self.begin("running", of: "a", in: store)
            let other = try await Self.begin("other", of: "b", in: store)
            #expect(try await page(server, "a", limit: 3, state: "running").ids == ["running"])
            let idle = try await page(server, "a", limit: 4, state: "idle")
            #expect(idle.ids == ["3", "2", "1", "0"])
            #expect(idle.next == nil)
            try await running.end()
            try await other.end()
        }
    }

    @Test func withoutKeysNoConversationOfAKeyIsListed() async throws {
        try await AgentFixture.with(ScriptedTransport()) { server in
            let store = try server.agent.conversations()
            try await Self.begin("hidden", of: "a", in: store).end()
            for id in ["one", "a/b", "key:mine"] {
                let stored = SessionScope(nil).stored(id)
                guard
                    case .began(let turn) = try await store.beginTurn(
                        session: stored, message: SageSessions.Message(.user, "hi"))
                else { throw Unexpected() }
                try await turn.end()
            }
            #expect(try await page(server, "a", limit: 2).ids == ["key:mine", "a/b"])
            #expect(try await page(server, "a", limit: 1_000).ids == ["key:mine", "a/b", "one"])
        }
    }

    @Test func aScopeSelectsWhatItShows() throws {
        let key = try ClientKey(.init(name: "a", hash: KeyDigest(key: "a")), clock: ContinuousClock(), listener: nil)
        let scopes = [SessionScope(key), SessionScope(nil), .everything]
        let ids = [
            "s", "a/b", "key:a/s", "key:a/b/s", "key:b/s", "key:/s", "key:/key:a/s", "key:", "key:a", "KEY:a/s", "/",
        ]
        for scope in scopes {
            for id in ids { #expect(scope.selection.contains(id) == (scope.shown(id) != nil), "\(id)") }
        }
    }
}
