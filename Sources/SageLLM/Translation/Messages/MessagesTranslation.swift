/// Anthropic's messages.
enum MessagesTranslation: ChatTranslation {
    /// The limit of an answer where the client has set none, since Anthropic demands one.
    static let defaultMaxTokens = 8_192
    /// What is added to it for thinking that has no budget of its own.
    static let defaultThinkingTokens = 16_384

    static func readRequest(_ json: JSONValue) throws(TranslationError) -> NeutralRequest {
        try MessagesRequestReader.read(json)
    }

    static func writeRequest(_ request: inout NeutralRequest) throws(TranslationError) -> JSONValue {
        try MessagesRequestWriter.write(&request)
    }

    static func readReply(_ json: JSONValue) throws(TranslationError) -> NeutralReply {
        try MessagesReplyReader.read(json)
    }

    static func writeReply(_ reply: NeutralReply, _ context: TranslationContext) -> JSONValue {
        MessagesReplyWriter.write(reply, context)
    }

    static func makeStreamReader() -> any ChatStreamReader { MessagesStreamReader() }

    static func makeStreamWriter(_ context: TranslationContext) -> any ChatStreamWriter {
        MessagesStreamWriter(context)
    }
}
