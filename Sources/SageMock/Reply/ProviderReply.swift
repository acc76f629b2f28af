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

    init(events: [ByteBuffer]) {
        self.status = 200
        self.headers = [
            FaultStep.Header("content-type", "text/event-stream; charset=utf-8"),
            FaultStep.Header("cache-control", "no-cache"),
        ]
        self.body = .events(events)
    }
}
