package import HTTPTypes
package import NIOCore
package import SageLLM

/// What a scripted provider does with one request.
package enum ScriptedReply: Sendable {
    /// Answers; the body ends as told.
    case answer(status: Int, headers: HTTPFields, parts: [ByteBuffer], ending: Ending)
    /// Breaks off before any answer.
    case failure(UpstreamFailure)
    /// Answers nothing until the caller gives up.
    case silence

    /// How a body ends.
    package enum Ending: Sendable {
        case complete
        case failure(UpstreamFailure)
        /// Not at all, until somebody ends it.
        case open
    }

    /// An answer in JSON.
    package static func json(
        _ text: String, status: Int = 200, headers: HTTPFields = [:], ending: Ending = .complete
    ) -> ScriptedReply {
        var headers = headers
        headers[.contentType] = "application/json"
        return .answer(status: status, headers: headers, parts: [ByteBuffer(string: text)], ending: ending)
    }

    /// An error in OpenAI's envelope.
    package static func error(
        _ status: Int, _ message: String = "boom", type: String? = nil, code: String? = nil, headers: HTTPFields = [:]
    ) -> ScriptedReply {
        let error = OpenAIError(message: message, type: type, code: code)
        return .json(OpenAIErrorEnvelope(error: error).json.description, status: status, headers: headers)
    }

    /// A whole completion.
    package static func completion(_ text: String = "hello") -> ScriptedReply {
        .json(ChatText.completion(text))
    }

    /// A stream of events, each part a chunk of it.
    package static func stream(_ parts: String..., ending: Ending = .complete) -> ScriptedReply {
        stream(parts.map { ByteBuffer(string: $0) }, ending: ending)
    }

    /// A stream of events, each part a chunk of it.
    package static func stream(_ parts: [ByteBuffer], ending: Ending = .complete) -> ScriptedReply {
        .answer(status: 200, headers: [.contentType: "text/event-stream"], parts: parts, ending: ending)
    }
}

/// Texts of OpenAI's protocol.
package enum ChatText {
    /// The body of a completion.
    package static func completion(_ text: String = "hello") -> String {
        SimulatedReply(id: "c-1", created: 1, model: "m", text: text, promptTokens: 3).completion.json.description
    }

    /// An event.
    package static func event(_ data: String) -> String { "data: \(data)\n\n" }

    /// The event of a chunk.
    package static func chunk(_ delta: String, finish: String = "null", index: Int = 0) -> String {
        event(#"{"id":"c-1","choices":[{"index":\#(index),"delta":\#(delta),"finish_reason":\#(finish)}]}"#)
    }

    /// The first chunk of most providers, which carries nothing of the answer.
    package static let role = chunk(#"{"role":"assistant","content":""}"#)
    /// A token.
    package static func token(_ text: String) -> String { chunk(#"{"content":"\#(text)"}"#) }
    /// The chunk that ends a choice.
    package static let finish = chunk("{}", finish: #""stop""#)
    /// The chunk with the token counts.
    package static let usage = event(
        #"{"id":"c-1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}}"#)
    /// The marker at the end of a stream.
    package static let done = event("[DONE]")
    /// An error inside a stream.
    package static func error(_ message: String = "boom") -> String { event(#"{"error":{"message":"\#(message)"}}"#) }
}
