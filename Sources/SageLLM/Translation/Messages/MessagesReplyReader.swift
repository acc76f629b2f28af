/// Reads a message that is an answer.
enum MessagesReplyReader {
    static func read(_ json: JSONValue) throws(TranslationError) -> NeutralReply {
        let fields = try WireObject(json)
        guard let blocks = try fields.objects("content") else {
            throw fields.invalid("content", "an array is required")
        }
        var parts: [NeutralPart] = []
        for block in blocks { try read(block, into: &parts) }
        let reason = stopReason(try fields.string("stop_reason"))
        if reason == .refusal, let explanation = explanation(fields.value("stop_details")) {
            parts.append(.refusal(explanation))
        }
        var usage = MessagesUsage()
        usage.read(fields.value("usage"))
        return NeutralReply(
            id: try fields.string("id") ?? "", model: try fields.string("model") ?? "",
            choices: [NeutralReply.Choice(parts, reason, stopSequence: try fields.string("stop_sequence"))],
            usage: usage.counts)
    }

    /// Blocks of tools that run at Anthropic cannot occur, since no request that is carried over has such tools.
    private static func read(_ block: WireObject, into parts: inout [NeutralPart]) throws(TranslationError) {
        switch try block.requiredString("type") {
        case "text":
            if let text = try block.string("text"), !text.isEmpty { parts.append(.text(text)) }
        case "thinking":
            parts.append(
                .thinking(
                    try block.string("thinking") ?? "",
                    signature: ForeignThinking.signature(try block.string("signature") ?? "")))
        case "redacted_thinking":
            parts.append(.redactedThinking(try block.requiredString("data")))
        case "tool_use":
            parts.append(
                .toolCall(
                    NeutralToolCall(
                        id: try block.requiredString("id"), name: try block.requiredString("name"),
                        arguments: ToolArguments.text(.object(try block.object("input")?.members ?? [:])))))
        default: break
        }
    }

    /// Why the model refused, in words.
    static func explanation(_ details: JSONValue?) -> String? {
        details?["explanation"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    }

    static func stopReason(_ word: String?) -> NeutralStopReason {
        switch word {
        case nil, "end_turn": .stop
        case "max_tokens": .length
        case "stop_sequence": .stopSequence
        case "tool_use": .toolCalls
        case "pause_turn": .pause
        case "refusal": .refusal
        case "model_context_window_exceeded": .contextWindow
        case let other?: .other(other)
        }
    }
}
