import HTTPTypes
import NIOCore
import SageLLM
import SageResilience
import TestSupport
import Testing

/// A client of Gemini that is asked, and answers, in OpenAI's words.
struct ResilientGeminiClientTests {
    let request = ChatCompletionRequest(
        model: "gemini-x", messages: [ChatMessage(role: .user, content: "hi")])

    func client(_ transport: ScriptedTransport) throws -> ResilientLLMClient {
        try ResilientLLMClient(
            "test", .gemini(baseURL: "http://test", apiKey: "key-for-tests"), transport: transport,
            retry: RetryPolicy("test", RetryConfiguration(maxAttempts: 3, backoff: .fixed(.zero))))
    }

    static func answer(_ parts: String, finish: String? = "STOP") -> String {
        let finish = finish.map { #","finishReason":"\#($0)""# } ?? ""
        return #"{"responseId":"r","candidates":[{"content":{"parts":[\#(parts)]}\#(finish)}]}"#
    }

    @Test func anAnswerIsTranslated() async throws {
        let transport = ScriptedTransport(
            .error(503), .json(Self.answer(#"{"text":"hello"},{"functionCall":{"name":"f","args":{"a":1}}}"#)))
        let reply = try await client(transport).chat(request)
        let message = try #require(reply.choices.first?.message)
        #expect(message.content?.text == "hello")
        #expect(message.toolCalls?.first?.function?.arguments == #"{"a":1}"#)
        #expect(reply.choices.first?.finishReason == "tool_calls")
        #expect(transport.calls == 2)
        let sent = try #require(transport.requests.last)
        #expect(sent.url == "http://test/v1beta/models/gemini-x:generateContent")
        #expect(sent.headers[HTTPField.Name("x-goog-api-key") ?? .accept] == "key-for-tests")
        #expect(String(buffer: sent.body) == #"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#)
    }

    @Test func aStreamIsTranslated() async throws {
        let transport = ScriptedTransport(
            // Blocked before any content: the next attempt is asked.
            .stream("data: \(Self.answer("", finish: "MALFORMED_FUNCTION_CALL"))\n\n"),
            .stream(
                "data: \(Self.answer(#"{"text":"hel"}"#, finish: nil))\n\nda",
                "ta: \(Self.answer(#"{"text":"lo"}"#, finish: "MAX_TOKENS"))\n\n"))
        let stream = try await client(transport).stream(request)
        var text = ""
        var reason: String?
        for try await chunk in stream {
            text += chunk.choices.first?.delta.content ?? ""
            reason = chunk.choices.first?.finishReason ?? reason
        }
        #expect(text == "hello")
        #expect(reason == "length")
        #expect(transport.calls == 2)
        #expect(transport.requests.last?.url == "http://test/v1beta/models/gemini-x:streamGenerateContent?alt=sse")
    }

    @Test func aStreamWithoutItsEndFails() async throws {
        let transport = ScriptedTransport(.stream("data: \(Self.answer(#"{"text":"hel"}"#, finish: nil))\n\n"))
        let stream = try await client(transport).stream(request)
        let error = await #expect(throws: ProviderError.self) { for try await _ in stream {} }
        #expect(error?.kind == .truncatedStream)
    }

    @Test func aBlockedPromptIsNotAskedAgain() async throws {
        let transport = ScriptedTransport(.json(#"{"promptFeedback":{"blockReason":"SAFETY"}}"#))
        let error = await #expect(throws: ProviderError.self) { try await client(transport).chat(request) }
        #expect(error?.classification.errorClass == .contentPolicy)
        #expect(transport.calls == 1)
    }

    @Test func whatGeminiCannotSayIsNotSent() async throws {
        let transport = ScriptedTransport(.json(Self.answer(#"{"text":"x"}"#)))
        var request = request
        request.n = 9
        let error = await #expect(throws: TranslationError.self) { try await client(transport).chat(request) }
        #expect(error?.parameter == "n")
        #expect(transport.calls == 0)
    }
}
