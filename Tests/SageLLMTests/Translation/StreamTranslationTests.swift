import NIOCore
import Testing

@testable import SageLLM

struct StreamTranslationTests {
    typealias Text = MessagesText

    /// A stream of Anthropic's with thinking, text and two calls.
    static let messages: String = [
        Text.start, Text.blockStart(0, #"{"type":"thinking","thinking":"","signature":""}"#),
        Text.delta(0, #"{"type":"thinking_delta","thinking":"hm ä😀"}"#),
        Text.delta(0, #"{"type":"signature_delta","signature":"sig"}"#), Text.blockStop, Text.ping,
        Text.blockStart(1, #"{"type":"text","text":""}"#), Text.delta(1, #"{"type":"text_delta","text":"line\nline"}"#),
        #"{"type":"content_block_stop","index":1}"#,
        Text.blockStart(2, #"{"type":"tool_use","id":"t1","name":"f","input":{}}"#),
        Text.delta(2, #"{"type":"input_json_delta","partial_json":"{\"x\":"}"#),
        Text.delta(2, #"{"type":"input_json_delta","partial_json":"1}"}"#), #"{"type":"content_block_stop","index":2}"#,
        Text.blockStart(3, #"{"type":"tool_use","id":"t2","name":"g","input":{}}"#),
        #"{"type":"content_block_stop","index":3}"#,
        Text.messageDelta("tool_use"), Text.stop,
    ].map(Text.event).joined()

    /// A stream of chat completions with the same, and the calls interleaved.
    static let chat: String =
        [
            StreamReaderTests.chunk(#"{"role":"assistant","content":""}"#),
            StreamReaderTests.chunk(#"{"reasoning_content":"hm ä😀"}"#),
            StreamReaderTests.chunk(#"{"content":"line\nline"}"#),
            StreamReaderTests.chunk(
                #"{"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"f","arguments":""}},{"index":1,"id":"t2","type":"function","function":{"name":"g","arguments":""}}]}"#
            ),
            StreamReaderTests.chunk(#"{"tool_calls":[{"index":1,"function":{"arguments":"{"}}]}"#),
            StreamReaderTests.chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":1}"}}]}"#),
            StreamReaderTests.chunk(#"{"tool_calls":[{"index":1,"function":{"arguments":"}"}}]}"#),
            StreamReaderTests.chunk("{}", #""tool_calls""#),
            #"{"id":"c1","model":"gpt","choices":[],"usage":{"prompt_tokens":18,"completion_tokens":7,"total_tokens":25}}"#,
            "[DONE]",
        ].map { "data: \($0)\n\n" }.joined()

    /// What the translator makes of a stream that comes in such pieces.
    func translated(_ pieces: [ByteBuffer], from client: WireFormat, to provider: WireFormat) throws -> String {
        let translator = try #require(Translator(from: client, to: provider))
        let request = try JSONValue(
            parsing:
                #"{"max_tokens":9,"messages":[{"role":"user","content":"hi"}],"stream":true,"stream_options":{"include_usage":true}}"#
        )
        var stream = try #require(try translator.translate(request, model: "m", .test).answer.makeStream())
        var parser = ServerSentEventParser()
        var output = ByteBuffer()
        for piece in pieces {
            parser.append(piece)
            while let event = try parser.next() {
                if event.isDispatched { try stream.translate(event, to: &output) }
            }
        }
        stream.finish(&output)
        return String(buffer: output)
    }

    func pieces(_ text: String, _ size: Int) -> [ByteBuffer] {
        let bytes = Array(text.utf8)
        return stride(from: 0, to: bytes.count, by: size).map {
            ByteBuffer(bytes: bytes[$0..<min($0 + size, bytes.count)])
        }
    }

    @Test func streamOfMessagesBecomesOneOfChunksHoweverItIsCut() throws {
        let whole = try translated([buffer(Self.messages)], from: .chatCompletions, to: .messages)
        for size in 1..<Self.messages.utf8.count {
            guard try translated(pieces(Self.messages, size), from: .chatCompletions, to: .messages) == whole else {
                Issue.record("another stream in pieces of \(size)")
                return
            }
        }
        var inspector = ChatStreamInspector()
        for event in try ServerSentEventParserTests.parse([buffer(whole)]).events { _ = inspector.inspect(event) }
        #expect(inspector.verdict(incompleteEvent: nil) == .complete)
        #expect(inspector.isDone)
        #expect(inspector.finishReasons == [0: "tool_calls"])
        #expect(inspector.usage?.prompt == 18)
        #expect(inspector.usage?.completion == 7)
        #expect(inspector.usage?.total == 25)
        #expect(whole.contains(#""thinking_blocks":[{"type":"thinking","thinking":"hm ä😀","signature":"sig"}]"#))
    }

    @Test func streamOfChunksBecomesOneOfMessagesHoweverItIsCut() throws {
        let whole = try translated([buffer(Self.chat)], from: .messages, to: .chatCompletions)
        for size in 1..<Self.chat.utf8.count {
            guard try translated(pieces(Self.chat, size), from: .messages, to: .chatCompletions) == whole else {
                Issue.record("another stream in pieces of \(size)")
                return
            }
        }
        let result = try MessagesLegality(ServerSentEventParserTests.parse([buffer(whole)]).events)
        #expect(
            result.blocks == [
                ["type": "thinking", "thinking": "hm ä😀", "signature": "sage-unsigned"],
                ["type": "text", "text": "line\nline"],
                ["type": "tool_use", "id": "t1", "name": "f", "input": ["x": 1]],
                ["type": "tool_use", "id": "t2", "name": "g", "input": [:]],
            ])
        #expect(result.stopReason == "tool_use")
        #expect(result.usage?["input_tokens"] == 18)
    }

    @Test func thinkingOfAnthropicReturnsWithItsSignature() throws {
        // Through a client of OpenAI's format that sends the message back as it came.
        let reply = try MessagesTranslation.readReply(
            JSONValue(
                parsing: ReplyTranslationTests.message(
                    #"[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"d"},{"type":"tool_use","id":"t1","name":"f","input":{"x":1}}]"#,
                    #""tool_use""#)))
        let answer = ChatCompletionsTranslation.writeReply(reply, .test)
        let message = try #require(answer["choices"]?[0]?["message"])
        let request: JSONValue = [
            "model": "m",
            "messages": [
                ["role": "user", "content": "a"], message, ["role": "tool", "tool_call_id": "t1", "content": "1"],
            ],
        ]
        let result = try translate(
            request.description, from: ChatCompletionsTranslation.self, to: MessagesTranslation.self)
        #expect(
            result.json["messages"]?[1]?["content"] == [
                ["type": "thinking", "thinking": "hm", "signature": "s"], ["type": "redacted_thinking", "data": "d"],
                ["type": "tool_use", "id": "t1", "name": "f", "input": ["x": 1]],
            ])
        #expect(result.dropped.isEmpty)
    }
}
