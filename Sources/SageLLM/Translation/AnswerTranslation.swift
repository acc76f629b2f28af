package import NIOCore

/// Makes a provider's answer one in the client's format.
package struct AnswerTranslation: Sendable {
    private enum Kind: Sendable {
        case chat(
            client: any ChatTranslation.Type, provider: any ChatTranslation.Type, TranslationContext, ping: ByteBuffer)
        case embeddings(
            client: any EmbeddingsTranslation.Type, provider: any EmbeddingsTranslation.Type, EmbeddingsForm)
    }

    private let kind: Kind

    init(
        client: any ChatTranslation.Type, provider: any ChatTranslation.Type, _ context: TranslationContext,
        ping: ByteBuffer
    ) {
        kind = .chat(client: client, provider: provider, context, ping: ping)
    }

    init(
        client: any EmbeddingsTranslation.Type, provider: any EmbeddingsTranslation.Type, _ form: EmbeddingsForm
    ) {
        kind = .embeddings(client: client, provider: provider, form)
    }

    /// A whole answer.
    package func translate(_ body: ByteBuffer) throws(TranslationError) -> ByteBuffer {
        let json = try JSONValue(translating: body)
        switch kind {
        case .chat(let client, let provider, let context, _):
            return client.writeReply(try provider.readReply(json), context).jsonBuffer
        case .embeddings(let client, let provider, let form):
            let reply = try provider.readReply(json)
            guard reply.vectors.count == form.count else {
                throw TranslationError("it has \(reply.vectors.count) vectors for \(form.count) texts")
            }
            return try client.writeReply(reply, form).jsonBuffer
        }
    }

    /// What translates a stream; nil where the format has none.
    package func makeStream() -> StreamTranslator? {
        guard case .chat(let client, let provider, let context, let ping) = kind else { return nil }
        return StreamTranslator(
            reader: provider.makeStreamReader(), writer: client.makeStreamWriter(context), ping: ping)
    }
}

/// Makes the events of a provider's stream those of the client's format.
package struct StreamTranslator: Sendable {
    private var reader: any ChatStreamReader
    private var writer: any ChatStreamWriter
    /// What a sign of life of the provider becomes.
    let ping: ByteBuffer

    init(reader: any ChatStreamReader, writer: any ChatStreamWriter, ping: ByteBuffer) {
        self.ping = ping
        self.reader = reader
        self.writer = writer
    }

    /// Translates one event.
    package mutating func translate(_ event: ServerSentEvent, to output: inout ByteBuffer) throws(TranslationError) {
        // The mark at the end of a stream says nothing that its reader does not know.
        guard !ChatStreamInspector.isDoneMarker(event.data.readableBytesSpan) else { return }
        let json = try JSONValue(translating: event.data)
        for event in try reader.read(json, event: event.event) { writer.write(event, to: &output) }
    }

    /// Writes what the client waits for at the end of a whole answer.
    package mutating func finish(_ output: inout ByteBuffer) {
        writer.finish(&output)
    }
}

extension JSONValue {
    fileprivate init(translating body: ByteBuffer) throws(TranslationError) {
        do throws(JSONScanError) {
            self = try JSONValue(parsing: body)
        } catch {
            throw TranslationError("it is not JSON: \(error)")
        }
    }
}
