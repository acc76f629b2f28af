/// Writes a message that is an answer.
enum MessagesReplyWriter {
    static func write(_ reply: NeutralReply, _ context: TranslationContext) -> JSONValue {
        // No request of this format asks for more than one.
        let choice = reply.choices.first ?? NeutralReply.Choice([], .stop)
        var blocks: [JSONValue] = []
        for part in choice.parts {
            switch part {
            case .text(let text), .refusal(let text):
                if !text.isEmpty { blocks.append(["type": "text", "text": .string(text)]) }
            case .thinking(let text, let signature):
                let own = signature.flatMap { ThoughtSignature.isGemini($0) ? nil : $0 }
                blocks.append(ChatThinking.block(text, signature: own ?? ForeignThinking.mark))
            case .redactedThinking(let data):
                blocks.append(ChatThinking.redactedBlock(data))
            case .toolCall(let call):
                blocks.append([
                    "type": "tool_use", "id": .string(ToolIdentifier.anthropic(call.id)), "name": .string(call.name),
                    "input": ToolArguments.object(call.arguments),
                ])
            case .image, .document, .audio, .toolResult:
                // A model of Anthropic's answers in text; the client should know that there was more.
                blocks.append(["type": "text", "text": "(A part of the answer that is no text was left out.)"])
            }
        }
        let traits = Traits(choice.parts)
        return [
            "id": .string(id(reply.id, context)), "type": "message", "role": "assistant",
            "model": .string(context.model), "content": .array(blocks),
            "stop_reason": .string(stopReason(choice.stopReason, traits)),
            "stop_sequence": choice.stopSequence.map(JSONValue.string) ?? .null,
            "usage": MessagesUsage.json(reply.usage),
        ]
    }

    /// What an answer consists of, as far as it decides why it ended.
    struct Traits: Sendable, Hashable {
        var hasCalls = false
        var hasRefusal = false

        init() {}

        init(_ parts: [NeutralPart]) {
            for part in parts {
                if case .toolCall = part { hasCalls = true }
                if case .refusal = part { hasRefusal = true }
            }
        }
    }

    /// The provider's id, so that both logs can be joined.
    static func id(_ id: String, _ context: TranslationContext) -> String {
        if id.hasPrefix("msg_") { return id }
        return "msg_" + (id.isEmpty ? context.idSuffix : id)
    }

    static func stopReason(_ reason: NeutralStopReason, _ traits: Traits) -> String {
        switch reason {
        case .stop, .other: traits.hasCalls ? "tool_use" : traits.hasRefusal ? "refusal" : "end_turn"
        case .stopSequence: "stop_sequence"
        case .length: "max_tokens"
        case .contextWindow: "model_context_window_exceeded"
        case .toolCalls: "tool_use"
        case .contentFilter, .refusal: "refusal"
        case .pause: "pause_turn"
        }
    }
}
