import HTTPTypes
import SageLLM
import SageStorage
import TestSupport
import Testing

@testable import SageGateway

/// What is told of requests for conversations and memory.
struct AgentRequestTests {
    private func lines(_ server: ServerFixture) -> [LogRecorder.Entry] {
        server.relay.log.entries.filter { $0.message == "request" }
    }

    private func counted(_ server: ServerFixture, _ route: String) -> [String] {
        server.relay.telemetry.lines("sage_requests_total").filter { $0.contains("route=\"\(route)\"") }
    }

    @Test func aTurnIsOneRequestAndItsCallsAreCalls() async throws {
        let transport = ScriptedTransport(AgentFixture.call("memory_search", #"{"query":"a"}"#), .completion("done"))
        try await AgentFixture.with(transport, { $0.agent.memoryTools = true }) { server in
            let answer = try await server.turn("hi", ["memory": false])
            let line = try #require(lines(server).first)
            #expect(lines(server).count == 1)
            #expect(line["route"] == "/chat")
            #expect(line["model"] == "smart")
            #expect(line["target"] == "a/m")
            #expect(line["attempts"] == "2")
            #expect(line["input_tokens"] == "3")
            #expect(line["request_id"] == answer["x-sage-request-id"])
            #expect(server.relay.log.entries.count { $0.message == "model call" } == 2)
            #expect(try #require(answer["x-sage-overhead-ms"].flatMap(Double.init)) >= 0)
            #expect(
                counted(server, "/chat") == [
                    #"sage_requests_total{error_class="none",model="smart",outcome="success",route="/chat"} 1"#
                ])
            #expect(server.relay.telemetry.lines("sage_requests_in_flight") == ["sage_requests_in_flight 0"])
        }
    }

    @Test func aStreamThatFailsIsNoSuccess() async throws {
        try await AgentFixture.with(ScriptedTransport(.error(400, "no"))) { server in
            let answer = try await server.turn("hi", ["stream": true, "memory": false])
            #expect(answer.body.contains("event: error"))
            #expect(answer["x-sage-overhead-ms"] != nil)
            let line = try #require(lines(server).first)
            #expect(line["outcome"] == "client_error")
            #expect(line["stream"] == "true")
            #expect(lines(server).count == 1)
        }
    }

    @Test(
        "A request that no store can answer is told too",
        arguments: [
            (HTTPRequest.Method.post, "/chat", "/chat"), (.get, "/sessions", "/sessions"),
            (.get, "/sessions/a", "/sessions/{id}"), (.get, "/sessions/a/export", "/sessions/{id}/export"),
            (.post, "/sessions/a/resume", "/sessions/{id}/resume"), (.get, "/memory/search?q=x", "/memory/search"),
            (.get, "/memory/x", "/memory/{id}"), (.delete, "/sessions/import", "/sessions/{id}"),
        ])
    func unavailable(method: HTTPRequest.Method, path: String, route: String) async throws {
        let server = try ServerFixture { $0.agent.model = "smart" }
        let answer = try await server.send(method, path, body: Self.body(path))
        #expect(answer.status == 503)
        let line = try #require(lines(server).first)
        #expect(line["route"] == route)
        #expect(line["status"] == "503")
        #expect(line["error_code"] == "store_unavailable")
        #expect(counted(server, route).first?.contains(#"outcome="policy_rejected""#) == true)
    }

    private static func body(_ path: String) -> String { path == "/chat" ? #"{"message":"hi"}"# : "" }

    @Test func otherRequestsCountForTheKeyToo() async throws {
        let server = try ServerFixture { configuration in
            configuration.keys = [.init(name: "k", hash: KeyDigest(key: "sk-1"))]
            configuration.keys[0].requestsPerMinute = 2
        }
        await server.agent.stores.open(within: .seconds(600))
        let headers: HTTPFields = [.authorization: "Bearer sk-1"]
        var statuses: [Int] = []
        for _ in 0..<3 { statuses.append(try await server.send(.get, "/sessions", headers: headers).status) }
        #expect(statuses == [200, 200, 429])
        #expect(lines(server).allSatisfy { $0["key"] == "k" })
        await server.agent.stores.close()
    }
}
