import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTPTypes

/// A client's connection, as the task that answers its requests sees it.
///
/// That task runs on the connection's event loop, and so must everybody who calls what is here.
final class ClientConnection: ServerChildChannelValue {
    let channel: any Channel
    let monitor: ConnectionMonitor
    private let inbox: NIOLoopBound<RequestInbox>
    private let executor: EventLoopExecutor

    /// - Parameter inbox: The last handler of the channel; to be called on its event loop.
    init(_ channel: any Channel, _ inbox: RequestInbox, monitor: ConnectionMonitor) {
        self.channel = channel
        self.monitor = monitor
        self.inbox = NIOLoopBound(inbox, eventLoop: channel.eventLoop)
        executor = EventLoopExecutor(channel.eventLoop)
    }

    var eventLoop: any EventLoop { channel.eventLoop }

    /// Runs something on the connection's event loop, and comes back.
    func onEventLoop<Value: Sendable>(_ work: @concurrent @Sendable () async throws -> Value) async rethrows -> Value {
        try await withTaskExecutorPreference(executor, operation: work)
    }

    /// Answers one request after the other, until there are no more.
    func serve(_ dispatcher: RequestDispatcher) async {
        while let head = await nextRequest() {
            await dispatcher.answer(head, on: self)
            guard answered() else { return }
        }
    }

    /// Waits for the next request; nil when there is none any more.
    func nextRequest() async -> HTTPRequest? {
        await inbox.value.nextRequest()
    }

    /// Called when the answer to the request has been written.
    ///
    /// - Returns: Whether there may be another request.
    func answered() -> Bool {
        inbox.value.answered()
    }

    /// Ends all waiting for the client.
    func stop() {
        inbox.value.stop(isClientGone: monitor.isClosed)
    }

    // MARK: For whoever answers a request

    /// The whole body of the request that is being answered.
    ///
    /// - Throws: ``GatewayError`` when it is larger than `limit`; `CancellationError` when the client went before its end.
    func body(limit: Int) async throws -> ByteBuffer {
        switch await inbox.value.body() {
        case .whole(let bytes): return bytes
        case .tooLarge: throw GatewayError(bodyLargerThan: limit)
        case .broken: throw CancellationError()
        }
    }

    /// Writes a whole answer of a model.
    func write(_ head: AnswerHead, _ body: ByteBuffer) {
        inbox.value.write(head, body)
    }

    /// Begins a streamed answer of a model.
    func begin(_ head: AnswerHead) {
        inbox.value.begin(head)
    }

    /// Writes a part of a streamed answer, and waits while the client has much to read.
    ///
    /// - Throws: `CancellationError` when the client has gone.
    func writeChunk(_ bytes: ByteBuffer) async throws {
        let inbox = inbox.value
        inbox.writeChunk(bytes)
        guard await inbox.writable() else { throw CancellationError() }
    }

    /// Ends a streamed answer.
    func endChunks() {
        inbox.value.endChunks()
    }

    /// Begins an answer whose body comes in parts.
    func begin(_ head: HTTPResponse) {
        inbox.value.write(.head(head))
    }

    /// Writes a part of the body, and waits while the client has much to read.
    ///
    /// - Throws: `CancellationError` when the client has gone.
    func write(_ bytes: ByteBuffer) async throws {
        let inbox = inbox.value
        inbox.write(.body(bytes))
        guard await inbox.writable() else { throw CancellationError() }
    }

    /// Ends the answer.
    func end() {
        inbox.value.write(.end(nil))
    }
}
