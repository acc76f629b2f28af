import Testing

@testable import SageLLM

struct ThoughtSignatureTests {
    @Test func geminisOwnComesBackToItAlone() {
        let signature = ThoughtSignature.fromGemini("AAEC")
        #expect(ThoughtSignature.isGemini(signature))
        #expect(ThoughtSignature.toGemini(signature) == "AAEC")
        #expect(ThoughtSignature.toGeminiClient(signature) == "AAEC")
        #expect(ThoughtSignature.toGemini("EqQBCgIYAhIM") == nil)
    }

    @Test func anotherOnesGoesThroughAGeminiClient() {
        let wire = ThoughtSignature.toGeminiClient("EqQBCgIYAhIM")
        #expect(wire.utf8.allSatisfy { ErrorText.isAlphanumeric($0) || "+/=".utf8.contains($0) })
        #expect(ThoughtSignature.fromGemini(wire) == "EqQBCgIYAhIM")
    }

    @Test func geminisIsNoneForAnthropic() throws {
        var request = NeutralRequest.saying(
            NeutralMessage(.user, [.text("q")]),
            NeutralMessage(.assistant, [.thinking("hm", signature: "gemini:AA"), .text("a")]),
            NeutralMessage(.user, [.text("q")]))
        let json = try MessagesTranslation.writeRequest(&request)
        #expect(!json.description.contains("gemini:"))
        let events = try write(
            [.thinking("hm", choice: 0), .thinkingSignature("gemini:AA", choice: 0), .text("a", choice: 0)],
            MessagesTranslation.self)
        #expect(!events.contains { $0.dataText.contains("gemini:") })
        #expect(events.contains { $0.dataText.contains(ForeignThinking.mark) })
    }

    @Test func aCallsGoesThroughAChatAndBack() throws {
        let answer = #"""
            {"responseId":"r","candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}},
            "thoughtSignature":"AAEC"}]},"finishReason":"STOP"}]}
            """#
        let reply = try GenerateContentTranslation.readReply(JSONValue(parsing: answer))
        let chat = ChatCompletionsTranslation.writeReply(reply, .test)
        let message = try #require(chat["choices"]?[0]?["message"])
        var request = try ChatCompletionsTranslation.readRequest([
            "model": "m", "messages": [["role": "user", "content": "q"], message],
        ])
        let json = try GenerateContentTranslation.writeRequest(&request)
        #expect(json["contents"]?[1]?["parts"]?[0]?["thoughtSignature"] == "AAEC")
        // And out of a stream.
        let chunks = try write(read([answer], GenerateContentTranslation.self), ChatCompletionsTranslation.self)
        #expect(chunks.contains { $0.dataText.contains(#""thought_signature":"gemini:AAEC""#) })
    }
}
