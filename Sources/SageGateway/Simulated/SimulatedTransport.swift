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
/// It answers like an OpenAI-compatible service, streams included, by telling what it was asked.
final class SimulatedTransport: UpstreamTransport {
    private let replies = Atomic<Int>(0)

    func send(_ request: UpstreamRequest) async throws(UpstreamFailure) -> UpstreamResponse {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let body = UpstreamBody(eventLoop: eventLoop, onCancel: {})
        let chat: ChatCompletionRequest
        do {
            chat = try ChatCompletionRequest(parsing: request.body)
        } catch {
            _ = body.receive(Self.errorBody("\(error)"), resume: {})
            body.finish()
            return UpstreamResponse(status: 400, headers: [.contentType: "application/json"], body: body)
        }
        let number = replies.wrappingAdd(1, ordering: .relaxed).newValue
        let reply = SimulatedReply(
            id: "chatcmpl-sim-\(number)", created: Int(Date.now.timeIntervalSince1970), model: chat.model,
            text: Self.text(for: chat), promptTokens: SimulatedReply.estimatedTokens(chat.messages))
        if chat.stream == true {
            for event in reply.events(includeUsage: chat.streamOptions?["include_usage"]?.boolValue ?? false) {
                _ = body.receive(event, resume: {})
            }
        } else {
            _ = body.receive(reply.body, resume: {})
        }
        body.finish()
        let type = chat.stream == true ? "text/event-stream" : "application/json"
        return UpstreamResponse(status: 200, headers: [.contentType: type], body: body)
    }

    func shutdown() async {}

    private static func text(for chat: ChatCompletionRequest) -> String {
        let question = chat.messages.last { $0.role == .user }?.content?.text ?? ""
        let quoted = question.count > 200 ? question.prefix(200) + "..." : question[...]
        return "Hello from sage-sim, the model that Sage simulates. You said: \(quoted)"
    }

    private static func errorBody(_ message: String) -> ByteBuffer {
        OpenAIErrorEnvelope(error: OpenAIError(message: message, type: "invalid_request_error")).json.jsonBuffer
    }
}
