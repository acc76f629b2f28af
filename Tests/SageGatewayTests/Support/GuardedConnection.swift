import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import SageLLM

@testable import SageGateway

/// A connection in memory behind a guard.
///
/// Made in the test itself, which must not suspend: an embedded event loop is bound to the thread that made it.
struct GuardedConnection {
    let registry = ConnectionRegistry()
    let channel = EmbeddedChannel()
    let monitor: ConnectionMonitor
    let log = LogRecorder()

    init() throws {
        let limits = ConnectionGuard.Limits(
            request: .seconds(60), unreadAnswer: .seconds(120), maxHeaderBytes: 4_096, maxBodyBytes: 1_024)
        try channel.pipeline.syncOperations.addHandler(
            ConnectionGuard(registry: registry, limits: limits, accessLog: log.logger) { nil })
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        monitor = registry.monitor(of: channel)
    }

    static let head = RequestParser.Head(
        HTTPRequest(method: .post, scheme: "http", authority: "h", path: "/v1/chat/completions"))

    func respond(_ status: HTTPResponse.Status = .ok) throws {
        try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: status)))
        try channel.writeOutbound(HTTPResponsePart.end(nil))
    }

    func receive(_ part: RequestParser.Part) throws {
        try channel.writeInbound(part)
    }

    /// What was answered: the status and the error, and how many heads there were.
    func answers() throws -> (statuses: [Int], error: OpenAIError?, headers: HTTPFields, isEnded: Bool) {
        var statuses: [Int] = []
        var error: OpenAIError?
        var headers = HTTPFields()
        var isEnded = false
        while let part = try channel.readOutbound(as: HTTPResponsePart.self) {
            switch part {
            case .head(let head):
                statuses.append(head.status.code)
                headers = head.headerFields
            case .body(let body): error = try OpenAIErrorEnvelope(parsing: body).error
            case .end: isEnded = true
            }
        }
        return (statuses, error, headers, isEnded)
    }

    func advance(_ time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }
}
