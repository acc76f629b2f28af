package import NIOCore

extension WireFormat {
    /// Looks at a whole body that came with status 200.
    ///
    /// - Parameter body: The body.
    package func inspect(_ body: ByteBuffer) -> AnswerInspection {
        switch self {
        case .chatCompletions: .chatCompletion(body)
        case .messages: .message(body)
        case .countTokens: .countTokens(body)
        case .responses: .response(body)
        case .embeddings: .embeddings(body)
        case .generateContent: .generateContent(body)
        case .embedContent: .embedContent(body)
        case .batchEmbedContents: .batchEmbedContents(body)
        }
    }

    /// What watches a stream of this format; nil for formats that have no streams.
    ///
    /// - Parameter expectedChoices: How many choices the request asks for.
    package func makeStreamInspector(expectedChoices: Int) -> (any StreamInspector)? {
        switch self {
        case .chatCompletions: ChatStreamInspector(expectedChoices: expectedChoices)
        case .messages: MessagesStreamInspector()
        case .responses: ResponsesStreamInspector()
        case .generateContent: GenerateContentStreamInspector(expectedCandidates: expectedChoices)
        case .embeddings, .embedContent, .batchEmbedContents, .countTokens: nil
        }
    }
}
