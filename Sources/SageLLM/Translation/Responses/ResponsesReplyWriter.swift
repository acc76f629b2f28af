/// Writes a whole response for a client.
enum ResponsesReplyWriter {
    static func write(_ reply: NeutralReply, _ context: TranslationContext) -> JSONValue {
        let choice = reply.choices.first
        var output: [JSONValue] = []
        var content: [JSONValue] = []
        func id(_ prefix: String) -> String { "\(prefix)_\(context.idSuffix)_\(output.count)" }
        func endMessage() {
            if !content.isEmpty { output.append(ResponsesItems.message(id("msg"), content)) }
            content = []
        }
        for part in choice?.parts ?? [] {
            switch part {
            case .text(let text):
                content.append(ResponsesContentPart.output(text))
            case .refusal(let text):
                content.append(ResponsesContentPart.refusal(text))
            case .image(let media):
                content.append(ResponsesContentPart.output(media.markdown))
            case .toolCall(let call):
                endMessage()
                output.append(ResponsesItems.call(id("fc"), call))
            case .thinking(let text, let signature):
                endMessage()
                output.append(
                    ResponsesItems.reasoning(id("rs"), text.isEmpty ? nil : text, signature: signature))
            case .redactedThinking, .toolResult, .audio, .document:
                break
            }
        }
        endMessage()
        return ResponsesDocument.write(
            id: ResponsesDocument.id(context), output: output, status: .ended(choice?.stopReason ?? .stop),
            usage: reply.usage, context)
    }
}

extension NeutralMedia {
    /// The medium in a text, for answers that have no other place for it.
    var markdown: String {
        switch self {
        case .base64(let data, let mediaType): "![\(mediaType)](\(DataURL.text(data, mediaType: mediaType)))"
        case .url(let url, _): "![](\(url))"
        }
    }
}
