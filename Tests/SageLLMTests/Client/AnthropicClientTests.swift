import HTTPTypes
import NIOCore
import SageResilience
import TestSupport
import Testing

@testable import SageLLM

/// A client of Anthropic's, asked and answering in OpenAI's words.
struct AnthropicClientTests {
    let request = ChatCompletionRequest(
        model: "claude-sonnet-4-5",
        messages: [ChatMessage(role: .system, content: "be brief"), ChatMessage(role: .user, content: "hi")])
    let breaker: CircuitBreaker

    init() throws {
        breaker = CircuitBreaker("test", try CircuitBreakerConfiguration(consecutiveFailures: 3))
    }

    func client(_ transport: ScriptedTransport) throws -> ResilientLLMClient {
        try ResilientLLMClient(
            "test", .anthropic(baseURL: "http://test", apiKey: "key-for-tests"), transport: transport,
            circuitBreaker: breaker,
            retry: RetryPolicy("test", RetryConfiguration(maxAttempts: 3, backoff: .fixed(.zero))))
    }

    @Test func answersWithACompletion() async throws {
        let transport = ScriptedTransport(.json(ReplyTranslationTests.message(#"[{"type":"text","text":"hello"}]"#)))
        let reply = try await client(transport).chat(request)
        #expect(reply.choices.first?.message.content?.text == "hello")
        #expect(reply.choices.first?.finishReason == "stop")
        let sent = try #require(transport.requests.first)
        #expect(sent.url == "http://test/v1/messages")
        #expect(sent.headers[.anthropicKey] == "key-for-tests")
        #expect(sent.headers[.anthropicVersion] == "2023-06-01")
        #expect(
            try JSONValue(parsing: sent.body) == [
                "model": "claude-sonnet-4-5", "max_tokens": 8_192, "system": "be brief",
                "messages": [["role": "user", "content": "hi"]],
            ])
    }

    @Test func streamsChunks() async throws {
        let transport = ScriptedTransport(.stream(MessagesText.stream))
        var texts: [String] = []
        var reasons: [String] = []
        for try await chunk in try await client(transport).stream(request) {
            texts += [chunk.choices.first?.delta.content].compactMap(\.self).filter { !$0.isEmpty }
            reasons += [chunk.choices.first?.finishReason].compactMap(\.self)
        }
        #expect(texts == ["hi"])
        #expect(reasons == ["stop"])
        #expect(try JSONValue(parsing: transport.requests[0].body)["stream"] == true)
        #expect(breaker.snapshot().failures == 0)
        #expect(breaker.snapshot().calls == 1)
    }

    @Test func overloadIsTriedAgain() async throws {
        let transport = ScriptedTransport(
            .json(MessagesText.error, status: 529),
            .stream(MessagesText.event(MessagesText.start) + MessagesText.event(MessagesText.error)),
            .stream(MessagesText.stream))
        for try await _ in try await client(transport).stream(request) {}
        #expect(transport.calls == 3)
    }

    @Test func streamThatBreaksOffThrows() async throws {
        let transport = ScriptedTransport(
            .stream([MessagesText.start, MessagesText.text].map(MessagesText.event).joined()))
        let client = try client(transport)
        let error = await #expect(throws: ProviderError.self) {
            for try await _ in try await client.stream(request) {}
        }
        #expect(error?.kind == .truncatedStream)
    }

    @Test func requestThatAnthropicCannotAnswerIsNotSent() async throws {
        let transport = ScriptedTransport(.error(500))
        let client = try client(transport)
        var request = request
        request.n = 2
        let error = await #expect(throws: TranslationError.self) { try await client.chat(request) }
        #expect(error?.parameter == "n")
        #expect(transport.calls == 0)
        #expect(breaker.snapshot().calls == 0)
    }
}
