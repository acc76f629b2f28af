/// How one format's requests for vectors and their answers are read and written.
///
/// One implementation a format, with the rules of ``ChatTranslation``.
protocol EmbeddingsTranslation: Sendable {
    /// Reads a client's request.
    static func readRequest(_ json: JSONValue) throws(TranslationError) -> EmbeddingsRequest
    /// Writes the request for a provider; `request.model` is the provider's name of it.
    static func writeRequest(_ request: EmbeddingsRequest) throws(TranslationError) -> JSONValue
    /// Reads a provider's answer.
    static func readReply(_ json: JSONValue) throws(TranslationError) -> EmbeddingsReply
    /// Writes the answer for a client.
    static func writeReply(_ reply: EmbeddingsReply, _ form: EmbeddingsForm) throws(TranslationError) -> JSONValue
}

/// A request for vectors in no provider's words.
struct EmbeddingsRequest: Sendable, Hashable {
    var model: String
    /// The texts; each becomes a vector.
    var texts: [String] = []
    /// How long a vector is to be; nil is the model's own length.
    var dimensions: Int?
    /// Whether the client wants its vectors in base64.
    var wantsBase64 = false
    /// Carries what no other format has, so that it is named to the client.
    var dropped = NeutralRequest(model: "")
}

/// An answer with vectors in no provider's words.
struct EmbeddingsReply: Sendable, Hashable {
    /// The vectors in the order of the texts.
    var vectors: [EmbeddingVector]
    /// The tokens of the texts, if the provider has counted them.
    var promptTokens: Int?
}

/// What the writer of an answer needs to know beside the vectors.
struct EmbeddingsForm: Sendable, Hashable {
    /// The model as the client named it.
    var model: String
    /// Whether the client wants its vectors in base64.
    var wantsBase64: Bool
    /// How many vectors the client waits for.
    var count: Int
    /// A guess of the tokens of the texts.
    var estimatedTokens: Int?
}
