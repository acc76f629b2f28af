/// OpenAI's Responses, as far as they need no memory at the provider.
struct ResponsesTranslation: ChatTranslation {
    static func readRequest(_ json: JSONValue) throws(TranslationError) -> NeutralRequest {
        var reader = ResponsesRequestReader()
        return try reader.read(json)
    }

    static func writeRequest(_ request: inout NeutralRequest) throws(TranslationError) -> JSONValue {
        try ResponsesRequestWriter.write(&request)
    }

    static func readReply(_ json: JSONValue) throws(TranslationError) -> NeutralReply {
        try ResponsesReplyReader.read(json)
    }

    static func writeReply(_ reply: NeutralReply, _ context: TranslationContext) -> JSONValue {
        ResponsesReplyWriter.write(reply, context)
    }

    static func makeStreamReader() -> any ChatStreamReader { ResponsesStreamReader() }

    static func makeStreamWriter(_ context: TranslationContext) -> any ChatStreamWriter {
        ResponsesStreamWriter(context)
    }
}
