import HTTPTypes
import SageLLM
import SageTesting
import TestSupport
import Testing

@testable import SageGateway

struct ClientKeyEndpointTests {
    private static let key = "sk-sage-a-0123456789"
    private static let chat = #"{"model":"smart","messages":[{"role":"user","content":"hi"}]}"#

    private func fixture(
        client: String? = "127.0.0.1", transport: ScriptedTransport = ScriptedTransport(.completion()),
        _ change: (inout GatewayConfiguration.ClientKey) -> Void = { _ in }
    ) throws -> ServerFixture {
        var key = GatewayConfiguration.ClientKey(name: "team-a", hash: KeyDigest(key: Self.key))
        change(&key)
        return try ServerFixture(transport, client: client) { $0.keys = [key] }
    }

    private static let bearer: HTTPFields = [.authorization: "Bearer \(key)"]

    @Test(arguments: [
        ("/v1/chat/completions", chat), ("/v1/responses", #"{"model":"smart","input":"hi"}"#),
        ("/v1/embeddings", #"{"model":"smart","input":"hi"}"#),
        ("/v1/messages", #"{"model":"smart","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}"#),
        ("/v1/messages/count_tokens", #"{"model":"smart","messages":[{"role":"user","content":"hi"}]}"#),
        ("/v1beta/models/smart:generateContent", #"{"contents":[{"parts":[{"text":"hi"}]}]}"#),
    ])
    func everyModelEndpointNeedsAKey(_ path: String, _ body: String) async throws {
        let fixture = try fixture()
        for headers in [HTTPFields(), [.authorization: "Bearer other"]] {
            let answer = try await fixture.send(.post, path, body: body, headers: headers)
            #expect(answer.status == 401)
            #expect(answer["www-authenticate"] == "Bearer")
            #expect(!answer.body.contains("team-a") && !answer.body.contains("sha256"))
        }
        #expect(fixture.relay.transports["a"]?.requests.isEmpty == true)
    }

    @Test func theErrorIsInTheClientsDialect() async throws {
        let fixture = try fixture()
        let openAI = try await fixture.send(.post, "/v1/chat/completions", body: Self.chat)
        #expect(openAI.error?.type == "authentication_error" && openAI.error?.code == "unauthorized")
        let anthropic = try await fixture.send(.post, "/v1/messages", body: "{}")
        #expect(anthropic.body.contains(#""type":"error""#) && anthropic.body.contains("authentication_error"))
        let gemini = try await fixture.send(.post, "/v1beta/models/smart:generateContent", body: "{}")
        #expect(gemini.body.contains("UNAUTHENTICATED"))
    }

    @Test func aKeyOpensTheDoorAndGoesNoFurther() async throws {
        let fixture = try fixture()
        let answer = try await fixture.send(.post, "/v1/chat/completions", body: Self.chat, headers: Self.bearer)
        #expect(answer.status == 200)
        let upstream = try #require(fixture.relay.transports["a"]?.requests.first)
        #expect(upstream.headers[.authorization] == "Bearer secret-key-of-a")
        #expect(upstream.headers.allSatisfy { !$0.value.contains(Self.key) })
        let line = try #require(fixture.relay.log.entries.last { $0.message == "request" })
        #expect(line["key"] == "team-a")
        #expect(fixture.relay.log.entries.allSatisfy { !"\($0)".contains(Self.key) })
    }

    @Test func aModelThatTheKeyMayNotAskForIsUnknown() async throws {
        let fixture = try fixture { $0.models = ["a/*"].compactMap { ModelPattern($0) } }
        let refused = try await fixture.send(.post, "/v1/chat/completions", body: Self.chat, headers: Self.bearer)
        #expect(refused.status == 404 && refused.error?.code == "model_not_found")
        #expect(refused.error?.message == "model: \"smart\" is not known; available: a/m")
        let allowed = #"{"model":"a/m","messages":[{"role":"user","content":"hi"}]}"#
        #expect(
            try await fixture.send(.post, "/v1/chat/completions", body: allowed, headers: Self.bearer).status == 200)
        let models = try await fixture.send(.get, "/v1/models", headers: Self.bearer)
        #expect(models.body.contains("a/m") && !models.body.contains("smart"))
        #expect(try await fixture.send(.get, "/v1/models").status == 401)
    }

    @Test func aKeysLimitIsTold() async throws {
        let fixture = try fixture { $0.requestsPerMinute = 1 }
        #expect(
            try await fixture.send(.post, "/v1/chat/completions", body: Self.chat, headers: Self.bearer).status == 200)
        let answer = try await fixture.send(.post, "/v1/chat/completions", body: Self.chat, headers: Self.bearer)
        #expect(answer.status == 429 && answer.error?.code == "rate_limited")
        #expect(answer["retry-after"] == "60")
        fixture.relay.clock.advance(by: .seconds(60))
        #expect(
            try await fixture.send(.post, "/v1/chat/completions", body: Self.chat, headers: Self.bearer).status == 200)
    }

    @Test func aKeysTokensAreSettledByTheUsage() async throws {
        let fixture = try fixture { $0.tokensPerMinute = 2_000 }
        // Each is estimated at more than half of it, and uses far less.
        for _ in 0..<3 {
            let answer = try await fixture.send(.post, "/v1/chat/completions", body: Self.chat, headers: Self.bearer)
            #expect(answer.status == 200)
        }
    }

    @Test func theStatusOpensToKeysFromElsewhere() async throws {
        let fixture = try fixture(client: "203.0.113.5") { $0.requestsPerMinute = 5 }
        #expect(try await fixture.send(.get, "/status").status == 401)
        let answer = try await fixture.send(.get, "/status", headers: Self.bearer)
        #expect(answer.status == 200)
        #expect(answer.body.contains(#""name":"key:team-a:requests""#))
        #expect(!answer.body.contains("sha256"))
        #expect(try await fixture.send(.get, "/health").status == 200)
    }

    @Test(arguments: ["urgent", "", "NORMAL"])
    func anUnknownPriorityIsRefused(_ priority: String) async throws {
        var headers = Self.bearer
        headers[.requestPriority] = priority
        let answer = try await fixture().send(.post, "/v1/chat/completions", body: Self.chat, headers: headers)
        #expect(answer.status == 400 && answer.error?.param == "x-sage-priority")
    }
}
