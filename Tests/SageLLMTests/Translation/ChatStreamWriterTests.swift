import NIOCore
import Testing

@testable import SageLLM

struct ChatStreamWriterTests {
    typealias Event = NeutralStreamEvent

    func chunks(_ events: [Event], _ context: TranslationContext = .test) throws -> [JSONValue] {
        let written = try write(events, ChatCompletionsTranslation.self, context)
        #expect(written.last?.dataText == "[DONE]")
        return try written.dropLast().map { event in
            #expect(event.event == nil)
            let json = try JSONValue(parsing: event.data)
            #expect(json["object"] == "chat.completion.chunk")
            #expect(json["created"] == 1_700)
            #expect(json["model"] == "alias")
            return json
        }
    }

    @Test func roleComesFirstAndCountsLast() throws {
        let chunks = try chunks([
            .start(id: "msg_1", model: "claude"), .usage(TokenCounts(prompt: 3, completion: 1)),
            .thinking("h", choice: 0), .thinking("m", choice: 0), .thinkingSignature("s", choice: 0),
            .redactedThinking("d", choice: 0), .text("a", choice: 0),
            .toolCallStart(id: "t1", name: "f", index: 0, choice: 0), .toolCallArguments("{}", index: 0, choice: 0),
            .finish(.toolCalls, stopSequence: nil, choice: 0), .usage(TokenCounts(completion: 5)),
        ])
        #expect(Set(chunks.map { $0["id"] }) == ["chatcmpl-msg_1"])
        let deltas = chunks.compactMap { $0["choices"]?[0]?["delta"] }
        #expect(
            deltas == [
                ["role": "assistant", "content": ""], ["reasoning_content": "h"], ["reasoning_content": "m"],
                ["thinking_blocks": [["type": "thinking", "thinking": "hm", "signature": "s"]]],
                ["thinking_blocks": [["type": "redacted_thinking", "data": "d"]]], ["content": "a"],
                [
                    "tool_calls": [
                        ["index": 0, "id": "t1", "type": "function", "function": ["name": "f", "arguments": ""]]
                    ]
                ],
                ["tool_calls": [["index": 0, "function": ["arguments": "{}"]]]], [:],
            ])
        #expect(
            chunks.compactMap { $0["choices"]?[0]?["finish_reason"] }
                == Array(repeating: JSONValue.null, count: 8) + ["tool_calls"])
        #expect(chunks.last?["choices"] == [])
        #expect(chunks.last?["usage"] == ["prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8])
        #expect(chunks.filter { $0["usage"] != nil }.count == 1)
    }

    @Test func countsAreShownOnlyToThoseWhoAsked() throws {
        var context = TranslationContext.test
        context.includesUsage = false
        let chunks = try chunks([.text("a", choice: 0), .usage(TokenCounts(prompt: 1))], context)
        #expect(chunks.allSatisfy { $0["usage"] == nil })
        #expect(chunks.last?["choices"]?[0]?["finish_reason"] == "stop")
    }

    @Test func everyChoiceHasItsRoleAndItsEnd() throws {
        let chunks = try chunks([
            .text("a", choice: 1), .text("b", choice: 0), .finish(.length, stopSequence: nil, choice: 1),
        ])
        let ends = chunks.compactMap { $0["choices"]?[0] }.filter {
            $0["finish_reason"] != nil && $0["finish_reason"] != .null
        }
        #expect(ends.map { $0["index"] } == [1, 0])
        #expect(ends.map { $0["finish_reason"] } == ["length", "stop"])
        #expect(chunks.filter { $0["choices"]?[0]?["delta"]?["role"] != nil }.count == 2)
    }

    @Test func signatureOfThinkingThatIsTooLongIsNotShown() throws {
        let text = String(repeating: "x", count: 700_000)
        let chunks = try chunks([
            .thinking(text, choice: 0), .thinking(text, choice: 0), .thinkingSignature("s", choice: 0),
            .thinking("b", choice: 0), .thinkingSignature("t", choice: 0),
        ])
        #expect(
            chunks.compactMap { $0["choices"]?[0]?["delta"]?["thinking_blocks"] } == [
                [["type": "thinking", "thinking": "b", "signature": "t"]]
            ])
    }
}
