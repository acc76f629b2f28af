extension WireFormat {
    /// The format in which a dialect is asked the same, when it is not the dialect of this format; nil if it has none.
    package func counterpart(in dialect: Dialect) -> WireFormat? {
        switch (operation, dialect) {
        case (.chat, .openAI): .chatCompletions
        case (.chat, .anthropic): .messages
        case (.chat, .gemini): .generateContent
        case (.embeddings, .openAI): .embeddings
        case (.embeddings, .gemini): .batchEmbedContents
        case (.countTokens, .anthropic): .countTokens
        case (.embeddings, .anthropic), (.countTokens, .openAI), (.countTokens, .gemini): nil
        }
    }

    /// How chats of this format are read and written; nil for formats that are no chats.
    var chatTranslation: (any ChatTranslation.Type)? {
        switch self {
        case .chatCompletions: ChatCompletionsTranslation.self
        case .responses: ResponsesTranslation.self
        case .messages: MessagesTranslation.self
        case .generateContent: GenerateContentTranslation.self
        case .embeddings, .embedContent, .batchEmbedContents, .countTokens: nil
        }
    }

    /// How requests for vectors of this format are read and written; nil for formats that ask for something else.
    var embeddingsTranslation: (any EmbeddingsTranslation.Type)? {
        switch self {
        case .embeddings: OpenAIEmbeddings.self
        case .embedContent: GeminiEmbedding.self
        case .batchEmbedContents: GeminiEmbeddings.self
        case .chatCompletions, .responses, .messages, .generateContent, .countTokens: nil
        }
    }
}
