import NIOCore
import Testing

@testable import SageLLM

struct SimulatedReplyTests {
    static let call = ToolCall(id: "call_1", name: "weather", arguments: #"{"city":"Oslo"}"#)

    static func reply(_ text: String, _ call: ToolCall? = nil) -> SimulatedReply {
        SimulatedReply(
            id: "chatcmpl-1", created: 7, model: "sage-sim", text: text, toolCalls: call.map { [$0] } ?? [],
            promptTokens: 4)
    }

    @Test func bodyIsACompletion() {
        let expected =
            #"{"id":"chatcmpl-1","object":"chat.completion","created":7,"model":"sage-sim","choices":[{"index":0,"#
            + #""message":{"role":"assistant","content":"hello there","refusal":null},"finish_reason":"stop","#
            + #""logprobs":null}],"#
            + #""usage":{"prompt_tokens":4,"completion_tokens":3,"total_tokens":7}}"#
        #expect(String(buffer: Self.reply("hello there").body) == expected)
    }

    @Test func toolCallWithoutTextHasNullContent() {
        let message = Self.reply("", Self.call).completion.json["choices"]?[0]?["message"]
        #expect(message?["content"] == .null)
        #expect(message?["tool_calls"]?[0]?["function"]?["name"] == "weather")
        #expect(Self.reply("", Self.call).finishReason == "tool_calls")
    }

    @Test(arguments: ["", "one", "one two", "  leading  and   trailing \n", "é 漢字 😀", "a\r\nb"])
    func joinedChunksAreTheText(_ text: String) throws {
        for call in [nil, Self.call] {
            let reply = Self.reply(text, call)
            let chunks = reply.chunks(includeUsage: true)
            #expect(chunks.compactMap { $0.choices.first?.delta.content }.joined() == text)
            let parts = chunks.compactMap { $0.choices.first?.delta.toolCalls?.first?.function }
            #expect(parts.compactMap(\.arguments).joined() == call?.function?.arguments ?? "")
            #expect(chunks.last?.usage == reply.usage)
            #expect(chunks.last?.choices == [])
            #expect(reply.chunks(includeUsage: false).allSatisfy { $0.usage == nil && !$0.choices.isEmpty })
        }
    }

    @Test func eventsAreAWholeStreamForTheInspector() throws {
        let events = try ServerSentEventParserTests.parse(Self.reply("one two", Self.call).events(includeUsage: true))
            .events
        var inspector = ChatStreamInspector()
        let signals = events.map { inspector.inspect($0) }
        #expect(
            signals == [.bookkeeping, .content, .content, .content, .content, .bookkeeping, .bookkeeping, .done])
        #expect(inspector.verdict(incompleteEvent: nil) == .complete)
        #expect(inspector.usage?.prompt == 4)
        #expect(inspector.finishReasons == [0: "tool_calls"])
    }

    @Test func runningChunksSayThatTheyAreNotFinished() {
        let first = Self.reply("x").events(includeUsage: false).first
        let expected =
            #"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"sage-sim","#
            + #""choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"#
            + #""finish_reason":null,"logprobs":null}]}"# + "\n\n"
        #expect(first == buffer(expected))
    }

    @Test func toolCallAloneBeginsInTheFirstChunk() {
        let call = ToolCall(id: "call_1", name: "t", arguments: #"{"a": 1, "b": 2}"#)
        let deltas = Self.reply("", call).chunks(includeUsage: false).compactMap { $0.choices.first?.delta.json }
        #expect(deltas.count == 6)
        #expect(
            deltas[0] == [
                "role": "assistant", "content": nil, "refusal": nil,
                "tool_calls": [
                    ["index": 0, "id": "call_1", "type": "function", "function": ["name": "t", "arguments": ""]]
                ],
            ])
        #expect(deltas[1] == ["tool_calls": [["index": 0, "function": ["arguments": #"{"a": "#]]]])
        #expect(deltas[5] == [:])
    }

    @Test func parallelToolCallsKeepTheirPlaces() {
        let calls = [Self.call, ToolCall(id: "call_2", name: "clock", arguments: "{}")]
        for text in ["", "first"] {
            let reply = SimulatedReply(id: "c", created: 1, model: "m", text: text, toolCalls: calls)
            let deltas = reply.chunks(includeUsage: false).compactMap { $0.choices.first?.delta.toolCalls?.first }
            #expect(deltas.map(\.index) == [0, 0, 1, 1])
            #expect(deltas.map(\.id) == ["call_1", nil, "call_2", nil])
            #expect(deltas.compactMap(\.function?.arguments).joined() == #"{"city":"Oslo"}{}"#)
            #expect(reply.completion.choices.first?.message.toolCalls == calls)
            #expect(reply.usage.completionTokens == SimulatedReply.estimatedTokens(text) + 9)
        }
    }

    @Test func reasoningComesFirstAndCounts() {
        let reply = SimulatedReply(id: "c", created: 1, model: "m", text: "so", reasoning: "let me see")
        #expect(reply.completion.json["choices"]?[0]?["message"]?["reasoning_content"] == "let me see")
        let deltas = reply.chunks(includeUsage: false).map { $0.json["choices"]?[0]?["delta"] }
        #expect(deltas.compactMap { $0?["reasoning_content"]?.stringValue }.joined() == "let me see")
        #expect(deltas[1]?["content"] == .null)
        #expect(deltas[4]?["content"] == "so")
        #expect(reply.usage.json["completion_tokens_details"]?["reasoning_tokens"] == 3)
        #expect(reply.usage.completionTokens == 4)
    }

    @Test func usageIsNullUntilTheLastChunkWhenAskedFor() {
        let chunks = Self.reply("one two").chunks(includeUsage: true).map(\.json)
        #expect(chunks.dropLast().allSatisfy { $0["usage"] == .null })
        #expect(chunks.last?["usage"]?["total_tokens"] == 6)
        #expect(Self.reply("one two").chunks(includeUsage: false).allSatisfy { $0.json["usage"] == nil })
    }

    @Test func answerWithoutFinishReasonSaysNull() {
        var reply = Self.reply("one")
        reply.finishReason = nil
        #expect(reply.completion.json["choices"]?[0]?["finish_reason"] == .null)
        let chunks = reply.chunks(includeUsage: false).map(\.json)
        #expect(chunks.count == 2)
        #expect(chunks.allSatisfy { $0["choices"]?[0]?["finish_reason"] == .null })
        reply.finishReason = "length"
        #expect(reply.chunks(includeUsage: false).last?.choices.first?.finishReason == "length")
    }

    @Test(arguments: [("", 0), ("a", 1), ("a b c d e", 5), ("internationalization", 5), ("abcd", 1), ("abcde", 2)])
    func estimateIsWordsOrAQuarterOfTheBytes(_ text: String, _ expected: Int) {
        #expect(SimulatedReply.estimatedTokens(text) == expected)
    }

    @Test func estimateOfARequestAddsFourForEachMessage() {
        let messages = [ChatMessage(role: .system, content: "be brief"), ChatMessage(role: .assistant)]
        #expect(SimulatedReply.estimatedTokens(messages) == 10)
    }
}
