/// OpenAI's chat completions, and what services that speak its dialect add to them.
enum ChatCompletionsTranslation: ChatTranslation {
    static func readRequest(_ json: JSONValue) throws(TranslationError) -> NeutralRequest {
        try ChatRequestReader.read(json)
    }

    static func writeRequest(_ request: inout NeutralRequest) throws(TranslationError) -> JSONValue {
        try ChatRequestWriter.write(&request)
    }

    static func readReply(_ json: JSONValue) throws(TranslationError) -> NeutralReply {
        try ChatReplyReader.read(json)
    }

    static func writeReply(_ reply: NeutralReply, _ context: TranslationContext) -> JSONValue {
        ChatReplyWriter.write(reply, context)
    }

    static func makeStreamReader() -> any ChatStreamReader { ChatCompletionsStreamReader() }

    static func makeStreamWriter(_ context: TranslationContext) -> any ChatStreamWriter {
        ChatCompletionsStreamWriter(context)
    }
}
