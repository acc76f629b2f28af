/// Gemini's `generateContent` and `streamGenerateContent`.
struct GenerateContentTranslation: ChatTranslation {
    static func readRequest(_ json: JSONValue) throws(TranslationError) -> NeutralRequest {
        var reader = GeminiRequestReader()
        return try reader.read(json)
    }

    static func writeRequest(_ request: inout NeutralRequest) throws(TranslationError) -> JSONValue {
        var writer = GeminiRequestWriter(request)
        defer { request = writer.request }
        return try writer.write()
    }

    static func readReply(_ json: JSONValue) throws(TranslationError) -> NeutralReply {
        try GeminiReplyReader.read(json)
    }

    static func writeReply(_ reply: NeutralReply, _ context: TranslationContext) -> JSONValue {
        GeminiReplyWriter.write(reply, context)
    }

    static func makeStreamReader() -> any ChatStreamReader { GeminiStreamReader() }

    static func makeStreamWriter(_ context: TranslationContext) -> any ChatStreamWriter {
        GeminiStreamWriter(context)
    }
}
