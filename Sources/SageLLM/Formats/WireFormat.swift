package import NIOCore

/// The shape of a request and of its answer on the wire.
package enum WireFormat: String, Sendable, Hashable, CaseIterable {
    /// OpenAI's `POST /chat/completions`.
    case chatCompletions
    /// OpenAI's `POST /responses`.
    case responses
    /// OpenAI's `POST /embeddings`.
    case embeddings
    /// Anthropic's `POST /v1/messages`.
    case messages
    /// Anthropic's `POST /v1/messages/count_tokens`.
    case countTokens
    /// Gemini's `POST /v1beta/models/{model}:generateContent` and `:streamGenerateContent`.
    case generateContent
    /// Gemini's `POST /v1beta/models/{model}:embedContent`.
    case embedContent
    /// Gemini's `POST /v1beta/models/{model}:batchEmbedContents`.
    case batchEmbedContents

    /// Whose format it is.
    package var dialect: Dialect {
        switch self {
        case .chatCompletions, .responses, .embeddings: .openAI
        case .messages, .countTokens: .anthropic
        case .generateContent, .embedContent, .batchEmbedContents: .gemini
        }
    }

    /// What is asked of the model.
    package var operation: ModelOperation {
        switch self {
        case .chatCompletions, .responses, .messages, .generateContent: .chat
        case .embeddings, .embedContent, .batchEmbedContents: .embeddings
        case .countTokens: .countTokens
        }
    }
}

extension WireFormat {
    /// What keeps the connection of a client alive that waits for a stream, without meaning anything.
    package var ping: ByteBuffer {
        switch self {
        // Anthropic's clients read events alone.
        case .messages, .countTokens: Self.messagesPing
        // Gemini's own library takes every line that is not empty for JSON, comments too.
        case .generateContent, .embedContent, .batchEmbedContents: Self.blankPing
        case .chatCompletions, .responses, .embeddings: Self.commentPing
        }
    }

    private static let messagesPing = ByteBuffer(string: "event: ping\ndata: {\"type\": \"ping\"}\n\n")
    private static let commentPing = ByteBuffer(string: ": keep-alive\n\n")
    private static let blankPing = ByteBuffer(string: "\n")
}

/// A family of formats that one provider invented and others speak too.
package enum Dialect: String, Sendable, Hashable, CaseIterable {
    case openAI = "openai"
    case anthropic
    case gemini
}

/// What is asked of a model.
package enum ModelOperation: String, Sendable, Hashable, CaseIterable {
    /// An answer to a conversation.
    case chat
    /// The vectors of texts.
    case embeddings
    /// How many tokens a request has.
    case countTokens = "count_tokens"
}
