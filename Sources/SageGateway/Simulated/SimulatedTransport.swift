import HTTPTypes
import NIOCore
import NIOPosix
import SageLLM
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A provider that lives in this process and always answers: the first request works without any key.
///
/// It answers chats and embeddings like an OpenAI-compatible service, streams included: chats by telling what it was
/// asked, embeddings by the words of the text.
final class SimulatedTransport: UpstreamTransport {
    private let replies = Atomic<Int>(0)

    func send(_ request: UpstreamRequest) async throws(UpstreamFailure) -> UpstreamResponse {
        do {
            if request.url.hasSuffix("/embeddings") {
                return Self.answer([try SimulatedEmbeddingsReply(to: JSONValue(parsing: request.body)).json.jsonBuffer])
            }
            return chat(try ChatCompletionRequest(parsing: request.body))
        } catch {
            return Self.answer(status: 400, [Self.errorBody("\(error)")])
        }
    }

    private func chat(_ chat: ChatCompletionRequest) -> UpstreamResponse {
        let number = replies.wrappingAdd(1, ordering: .relaxed).newValue
        let reply = SimulatedReply(
            id: "chatcmpl-sim-\(number)", created: Int(Date.now.timeIntervalSince1970), model: chat.model,
            text: Self.text(for: chat), promptTokens: SimulatedReply.estimatedTokens(chat.messages))
        guard chat.stream == true else { return Self.answer([reply.body]) }
        return Self.answer(
            reply.events(includeUsage: chat.streamOptions?["include_usage"]?.boolValue ?? false),
            contentType: "text/event-stream")
    }

    private static func answer(
        status: Int = 200, _ parts: [ByteBuffer], contentType: String = "application/json"
    ) -> UpstreamResponse {
        let body = UpstreamBody(eventLoop: MultiThreadedEventLoopGroup.singleton.next(), onCancel: {})
        for part in parts { _ = body.receive(part, resume: {}) }
        body.finish()
        return UpstreamResponse(status: status, headers: [.contentType: contentType], body: body)
    }

    func shutdown() async {}

    private static func text(for chat: ChatCompletionRequest) -> String {
        let message = chat.messages.last { $0.role == .user }?.content?.text ?? ""
        // What Sage has put before a message was said by nobody.
        let question = RecalledMemory.question(in: message)
        let quoted = question.count > 200 ? question.prefix(200) + "..." : question[...]
        return "Hello from sage-sim, the model that Sage simulates. You said: \(quoted)"
    }

    private static func errorBody(_ message: String) -> ByteBuffer {
        OpenAIErrorEnvelope(error: OpenAIError(message: message, type: "invalid_request_error")).json.jsonBuffer
    }
}
