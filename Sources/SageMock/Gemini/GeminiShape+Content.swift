import NIOCore
import SageLLM

extension GeminiShape {
    /// Answers `generateContent` and `streamGenerateContent`.
    func content(
        _ fields: RequestFields, of call: ModelCall, for request: ProviderRequest, options: ReplyOptions
    ) throws -> ProviderReply {
        try Self.checkNames(fields)
        let conversation = try Conversation(gemini: fields)
        let isStream = call.method == "streamGenerateContent"
        if let inBand = options.inBandError, !isStream { return inBand.reply(standard: Self.breakdown) }
        let reply = ContentReply(
            ModelAnswer(to: conversation, options: options, sequence: request.sequence), model: call.model,
            sequence: request.sequence)
        guard isStream else { return ProviderReply(json: reply.whole) }
        return Self.streamsEvents(request)
            ? events(reply, options: options) : array(reply, options: options)
    }

    /// Whether a stream is one of server-sent events; without `alt=sse` it is a JSON array.
    static func streamsEvents(_ request: ProviderRequest) -> Bool { request.query["alt"] == "sse" }

    /// White space: an array allows nothing else, and the provider's own client does not read comments in events.
    private static let keepAlive = ByteBuffer(string: "\n")

    private func events(_ reply: ContentReply, options: ReplyOptions) -> ProviderReply {
        var events =
            Array(repeating: Self.keepAlive, count: options.keepAlives)
            + reply.chunks.map { ServerSentEventEncoder.encode(json: $0) }
        if let inBand = options.inBandError {
            events = inBand.breaking(events, with: Self.breakdown) { ServerSentEventEncoder.encode(data: $0) }
        }
        return ProviderReply(events: events, contentType: "text/event-stream")
    }

    private func array(_ reply: ContentReply, options: ReplyOptions) -> ProviderReply {
        var elements = Array(repeating: Self.keepAlive, count: options.keepAlives)
        let first = elements.count
        elements += reply.chunks.map(\.jsonBuffer)
        if let inBand = options.inBandError {
            elements = inBand.breaking(elements, with: Self.breakdown) { $0 }
        }
        for index in elements.indices.dropFirst(min(first, elements.count - 1)) {
            elements[index] = ByteBuffer(string: index <= first ? "[" : ",\r\n").appending(elements[index])
        }
        if !options.omitsDone { elements.append(ByteBuffer(string: "\n]\n")) }
        return ProviderReply(events: elements, contentType: "application/json; charset=UTF-8")
    }

    /// Refuses what the provider does not know: unlike the others it takes no unknown members.
    private static func checkNames(_ fields: RequestFields) throws(RequestMistake) {
        let known: Set = [
            "contents", "tools", "toolConfig", "safetySettings", "systemInstruction", "generationConfig",
            "cachedContent", "model", "labels", "store", "serviceTier",
        ]
        for key in fields.keys where !known.contains(key) && !known.contains(key.camelCased) {
            throw RequestMistake(
                "Invalid JSON payload received. Unknown name \"\(key)\": Cannot find field.")
        }
    }
}

extension String {
    /// `snake_case` as `camelCase`; the provider takes both spellings of a name.
    var camelCased: String {
        let words = split(separator: "_")
        return words.dropFirst().reduce(words.first.map(String.init) ?? "") {
            $0 + $1.prefix(1).uppercased() + $1.dropFirst()
        }
    }
}

extension ByteBuffer {
    fileprivate func appending(_ other: ByteBuffer) -> ByteBuffer {
        var buffer = self
        buffer.writeImmutableBuffer(other)
        return buffer
    }
}
