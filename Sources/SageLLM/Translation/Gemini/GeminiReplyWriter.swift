/// Writes a `GenerateContentResponse` for a client.
enum GeminiReplyWriter {
    static func write(_ reply: NeutralReply, _ context: TranslationContext) -> JSONValue {
        let candidates = reply.choices.enumerated().map { index, choice -> JSONValue in
            var parts: [JSONValue] = []
            var isMalformed = false
            for part in choice.parts {
                switch part {
                case .text(let text), .refusal(let text):
                    if !text.isEmpty { parts.append(GeminiPart.text(text)) }
                case .image(let media), .audio(let media), .document(let media, _):
                    parts.append(GeminiPart.media(media))
                case .toolCall(let call):
                    if let arguments = GeminiPart.arguments(call.arguments) {
                        parts.append(
                            GeminiPart.call(
                                call.id, call.name, arguments: arguments,
                                signature: call.signature.map(ThoughtSignature.toGeminiClient)))
                    } else {
                        isMalformed = true
                    }
                case .thinking(let text, let signature):
                    parts.append(
                        GeminiPart.thought(text, signature: signature.map(ThoughtSignature.toGeminiClient)))
                case .toolResult, .redactedThinking:
                    break
                }
            }
            let reason = isMalformed ? "MALFORMED_FUNCTION_CALL" : GeminiFinishReason.write(choice.stopReason)
            return [
                "content": ["parts": .array(parts), "role": "model"], "finishReason": .string(reason),
                "index": .integer(Int64(index)),
            ]
        }
        return document(candidates, id: reply.id, usage: reply.usage, context)
    }

    /// A response, whole or a piece of one.
    static func document(
        _ candidates: [JSONValue], id: String, usage: TokenCounts?, _ context: TranslationContext
    ) -> JSONValue {
        var object: JSONObject = ["candidates": .array(candidates)]
        object.set("usageMetadata", usage?.gemini)
        object.set("modelVersion", context.model)
        object.set("responseId", id.isEmpty ? context.idSuffix : id)
        return .object(object)
    }
}
