/// Reads a provider's whole response.
enum ResponsesReplyReader {
    static func read(_ json: JSONValue) throws(TranslationError) -> NeutralReply {
        var fields = try FieldReader(json)
        let output = try fields.objects("output")
        var parts: [NeutralPart] = []
        for item in output { parts += try read(item) }
        let reason = stopReason(
            status: try fields.string("status"), incomplete: json["incomplete_details"]?["reason"]?.stringValue,
            parts)
        return NeutralReply(
            id: try fields.string("id") ?? "", model: try fields.string("model") ?? "",
            choices: [NeutralReply.Choice(parts, reason)], usage: TokenCounts(responses: fields.value("usage")))
    }

    /// Reads an item; those of OpenAI's own tools say nothing to a client of another format.
    static func read(_ item: FieldReader) throws(TranslationError) -> [NeutralPart] {
        var item = item
        switch try item.string("type") {
        case "message":
            var parts: [NeutralPart] = []
            for var part in try item.objects("content") { parts.append(try ResponsesContentPart.read(&part)) }
            return parts
        case "function_call":
            return [
                .toolCall(
                    NeutralToolCall(
                        id: try item.required(try item.string("call_id"), "call_id", "a string"),
                        name: try item.required(try item.string("name"), "name", "a string"),
                        arguments: try item.string("arguments") ?? "",
                        signature: ResponsesSignature.read(item.value(ResponsesSignature.member))))
            ]
        case "reasoning":
            var texts: [String] = []
            for var part in try item.objects("summary") {
                if let text = try part.string("text") { texts.append(text) }
            }
            let signature = try item.string("encrypted_content")
            guard !texts.isEmpty || signature != nil else { return [] }
            return [.thinking(texts.joined(separator: "\n\n"), signature: signature)]
        default:
            return []
        }
    }

    /// Why a response ended.
    static func stopReason(status: String?, incomplete: String?, _ parts: [NeutralPart]) -> NeutralStopReason {
        switch incomplete {
        case "max_output_tokens": return .length
        case "content_filter": return .contentFilter
        case let other?: return .other(other)
        case nil: break
        }
        if parts.contains(where: { if case .toolCall = $0 { true } else { false } }) { return .toolCalls }
        if parts.contains(where: { if case .refusal = $0 { true } else { false } }) { return .refusal }
        return .stop
    }
}
