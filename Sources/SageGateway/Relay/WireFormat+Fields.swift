import SageLLM

extension WireFormat {
    /// The fields of a request that are looked at before it is sent on.
    struct Fields: Sendable {
        /// Everything that is looked for.
        let keys: [String]
        /// The field without which there is nothing to answer.
        let content: String
        let contentKinds: [JSONKind]
        /// What `content` consists of, for messages.
        let contentNoun: String
        /// The field with the number of choices.
        let choices: String?
        /// The fields with the most tokens of the answer, the first that is there counts.
        let maxTokens: [String]

        fileprivate init(
            content: String, _ contentKinds: [JSONKind], _ contentNoun: String, choices: String? = nil,
            maxTokens: [String] = [], inBody: [String] = ["model", "stream"]
        ) {
            self.content = content
            self.contentKinds = contentKinds
            self.contentNoun = contentNoun
            self.choices = choices
            self.maxTokens = maxTokens
            keys = inBody + [content] + [choices].compactMap(\.self) + maxTokens
        }
    }

    var fields: Fields {
        switch self {
        case .chatCompletions: Self.chatCompletionFields
        case .responses: Self.responseFields
        case .embeddings: Self.embeddingFields
        case .messages: Self.messageFields
        case .countTokens: Self.countTokensFields
        case .generateContent: Self.generateContentFields
        case .embedContent: Self.embedContentFields
        case .batchEmbedContents: Self.batchEmbedFields
        }
    }

    private static let chatCompletionFields = Fields(
        content: "messages", [.array], "message", choices: "n", maxTokens: ["max_completion_tokens", "max_tokens"])
    private static let responseFields = Fields(
        content: "input", [.string, .array], "item", maxTokens: ["max_output_tokens"])
    private static let embeddingFields = Fields(content: "input", [.string, .array], "text", inBody: ["model"])
    private static let messageFields = Fields(content: "messages", [.array], "message", maxTokens: ["max_tokens"])
    private static let countTokensFields = Fields(content: "messages", [.array], "message", inBody: ["model"])
    private static let generateContentFields = Fields(content: "contents", [.array, .object], "content", inBody: [])
    private static let embedContentFields = Fields(content: "content", [.object], "part", inBody: [])
    private static let batchEmbedFields = Fields(content: "requests", [.array], "request", inBody: [])
}
