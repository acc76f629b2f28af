import NIOCore
import SageLLM

/// An answer in the words of Anthropic's messages.
struct MessageReply: Sendable, Hashable {
    private let answer: ModelAnswer
    private let model: String
    private let id: String

    init(_ answer: ModelAnswer, model: String, sequence: Int) {
        self.answer = answer
        self.model = model
        self.id = "msg_mock_\(sequence)"
    }

    /// A block of the answer: as it is when whole, as it begins, and what is added to it in a stream.
    private struct Block {
        var whole: JSONValue
        var start: JSONValue
        var deltas: [JSONValue]
    }

    private static let signature = "c2FnZS1tb2NrLXNpZ25hdHVyZQ=="

    private var blocks: [Block] {
        var blocks: [Block] = []
        if !answer.thinking.isEmpty {
            let deltas = Self.deltas("thinking_delta", "thinking", of: answer.thinking)
            blocks.append(
                Block(
                    whole: [
                        "type": "thinking", "thinking": .string(answer.thinking),
                        "signature": .string(Self.signature),
                    ],
                    start: ["type": "thinking", "thinking": "", "signature": ""],
                    deltas: deltas + [["type": "signature_delta", "signature": .string(Self.signature)]]))
        }
        if !answer.text.isEmpty {
            blocks.append(
                Block(
                    whole: ["type": "text", "text": .string(answer.text)], start: ["type": "text", "text": ""],
                    deltas: Self.deltas("text_delta", "text", of: answer.text)))
        }
        for call in answer.calls {
            let start: JSONObject = [
                "type": "tool_use", "id": .string("toolu_mock_\(call.number)"), "name": .string(call.name),
                "input": [:],
            ]
            var whole = start
            whole["input"] = call.argumentsValue
            blocks.append(
                Block(
                    whole: .object(whole), start: .object(start),
                    deltas: [["type": "input_json_delta", "partial_json": ""]]
                        + Self.deltas("input_json_delta", "partial_json", of: call.arguments)))
        }
        return blocks
    }

    private static func deltas(_ type: String, _ key: String, of text: String) -> [JSONValue] {
        SimulatedReply.words(of: text).map { .object(["type": .string(type), key: .string($0)]) }
    }

    private var stopReason: JSONValue {
        JSONValue(answer.finishReason(answer.calls.isEmpty ? "end_turn" : "tool_use"))
    }

    private func usage(output: Int) -> JSONValue {
        [
            "input_tokens": JSONValue(answer.promptTokens), "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0, "output_tokens": JSONValue(output),
        ]
    }

    private var outputTokens: Int { answer.contentTokens + answer.thinkingTokens }

    private func message(content: [JSONValue], stopReason: JSONValue, outputTokens: Int) -> JSONValue {
        [
            "id": .string(id), "type": "message", "role": "assistant", "model": .string(model),
            "content": .array(content), "stop_reason": stopReason, "stop_sequence": .null,
            "usage": usage(output: outputTokens),
        ]
    }

    /// The whole answer.
    var whole: JSONValue {
        message(content: blocks.map(\.whole), stopReason: stopReason, outputTokens: outputTokens)
    }

    /// The answer as events, each complete with its blank line.
    ///
    /// - Parameters:
    ///   - keepAlives: How many further pings come before the first block.
    ///   - hasFinish: Whether `message_delta` tells the reason for stopping and the usage.
    ///   - hasStop: Whether `message_stop` ends the stream.
    func events(keepAlives: Int, hasFinish: Bool, hasStop: Bool) -> [ByteBuffer] {
        var events: [JSONValue] = [
            ["type": "message_start", "message": message(content: [], stopReason: .null, outputTokens: 1)]
        ]
        events += Array(repeating: ["type": "ping"], count: keepAlives)
        for (index, block) in blocks.enumerated() {
            let index = JSONValue(index)
            events.append(["type": "content_block_start", "index": index, "content_block": block.start])
            // The provider pings once behind the start of the first block.
            if index == 0 { events.append(["type": "ping"]) }
            events += block.deltas.map { ["type": "content_block_delta", "index": index, "delta": $0] }
            events.append(["type": "content_block_stop", "index": index])
        }
        if hasFinish {
            events.append([
                "type": "message_delta", "delta": ["stop_reason": stopReason, "stop_sequence": .null],
                "usage": usage(output: outputTokens),
            ])
        }
        if hasStop { events.append(["type": "message_stop"]) }
        return events.map { ServerSentEventEncoder.encode(json: $0, event: $0["type"]?.stringValue) }
    }
}
