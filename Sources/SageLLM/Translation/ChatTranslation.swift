import NIOCore

/// How one format's chat requests and answers are read and written.
///
/// One implementation a format. The reader refuses what is malformed; the writer refuses what its format cannot say, or
/// drops it by a rule that Documentation/translation.md lists and notes it in `dropped`.
protocol ChatTranslation: Sendable {
    /// Reads a client's request.
    static func readRequest(_ json: JSONValue) throws(TranslationError) -> NeutralRequest
    /// Writes the request for a provider; `request.model` is the provider's name of it.
    static func writeRequest(_ request: inout NeutralRequest) throws(TranslationError) -> JSONValue
    /// Reads a provider's whole answer.
    static func readReply(_ json: JSONValue) throws(TranslationError) -> NeutralReply
    /// Writes the answer for a client.
    static func writeReply(_ reply: NeutralReply, _ context: TranslationContext) -> JSONValue
    /// What reads a provider's stream.
    static func makeStreamReader() -> any ChatStreamReader
    /// What writes a stream for a client.
    static func makeStreamWriter(_ context: TranslationContext) -> any ChatStreamWriter
}

/// Reads a provider's stream.
protocol ChatStreamReader: Sendable {
    /// What an event tells; nothing for what says nothing, such as a ping or `[DONE]`.
    mutating func read(_ data: JSONValue, event: String?) throws(TranslationError) -> [NeutralStreamEvent]
}

/// Writes a stream for a client.
protocol ChatStreamWriter: Sendable {
    /// The events, each complete with its blank line, one after the other.
    mutating func write(_ event: NeutralStreamEvent, to output: inout ByteBuffer)
    /// What the client waits for at the end of a whole answer.
    mutating func finish(_ output: inout ByteBuffer)
}

/// What the writer of an answer needs to know beside the answer.
package struct TranslationContext: Sendable, Hashable {
    /// The model as the client named it; answers name it so.
    package var model: String
    /// When the request came, in seconds since 1970.
    package var created: Int
    /// Whether the client asked for a stream.
    package var isStream: Bool
    /// Whether the client asked for token counts in the stream.
    package var includesUsage: Bool
    /// Makes ids where the provider has none; unique to the request.
    package var idSuffix: String
    /// A guess of the request's tokens, for answers that must tell them and come from a provider that does not count.
    package var estimatedTokens: Int?
    /// What the answer repeats of the request, in the client's words; empty for most formats.
    package var echo = JSONObject()

    package init(model: String, created: Int, isStream: Bool, includesUsage: Bool = false, idSuffix: String) {
        self.model = model
        self.created = created
        self.isStream = isStream
        self.includesUsage = includesUsage
        self.idSuffix = idSuffix
    }
}
