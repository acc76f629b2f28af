import NIOCore
import SageLLM

extension RouteTarget {
    /// A client's request in words that a target understands, not yet signed.
    struct Wording: Sendable {
        fileprivate let format: WireFormat
        fileprivate let body: ByteBuffer
        /// The fields that the translation has dropped by a documented rule.
        fileprivate let dropped: [String]
        fileprivate var translation: AnswerTranslation?
    }

    /// A client's request as a call to this target: byte for byte where the target speaks the client's format,
    /// translated where not.
    ///
    /// - Parameters:
    ///   - request: The client's request.
    ///   - wording: What ``wording(of:)`` has given before; nil asks it now.
    ///   - key: The position of the provider's key to sign with.
    /// - Returns: The call, and the fields that the translation has dropped.
    /// - Throws: ``TranslationError`` when the target cannot be asked this.
    func prepare(
        _ request: InboundRequest, _ wording: Wording? = nil, key: Int
    ) throws -> (call: ModelCall, dropped: [String]) {
        let wording = try wording ?? self.wording(of: request)
        return (call(request, wording, key), wording.dropped)
    }

    /// Words a client's request for this target.
    ///
    /// - Throws: ``TranslationError`` when the target cannot be asked this.
    func wording(of request: InboundRequest) throws -> Wording {
        guard let format = format(for: request.format) else {
            throw TranslationError("a request of this kind cannot be answered by \(name)")
        }
        guard format != request.format else {
            let body = request.body(forModel: model)
            // What another target has thought stands in the conversation, and Anthropic refuses it.
            if format.dialect == .anthropic, let cleaned = ForeignThinking.removed(from: body) {
                return Wording(format: format, body: cleaned, dropped: ["thinking"])
            }
            return Wording(format: format, body: body, dropped: [])
        }
        guard let translator = Translator(from: request.format, to: format) else {
            throw TranslationError("a request of this kind cannot be answered by \(name)")
        }
        let translated = try translator.translate(
            try request.json(), model: model, request.translationContext)
        return Wording(
            format: format, body: translated.body, dropped: translated.dropped, translation: translated.answer)
    }

    /// The format in which this target is asked what a client asks in its own; nil if it cannot be asked.
    private func format(for client: WireFormat) -> WireFormat? {
        let dialect = endpoint.dialect
        guard client.dialect == dialect else { return client.counterpart(in: dialect) }
        if client == .responses, !servesResponses { return .chatCompletions }
        return client
    }

    private func call(_ request: InboundRequest, _ wording: Wording, _ key: Int) -> ModelCall {
        let isTranslated = wording.translation != nil
        var upstream = endpoint.request(
            wording.format, model: model, body: wording.body, isStream: request.isStream, key: key,
            // What is meant for one dialect says nothing in another.
            forwarded: isTranslated ? request.forwarded.withoutDialect : request.forwarded)
        upstream.eventLoop = request.eventLoop
        return ModelCall(
            upstream, format: wording.format, isStream: request.isStream, expectedChoices: request.choices,
            translation: wording.translation)
    }
}
