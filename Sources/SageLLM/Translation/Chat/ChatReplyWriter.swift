/// Writes a chat completion.
enum ChatReplyWriter {
    static func write(_ reply: NeutralReply, _ context: TranslationContext) -> JSONValue {
        var object: JSONObject = [
            "id": .string(id(reply.id, context)), "object": "chat.completion",
            "created": .integer(Int64(context.created)), "model": .string(context.model),
        ]
        object["choices"] = .array(
            reply.choices.enumerated().map { index, choice in
                [
                    "index": .integer(Int64(index)), "message": message(choice), "logprobs": nil,
                    "finish_reason": .string(
                        finishReason(
                            choice.stopReason,
                            hasCalls: choice.parts.contains { if case .toolCall = $0 { true } else { false } })),
                ]
            })
        if let usage = reply.usage { object["usage"] = ChatUsage.json(usage) }
        return .object(object)
    }

    /// The provider's id where it says the same to the client's library, so that both logs can be joined.
    static func id(_ id: String, _ context: TranslationContext) -> String {
        if id.hasPrefix("chatcmpl-") { return id }
        return "chatcmpl-" + (id.isEmpty ? context.idSuffix : id)
    }

    private static func message(_ choice: NeutralReply.Choice) -> JSONValue {
        var text = ""
        var refusal = ""
        var thinking = ""
        var blocks: [JSONValue] = []
        var calls: [JSONValue] = []
        var images: [JSONValue] = []
        for part in choice.parts {
            switch part {
            case .text(let fragment): text += fragment
            case .refusal(let reason): refusal += reason
            case .thinking(let fragment, let signature):
                thinking += fragment
                if let signature { blocks.append(ChatThinking.block(fragment, signature: signature)) }
            case .redactedThinking(let data): blocks.append(ChatThinking.redactedBlock(data))
            case .toolCall(let call): calls.append(ChatMessageWriter.toolCall(call))
            case .image(let media): images.append(image(media))
            // No provider answers so.
            case .document, .audio, .toolResult: break
            }
        }
        var message = JSONObject()
        message["role"] = "assistant"
        message["content"] = text.isEmpty && !(calls.isEmpty && refusal.isEmpty) ? .null : .string(text)
        message["refusal"] = refusal.isEmpty ? .null : .string(refusal)
        if !thinking.isEmpty { message["reasoning_content"] = .string(thinking) }
        if !blocks.isEmpty { message["thinking_blocks"] = .array(blocks) }
        if !calls.isEmpty { message["tool_calls"] = .array(calls) }
        if !images.isEmpty { message["images"] = .array(images) }
        return .object(message)
    }

    /// As OpenRouter shows the images of models that paint.
    private static func image(_ media: NeutralMedia) -> JSONValue {
        let url =
            switch media {
            case .base64(let data, let mediaType): DataURL.text(data, mediaType: mediaType)
            case .url(let url, _): url
            }
        return ["type": "image_url", "image_url": ["url": .string(url)]]
    }

    static func finishReason(_ reason: NeutralStopReason, hasCalls: Bool) -> String {
        switch reason {
        case .length, .contextWindow: "length"
        case .toolCalls: "tool_calls"
        case .contentFilter, .refusal: "content_filter"
        case .stop, .stopSequence, .pause, .other: hasCalls ? "tool_calls" : "stop"
        }
    }
}
