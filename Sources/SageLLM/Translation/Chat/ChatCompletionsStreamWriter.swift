import NIOCore

/// Writes a stream of chat-completion chunks: the role first, a finish reason for every choice, the token counts if
/// they were asked for, and `[DONE]`.
struct ChatCompletionsStreamWriter: ChatStreamWriter {
    /// How much thinking is kept to be written once more together with its signature.
    private static let maximumThinkingBytes = 1 << 20

    private struct Choice {
        var hasCalls = false
        var isFinished = false
        /// The thinking that has no signature yet; nil if it was too long to be kept.
        var thinking: String? = ""
    }

    private let context: TranslationContext
    private var id: String
    private var choices: [Int: Choice] = [:]
    private var usage: TokenCounts?

    init(_ context: TranslationContext) {
        self.context = context
        self.id = ChatReplyWriter.id("", context)
    }

    mutating func write(_ event: NeutralStreamEvent, to output: inout ByteBuffer) {
        switch event {
        case .start(let id, _):
            if !id.isEmpty { self.id = ChatReplyWriter.id(id, context) }
            begin(0, &output)
        case .text(let text, let index):
            writeDelta(["content": .string(text)], index, &output)
        case .refusal(let text, let index):
            writeDelta(["refusal": .string(text)], index, &output)
        case .thinking(let text, let index):
            writeDelta(["reasoning_content": .string(text)], index, &output)
            keepThinking(text, index)
        case .thinkingSignature(let signature, let index):
            writeSignature(signature, index, &output)
        case .redactedThinking(let data, let index):
            writeDelta(["thinking_blocks": [ChatThinking.redactedBlock(data)]], index, &output)
        case .toolCallStart(let id, let name, let call, let index):
            let function: JSONValue = ["name": .string(name), "arguments": ""]
            begin(index, &output)
            choices[index]?.hasCalls = true
            writeDelta(
                [
                    "tool_calls": [
                        [
                            "index": .integer(Int64(call)), "id": .string(ToolIdentifier.openAI(id)),
                            "type": "function", "function": function,
                        ]
                    ]
                ], index, &output)
        case .toolCallArguments(let text, let call, let index):
            let fragment: JSONValue = ["index": .integer(Int64(call)), "function": ["arguments": .string(text)]]
            writeDelta(["tool_calls": [fragment]], index, &output)
        case .toolCallSignature(let signature, let call, let index):
            let fragment: JSONValue = [
                "index": .integer(Int64(call)), "extra_content": ChatThinking.extraContent(signature: signature),
            ]
            writeDelta(["tool_calls": [fragment]], index, &output)
        case .finish(let reason, _, let index):
            finish(index, reason, &output)
        case .usage(let counts):
            if usage == nil { usage = counts } else { usage?.merge(counts) }
        }
    }

    mutating func finish(_ output: inout ByteBuffer) {
        // Ollama ends without a finish reason, but a client waits for one.
        if choices.isEmpty { begin(0, &output) }
        for index in choices.keys.sorted() { finish(index, .stop, &output) }
        if context.includesUsage {
            var chunk = chunk([])
            chunk["usage"] = ChatUsage.json(usage ?? TokenCounts())
            ServerSentEventEncoder.write(data: JSONValue.object(chunk).jsonBuffer, to: &output)
        }
        output.writeImmutableBuffer(SimulatedReply.doneEvent)
    }

    private mutating func begin(_ index: Int, _ output: inout ByteBuffer) {
        guard choices[index] == nil else { return }
        choices[index] = Choice()
        writeChunk(index, ["role": "assistant", "content": ""], finishReason: nil, &output)
    }

    private mutating func writeDelta(_ delta: JSONValue, _ index: Int, _ output: inout ByteBuffer) {
        begin(index, &output)
        writeChunk(index, delta, finishReason: nil, &output)
    }

    private mutating func finish(_ index: Int, _ reason: NeutralStopReason, _ output: inout ByteBuffer) {
        begin(index, &output)
        guard let choice = choices[index], !choice.isFinished else { return }
        choices[index]?.isFinished = true
        writeChunk(
            index, [:], finishReason: ChatReplyWriter.finishReason(reason, hasCalls: choice.hasCalls), &output)
    }

    private mutating func keepThinking(_ text: String, _ index: Int) {
        guard let kept = choices[index]?.thinking else { return }
        let isTooLong = kept.utf8.count + text.utf8.count > Self.maximumThinkingBytes
        choices[index]?.thinking = isTooLong ? nil : kept + text
    }

    /// The block as a whole, because clients keep blocks but join only texts that they know.
    private mutating func writeSignature(_ signature: String, _ index: Int, _ output: inout ByteBuffer) {
        begin(index, &output)
        let thinking = choices[index]?.thinking
        choices[index]?.thinking = ""
        // A signature is worth nothing without all that it signs.
        guard let thinking else { return }
        writeDelta(["thinking_blocks": [ChatThinking.block(thinking, signature: signature)]], index, &output)
    }

    private func chunk(_ choices: [JSONValue]) -> JSONObject {
        [
            "id": .string(id), "object": "chat.completion.chunk", "created": .integer(Int64(context.created)),
            "model": .string(context.model), "choices": .array(choices),
        ]
    }

    private func writeChunk(_ index: Int, _ delta: JSONValue, finishReason: String?, _ output: inout ByteBuffer) {
        let chunk = chunk([
            [
                "index": .integer(Int64(index)), "delta": delta,
                "finish_reason": finishReason.map(JSONValue.string) ?? .null,
            ]
        ])
        ServerSentEventEncoder.write(data: JSONValue.object(chunk).jsonBuffer, to: &output)
    }
}
