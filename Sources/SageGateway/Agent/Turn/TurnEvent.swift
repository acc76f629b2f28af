import NIOCore
import SageLLM

/// What a client hears of a turn while it is under way.
enum TurnEvent: Sendable {
    /// The conversation, as the client names it.
    case session(String)
    /// The next piece of the answer.
    case delta(String)
    /// A tool began or ended.
    case tool(JSONValue)
    /// Something does not work as it should, and the turn goes on without it.
    case degraded(Degradation)
    /// The turn is over and stored: the whole answer.
    case done(TurnAnswer)
    /// The turn is over without an answer.
    case error(GatewayError)

    /// Whether nothing comes after it.
    var isLast: Bool {
        switch self {
        case .done, .error: true
        default: false
        }
    }

    /// The event as a stream has it.
    ///
    /// - Parameter requestID: The id of the request that reads the stream.
    func encoded(requestID: String) -> ByteBuffer {
        switch self {
        case .session(let id): ServerSentEventEncoder.encode(json: ["session_id": .string(id)], event: "session")
        case .delta(let text): ServerSentEventEncoder.encode(json: ["text": .string(text)], event: "delta")
        case .tool(let value): ServerSentEventEncoder.encode(json: value, event: "tool")
        case .degraded(let what): ServerSentEventEncoder.encode(json: what.json, event: "degraded")
        case .done(let answer): ServerSentEventEncoder.encode(json: answer.json, event: "done")
        case .error(let error):
            ServerSentEventEncoder.encode(json: error.envelope(.openAI, requestID: requestID), event: "error")
        }
    }
}

/// Something that does not work as it should while a turn goes on.
struct Degradation: Sendable, Hashable {
    /// The part: `memory`, `embeddings`, `store`, `tools`.
    var what: String
    /// What is wrong, without secrets.
    var why: String

    var json: JSONValue { ["what": .string(what), "why": .string(why)] }
}
