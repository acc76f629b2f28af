import NIOCore
import SageLLM

/// What a provider says, before anything goes wrong with it.
struct ProviderReply: Sendable, Hashable {
    var status: Int
    var headers: [FaultStep.Header]
    var body: Body

    enum Body: Sendable, Hashable {
        /// One piece.
        case whole(ByteBuffer)
        /// Server-sent events, each complete with its blank line.
        case events([ByteBuffer])
    }

    init(status: Int, contentType: String, body: ByteBuffer) {
        self.status = status
        self.headers = [FaultStep.Header("content-type", contentType)]
        self.body = .whole(body)
    }

    init(status: Int, contentType: String, text: String) {
        self.init(status: status, contentType: contentType, body: ByteBuffer(string: text))
    }

    init(status: Int = 200, json: JSONValue) {
        self.init(status: status, contentType: "application/json", body: json.jsonBuffer)
    }

    init(status: Int, error: OpenAIError) {
        self.init(status: status, json: OpenAIErrorEnvelope(error: error).json)
    }

    /// - Parameter contentType: Of a stream; server-sent events unless said otherwise.
    init(events: [ByteBuffer], contentType: String = "text/event-stream; charset=utf-8") {
        self.status = 200
        self.headers = [
            FaultStep.Header("content-type", contentType), FaultStep.Header("cache-control", "no-cache"),
        ]
        self.body = .events(events)
    }
}

extension ReplyOptions.InBandError {
    /// The error in place of a whole answer.
    ///
    /// - Parameter standard: The error where the script gives none.
    func reply(standard: JSONValue) -> ProviderReply {
        ProviderReply(status: 200, contentType: "application/json", text: text ?? standard.description)
    }

    /// The events of a stream up to the error, and the error.
    ///
    /// - Parameters:
    ///   - events: The events of the good answer.
    ///   - error: Puts the error's data into an event.
    ///   - standard: The error where the script gives none.
    func breaking(
        _ events: some Sequence<ByteBuffer>, with standard: JSONValue, event error: (ByteBuffer) -> ByteBuffer
    ) -> [ByteBuffer] {
        Array(events.prefix(afterEvents)) + [error(text.map { ByteBuffer(string: $0) } ?? standard.jsonBuffer)]
    }
}
