import HTTPTypes
import SageLLM
import TestSupport
import Testing

@testable import SageGateway

/// Gemini's paths, answered by a provider of OpenAI's dialect.
struct GeminiEndpointTests {
    private static let body = #"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#
    private static let stream = ChatText.token("a") + ChatText.token("b") + ChatText.finish + ChatText.done

    private func ask(_ path: String, _ reply: ScriptedReply) async throws -> ServerFixture.Answer {
        try await ServerFixture(ScriptedTransport(reply)).send(.post, path, body: Self.body)
    }

    @Test func aStreamWithoutEventsIsAnArray() async throws {
        let answer = try await ask("/v1beta/models/smart:streamGenerateContent", .stream(Self.stream))
        #expect(answer.status == 200)
        #expect(answer["content-type"] == "application/json")
        let elements = try #require(answer.json?.arrayValue)
        let texts = elements.compactMap {
            $0["candidates"]?.arrayValue?.first?["content"]?["parts"]?.arrayValue?.first?["text"]?.stringValue
        }
        #expect(texts.joined() == "ab")
    }

    @Test func aStreamOfEventsIsOne() async throws {
        let answer = try await ask("/v1beta/models/smart:streamGenerateContent?alt=sse", .stream(Self.stream))
        #expect(answer["content-type"] == "text/event-stream")
        #expect(answer.body.hasPrefix("data: {"))
    }

    @Test func anArrayThatBreaksOffEndsWithTheError() async throws {
        let answer = try await ask(
            "/v1beta/models/smart:streamGenerateContent", .stream(ChatText.token("a"), ending: .complete))
        let last = try #require(answer.json?.arrayValue?.last)
        #expect(last["error"]?["details"]?.arrayValue?.first?["reason"]?.stringValue == "UPSTREAM_TRUNCATED")
    }

    @Test(arguments: ["/v1beta/models/smart", "/v1beta/models/smart:explain", "/v1beta/models/:"])
    func whatIsNoMethodIsToldInGeminisWords(_ path: String) async throws {
        let answer = try await ask(path, .completion())
        #expect(answer.status == 404)
        #expect(answer.json?["error"]?["status"]?.stringValue == "NOT_FOUND")
    }
}
