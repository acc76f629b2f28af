import NIOCore
import SageLLM

/// OpenAI's chat completions, as `/v1/chat/completions` and `/v1/models`.
struct OpenAIShape: ProviderShape {
    /// The models that `GET /v1/models` lists; a request may name any other as well.
    static let models = ["gpt-5", "gpt-5-mini"]

    func serves(path: String) -> Bool {
        path.hasPrefix("/v1/")
    }

    func facts(path: String, body: [UInt8]) -> (model: String?, isStream: Bool) {
        // Fields of the wrong type count as missing, so that a rule can still match on the other one.
        let json = try? JSONValue(parsing: body)
        return (json?["model"]?.stringValue, json?["stream"]?.boolValue ?? false)
    }

    func reply(to request: ProviderRequest, options: ReplyOptions) -> ProviderReply {
        switch (request.path, request.method) {
        case ("/v1/chat/completions", "POST"): chat(request, options: options)
        case ("/v1/models", "GET"): ProviderReply(json: models(created: request.time))
        case ("/v1/chat/completions", _), ("/v1/models", _):
            error(status: 405, message: "\(request.path) does not answer \(request.method)")
        default: error(status: 404, message: "nothing answers at \(request.path)")
        }
    }

    private func chat(_ request: ProviderRequest, options: ReplyOptions) -> ProviderReply {
        let chat: ChatCompletionRequest
        do {
            chat = try ChatCompletionRequest(parsing: request.body)
        } catch {
            return self.error(status: 400, message: "\(error)")
        }
        guard !chat.messages.isEmpty else { return error(status: 400, message: "messages is empty") }
        let isStream = chat.stream ?? false
        if let inBand = options.inBandError, !isStream {
            return ProviderReply(status: 200, contentType: "application/json", text: inBand.text)
        }
        let reply = SimulatedReply(to: chat, request: request, options: options)
        guard isStream else { return ProviderReply(json: reply.completion.json) }
        var events = reply.events(includeUsage: chat.streamOptions?["include_usage"]?.boolValue ?? false)
        if let inBand = options.inBandError {
            let error = ServerSentEventEncoder.encode(data: ByteBuffer(string: inBand.text))
            events = events.dropLast().prefix(inBand.afterEvents) + [error, SimulatedReply.doneEvent]
        }
        if options.omitsDone { events.removeLast() }
        return ProviderReply(events: events)
    }

    private func models(created: Int) -> JSONValue {
        ModelList(data: Self.models.map { Model(id: $0, created: created, ownedBy: "sage-mock") }).json
    }
}

extension SimulatedReply {
    /// The answer to a request; its ids follow from the number of the request.
    fileprivate init(to chat: ChatCompletionRequest, request: ProviderRequest, options: ReplyOptions) {
        let toolCall = chat.toolCall(scripted: options.tool, id: "call_mock_\(request.sequence)")
        let text = options.text ?? "You said: \(chat.messages.last?.content?.text ?? "")"
        self.init(
            id: "chatcmpl-mock-\(request.sequence)",
            created: request.time,
            model: chat.model,
            text: toolCall == nil ? text : "",
            toolCall: toolCall,
            promptTokens: Self.estimatedTokens(chat.messages)
        )
        if let finish = options.finish { finishReason = finish }
        if options.omitsFinish { finishReason = nil }
    }
}
