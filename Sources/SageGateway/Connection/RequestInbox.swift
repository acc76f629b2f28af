import HTTPTypes
import NIOCore
import NIOHTTPTypes
import SageLLM

/// The last handler of a connection: takes in requests, and hands them one after the other to the task that answers.
///
/// Of what a client sends before it has got its answers, one complete request is kept and no more is read.
final class RequestInbox: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = RequestParser.Part
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// What became of a body.
    enum Body: Sendable {
        case whole(ByteBuffer)
        case tooLarge
        /// The client has gone, or the server ends.
        case broken
    }

    private enum Progress {
        case reading
        case complete
        case tooLarge
        /// Larger than allowed, and its end has come.
        case tooLargeComplete
    }

    private struct Incoming {
        let head: RequestParser.Head
        var body = ByteBuffer()
        var progress = Progress.reading

        var isEnded: Bool { progress == .complete || progress == .tooLargeComplete }
    }

    /// Where bytes for the client are written: behind all handlers that encode.
    var outlet: ChannelHandlerContext?
    private let guardian: ConnectionGuard
    private let origin: OriginCheck
    private let serverName: String
    private let maxBodyBytes: Int
    private let idleTimeout: TimeAmount
    private var requests = CircularBuffer<Incoming>(initialCapacity: 2)
    /// Whether the first request has been handed out.
    private var isAnswering = false
    /// How many requests at the front have been answered and await their own ends.
    private var answeredCount = 0
    /// Whether the answer was the last one of the connection.
    private var isLast = false
    private var isQuiescing = false
    /// Whether no more requests are answered, and nothing is waited for.
    private var isStopped = false
    /// Whether the client reads no answers any more.
    private var isClientGone = false
    private var isReadHeldBack = false
    private var lastAnswer = NIODeadline.now()
    private var idleTimer: Scheduled<Void>?
    private var requestWaiter: CheckedContinuation<HTTPRequest?, Never>?
    private var bodyWaiter: CheckedContinuation<Void, Never>?
    private var writableWaiter: CheckedContinuation<Void, Never>?
    private var context: ChannelHandlerContext?

    /// - Parameters:
    ///   - guardian: The handler before this one.
    ///   - origin: Says which pages may read answers.
    init(
        guardian: ConnectionGuard, origin: OriginCheck, maxBodyBytes: Int, idleTimeout: TimeAmount, serverName: String
    ) {
        self.guardian = guardian
        self.origin = origin
        self.serverName = serverName
        self.maxBodyBytes = maxBodyBytes
        self.idleTimeout = idleTimeout
    }

    // MARK: The channel's side

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        watchIdleness(idleTimeout)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        idleTimer?.cancel()
        stop(isClientGone: true)
        self.context = nil
        outlet = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        idleTimer?.cancel()
        stop(isClientGone: true)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What the guard has not answered is nothing that can be answered.
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isLast else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            var request = Incoming(head: head)
            if let length = head.contentLength, length > maxBodyBytes { request.progress = .tooLarge }
            requests.append(request)
        case .body(var bytes):
            guard !requests.isEmpty else { return }
            let last = requests.index(before: requests.endIndex)
            guard requests[last].progress == .reading else { return }
            if requests[last].body.readableBytes + bytes.readableBytes > maxBodyBytes {
                requests[last].progress = .tooLarge
                requests[last].body = ByteBuffer()
            } else if requests[last].body.readableBytes == 0 {
                requests[last].body = bytes
            } else {
                requests[last].body.writeBuffer(&bytes)
            }
        case .end:
            guard !requests.isEmpty else { return }
            let last = requests.index(before: requests.endIndex)
            requests[last].progress = requests[last].progress == .reading ? .complete : .tooLargeComplete
            dropAnswered()
        }
    }

    /// Not with each part: what has come at once is handed over at once, and a small request in one go.
    func channelReadComplete(context: ChannelHandlerContext) {
        handOver()
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if requests.count > 1, requests[requests.index(before: requests.endIndex)].isEnded {
            isReadHeldBack = true
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { wakeWriter() }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            isQuiescing = true
            if requests.isEmpty, !isAnswering { context.close(promise: nil) }
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// One timer for all of a connection's time, so that a request costs none.
    private func watchIdleness(_ time: TimeAmount) {
        guard let context else { return }
        idleTimer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
            let rest = lastAnswer + idleTimeout - .now()
            if requests.isEmpty, !isAnswering, rest <= .zero {
                self.context?.close(promise: nil)
            } else {
                watchIdleness(rest > .zero ? rest : idleTimeout)
            }
        }
    }

    // MARK: The task's side

    /// Waits for the next request; nil when there is none any more.
    func nextRequest() async -> HTTPRequest? {
        if isStopped { return nil }
        if let first = requests.first, answeredCount == 0 {
            isAnswering = true
            return first.head.request
        }
        return await withCheckedContinuation { requestWaiter = $0 }
    }

    /// Waits for the whole body of the request that has been handed out; it is given once.
    func body() async -> Body {
        while !isStopped, let request = requests.first {
            switch request.progress {
            case .complete:
                // A context of megabytes is not kept for as long as its answer streams.
                requests[requests.startIndex].body = ByteBuffer()
                return .whole(request.body)
            case .tooLarge, .tooLargeComplete: return .tooLarge
            case .reading: await withCheckedContinuation { bodyWaiter = $0 }
            }
        }
        return .broken
    }

    // Answers of models are written past the handlers that encode those of the framework: a head and a short body are
    // one piece of memory and one write.

    /// Writes a whole answer of a model.
    func write(_ head: AnswerHead, _ body: ByteBuffer) {
        guard !guardian.isEarly else {
            // The answer has begun as a stream, and ends as one.
            isLast = isLast || mustClose || head.isLast
            _ = guardian.answerBegins(isLast: isLast)
            writeChunk(body)
            endChunks()
            return
        }
        guard var buffer = begin(head, .length(body.readableBytes), more: body.readableBytes) else { return }
        if body.readableBytes <= Self.copiedBytes {
            buffer.writeImmutableBuffer(body)
        } else {
            outlet?.write(NIOAny(buffer), promise: nil)
            buffer = body
        }
        outlet?.writeAndFlush(NIOAny(buffer), promise: nil)
        guardian.answerWasWritten()
    }

    /// Begins a streamed answer of a model.
    func begin(_ head: AnswerHead) {
        guard let buffer = begin(head, guardian.isClientOld ? .untilClose : .chunked, more: 0) else { return }
        outlet?.writeAndFlush(NIOAny(buffer), promise: nil)
    }

    /// Writes a part of a streamed answer.
    func writeChunk(_ bytes: ByteBuffer) {
        guard !isClientGone, !guardian.isRefusing, let context else { return }
        guard !guardian.isClientOld else {
            outlet?.writeAndFlush(NIOAny(bytes), promise: nil)
            return
        }
        var buffer = context.channel.allocator.buffer(capacity: bytes.readableBytes + 16)
        buffer.writeChunk(bytes)
        outlet?.writeAndFlush(NIOAny(buffer), promise: nil)
    }

    /// Ends a streamed answer.
    func endChunks() {
        guard !isClientGone, !guardian.isRefusing else { return }
        if !guardian.isClientOld { outlet?.writeAndFlush(NIOAny(Self.lastChunk), promise: nil) }
        guardian.answerWasWritten()
    }

    private func begin(_ head: AnswerHead, _ framing: AnswerHead.Framing, more: Int) -> ByteBuffer? {
        guard !isClientGone, !guardian.isRefusing, let context else { return nil }
        isLast = isLast || mustClose || head.isLast
        guard guardian.answerBegins(isLast: isLast) else { return nil }
        var head = head
        head.fields.append(contentsOf: sharing)
        var buffer = context.channel.allocator.buffer(capacity: 768 + min(more, Self.copiedBytes))
        head.write(to: &buffer, framing, server: serverName, isLast: isLast)
        return buffer
    }

    /// Copying less than this costs less than a second piece of memory in a write.
    private static let copiedBytes = 32_768
    private static let lastChunk = ByteBuffer(string: "0\r\n\r\n")

    // MARK: Answers of the framework

    /// Writes a part of an answer at once.
    func write(_ part: HTTPResponsePart) {
        guard let context, !isClientGone else { return }
        var part = part
        if case .head(var head) = part {
            head.headerFields.append(contentsOf: sharing)
            part = .head(closing(head))
        }
        context.writeAndFlush(wrapOutboundOut(part), promise: nil)
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard var answer = event as? EarlyAnswer, !guardian.isEarly else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        answer.head.headerFields.append(contentsOf: sharing)
        context.triggerUserOutboundEvent(answer, promise: promise)
    }

    /// What the answer tells the browser whose page has asked.
    private var sharing: HTTPFields { requests.first.map { origin.sharing($0.head.request) } ?? [:] }

    /// The head, which tells the client if it is that of the last answer; the guard then closes Sage's side after it.
    private func closing(_ head: HTTPResponse) -> HTTPResponse {
        if head.headerFields[.connection] == "close" {
            isLast = true
        } else if mustClose {
            isLast = true
            var head = head
            head.headerFields[.connection] = "close"
            return head
        }
        return head
    }

    /// Waits until the client has taken most of what was written.
    ///
    /// - Returns: Whether there still is a client.
    func writable() async -> Bool {
        while !isStopped, let context, !context.channel.isWritable {
            await withCheckedContinuation { writableWaiter = $0 }
        }
        return !isClientGone
    }

    private var mustClose: Bool {
        isQuiescing || isStopped || guardian.isClientOld || requests.first?.head.isClosing == true
    }

    /// Called when the answer has been written.
    ///
    /// - Returns: Whether there may be another request.
    func answered() -> Bool {
        guard !isStopped, let context else { return false }
        isAnswering = false
        lastAnswer = .now()
        guard !isLast else {
            requests.removeAll()
            return false
        }
        // What comes of the body of a request that was answered early is of no use.
        if let first = requests.first, !first.isEnded {
            requests[requests.startIndex].progress = .tooLarge
            requests[requests.startIndex].body = ByteBuffer()
        }
        answeredCount += 1
        dropAnswered()
        // The server was told to stop after the head had been written and before now.
        guard !isQuiescing || !requests.isEmpty else {
            context.close(promise: nil)
            return false
        }
        if isReadHeldBack {
            isReadHeldBack = false
            context.read()
        }
        return true
    }

    private func dropAnswered() {
        while answeredCount > 0, requests.first?.isEnded == true {
            requests.removeFirst()
            answeredCount -= 1
        }
    }

    /// Ends all waiting; an answer that is under way may still be ended if the client is there to read it.
    func stop(isClientGone: Bool) {
        isStopped = true
        if isClientGone { self.isClientGone = true }
        let waiter = requestWaiter
        requestWaiter = nil
        waiter?.resume(returning: nil)
        wakeReader()
        wakeWriter()
    }

    private func handOver() {
        guard let first = requests.first, answeredCount == 0 else { return }
        if isAnswering {
            if first.progress != .reading { wakeReader() }
        } else if let requestWaiter {
            self.requestWaiter = nil
            isAnswering = true
            requestWaiter.resume(returning: first.head.request)
        }
    }

    private func wakeReader() {
        let waiter = bodyWaiter
        bodyWaiter = nil
        waiter?.resume()
    }

    private func wakeWriter() {
        let waiter = writableWaiter
        writableWaiter = nil
        waiter?.resume()
    }
}
