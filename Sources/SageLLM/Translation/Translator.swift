package import NIOCore

/// Joins a client's format to a provider's.
package struct Translator: Sendable {
    /// A client's request in the provider's format.
    package struct TranslatedRequest: Sendable {
        package var body: ByteBuffer
        /// The fields that were dropped by a documented rule.
        package var dropped: [String]
        /// Makes the provider's answer one for the client.
        package var answer: AnswerTranslation
    }

    private enum Kind: Sendable {
        case chat(client: any ChatTranslation.Type, provider: any ChatTranslation.Type)
        case embeddings(client: any EmbeddingsTranslation.Type, provider: any EmbeddingsTranslation.Type)
    }

    /// The format in which the provider is asked.
    package let providerFormat: WireFormat
    private let clientFormat: WireFormat
    private let kind: Kind

    /// - Parameters:
    ///   - client: The client's format.
    ///   - provider: A format of the provider.
    /// - Returns: nil if the provider's format cannot answer such a request.
    package init?(from client: WireFormat, to provider: WireFormat) {
        if let from = client.chatTranslation, let to = provider.chatTranslation {
            kind = .chat(client: from, provider: to)
        } else if let from = client.embeddingsTranslation, let to = provider.embeddingsTranslation {
            kind = .embeddings(client: from, provider: to)
        } else {
            return nil
        }
        self.providerFormat = provider
        self.clientFormat = client
    }

    /// Writes a client's request in the provider's format.
    ///
    /// - Parameters:
    ///   - json: The request.
    ///   - model: The model as the provider names it.
    ///   - context: What the answer is written with.
    package func translate(
        _ json: JSONValue, model: String, _ context: TranslationContext
    ) throws(TranslationError) -> TranslatedRequest {
        switch kind {
        case .chat(let client, let provider):
            var request = try client.readRequest(json)
            request.model = model
            request.isStream = context.isStream
            var context = context
            context.includesUsage = request.includesUsage
            context.echo = request.echo
            let body = try provider.writeRequest(&request)
            return TranslatedRequest(
                body: body.jsonBuffer, dropped: request.dropped,
                answer: AnswerTranslation(client: client, provider: provider, context, ping: clientFormat.ping))
        case .embeddings(let client, let provider):
            var request = try client.readRequest(json)
            request.model = model
            let form = EmbeddingsForm(
                model: context.model, wantsBase64: request.wantsBase64, count: request.texts.count,
                estimatedTokens: context.estimatedTokens)
            return TranslatedRequest(
                body: try provider.writeRequest(request).jsonBuffer, dropped: request.dropped.dropped,
                answer: AnswerTranslation(client: client, provider: provider, form))
        }
    }
}
