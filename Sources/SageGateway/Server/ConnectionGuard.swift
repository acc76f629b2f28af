import HTTPTypes
import Logging
import NIOCore
import NIOHTTPTypes
import SageLLM
import SageResilience

/// Watches over one connection: notices that the client goes, limits how long it may take to send a request or to read
/// an answer, and answers what is not HTTP with an error that says so.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = RequestParser.Part
    typealias InboundOut = RequestParser.Part
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    struct Limits: Sendable {
        /// From the head of a request to its end, and from connecting to the first head.
        var request: TimeAmount
        /// How long a client may read nothing of what was sent to it.
        var unreadAnswer: TimeAmount
        /// For the message about it.
        var maxHeaderBytes: Int
        /// A body that announces more is not asked for.
        var maxBodyBytes: Int
    }

    private let registry: ConnectionRegistry
    private let limits: Limits
    private let accessLog: Logger
    /// The path of a request whose head has not been read, as far as it is known.
    private let unreadPath: () -> String?
    private let monitor = ConnectionMonitor()
    private var exchanges = OutstandingExchanges()
    private var requestTimer: Scheduled<Void>?
    private var writeTimer: Scheduled<Void>?
    private var isLastAnswer = false
    /// Whether the client waits to be asked for the body of the request that is being read.
    private var awaitsContinue = false
    /// The dialect of the request that is being read, for an error.
    private var dialect = Dialect.openAI
    /// When the request that is being read began, for its access line if it is refused here.
    private var requestStart: Moment?
    /// Whether the limit for the request that is being read runs, although its timer may not be set yet.
    private var isRequestLimited = false
    /// What is sent once earlier requests, whose answers come first, are answered.
    private var pendingRefusal: GatewayError?
    private(set) var isRefusing = false
    private var context: ChannelHandlerContext?
    /// Whether the client speaks HTTP/1.0, which has neither chunks nor a second request.
    private(set) var isClientOld = false
    /// Whether the answer that is under way has begun with pings, before its own head came.
    private(set) var isEarly = false

    init(
        registry: ConnectionRegistry, limits: Limits, accessLog: Logger, unreadPath: @escaping () -> String?
    ) {
        self.registry = registry
        self.limits = limits
        self.accessLog = accessLog
        self.unreadPath = unreadPath
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        registry.add(context.channel, monitor)
        // The head itself may be what a client never finishes; between requests the idle limit holds.
        requestTimer = schedule(context, limits.request) { _, context in context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        end(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(context)
        context.fireChannelInactive()
    }

    private func end(_ context: ChannelHandlerContext) {
        requestTimer?.cancel()
        writeTimer?.cancel()
        registry.remove(context.channel)
        monitor.close()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A client that has closed its side reads no answer either: libraries close both with one call.
        if case ChannelEvent.inputClosed = event { monitor.close() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefusing, pendingRefusal == nil else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            exchanges.requestBegan()
            if head.isOld { isClientOld = true }
            dialect = Dialect(path: head.request.path ?? "/")
            requestStart = RequestReport.now
            awaitsContinue = expectsContinue(head)
            endRequestLimit()
            // Back-pressure stops a pipelined request while earlier ones are answered: the client cannot help it.
            if exchanges.earlier == 0 { turnCame(context) }
        case .body: break
        case .end:
            exchanges.requestEnded()
            requestStart = nil
            awaitsContinue = false
            endRequestLimit()
        }
        context.fireChannelRead(data)
    }

    /// Sets the timer of a request that has not come as a whole, as nearly all do.
    func channelReadComplete(context: ChannelHandlerContext) {
        if isRequestLimited, requestTimer == nil { limitRequest(context) }
        context.fireChannelReadComplete()
    }

    private func endRequestLimit() {
        isRequestLimited = false
        requestTimer?.cancel()
        requestTimer = nil
    }

    private func limitRequest(_ context: ChannelHandlerContext) {
        requestTimer = schedule(context, limits.request) { guardian, context in
            guardian.refuse(
                context, GatewayError(.invalidRequest, "the request was not complete in time", status: 408))
        }
    }

    /// Whether the client waits to be asked for a body that Sage would take.
    private func expectsContinue(_ head: RequestParser.Head) -> Bool {
        !isClientOld && head.expectsContinue && head.contentLength.map { $0 <= limits.maxBodyBytes } ?? true
    }

    /// Called when the next answer belongs to the request that is being read.
    private func turnCame(_ context: ChannelHandlerContext) {
        if awaitsContinue {
            awaitsContinue = false
            // Libraries that announce a large body wait about a second for this before they send it anyway.
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
        isRequestLimited = true
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isRefusing else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head):
            guard answerBegins(isLast: head.headerFields[.connection] == "close") else {
                promise?.succeed()
                return
            }
        case .body: break
        case .end:
            if isLastAnswer {
                context.writeAndFlush(data, promise: promise)
            } else {
                context.write(data, promise: promise)
            }
            answerWasWritten()
            return
        }
        context.write(data, promise: promise)
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard let answer = event as? EarlyAnswer else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        guard !isRefusing, isEarly || !exchanges.hasAnswerBegun else { return }
        if !isEarly {
            isEarly = true
            exchanges.answerBegan()
            context.write(wrapOutboundOut(.head(answer.head)), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.body(answer.bytes)), promise: promise)
    }

    /// Called when an answer begins that is written past this handler.
    ///
    /// - Returns: Whether its head is to be written; not if the client has been told one already, with pings.
    func answerBegins(isLast: Bool) -> Bool {
        isLastAnswer = isLast
        // What differs from the head that the client knows stands in the stream.
        guard !isEarly else { return false }
        exchanges.answerBegan()
        return true
    }

    /// Called when an answer that is written past this handler has been written as a whole.
    func answerWasWritten() {
        isEarly = false
        exchanges.answerEnded()
        guard let context else { return }
        if isLastAnswer {
            // Only our side: closing both with the rest of the request unread would reset the connection, and the
            // client might lose the answer.
            context.close(mode: .output, promise: nil)
            return
        }
        guard exchanges.earlier == 0 else { return }
        if let pendingRefusal {
            refuse(context, pendingRefusal)
        } else if exchanges.isReading, !exchanges.isAnsweredEarly {
            turnCame(context)
            limitRequest(context)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        writeTimer?.cancel()
        writeTimer = nil
        if !context.channel.isWritable { awaitReading(context) }
        context.fireChannelWritabilityChanged()
    }

    /// Closes the connection unless the client reads something in time, again and again until it has caught up.
    private func awaitReading(_ context: ChannelHandlerContext) {
        let unread = bufferedBytes(context)
        writeTimer = schedule(context, limits.unreadAnswer) { guardian, context in
            if guardian.bufferedBytes(context) < unread {
                guardian.awaitReading(context)
            } else {
                context.close(promise: nil)
            }
        }
    }

    /// What the operating system has not taken yet; nothing is added while the channel is not writable.
    private func bufferedBytes(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPMessageError else {
            context.fireErrorCaught(error)
            return
        }
        let answer =
            if case .tooLong = error {
                GatewayError(
                    .invalidRequest, "the header fields are too large; allowed are \(limits.maxHeaderBytes) bytes",
                    status: 431)
            } else {
                GatewayError(.invalidRequest, "the request is not valid HTTP/1.1")
            }
        refuse(context, answer)
    }

    /// Answers with an error, after the answers to earlier requests, and closes the connection.
    private func refuse(_ context: ChannelHandlerContext, _ error: GatewayError) {
        guard !isRefusing else { return }
        guard exchanges.earlier == 0 else {
            pendingRefusal = error
            return
        }
        isRefusing = true
        // A request gets one answer: a second one would be taken for that to the next.
        guard !exchanges.hasAnswerBegun, !exchanges.isAnsweredEarly else {
            monitor.close()
            context.close(promise: nil)
            return
        }
        monitor.refuse()
        let report = RequestReport(
            id: RequestIdentifier.next(), logger: accessLog, start: requestStart ?? RequestReport.now)
        report.end(.init(error), status: error.status, error: error)
        let dialect = unreadPath().map { Dialect(path: $0) } ?? dialect
        let body = error.envelope(dialect, requestID: report.id).jsonBuffer
        var headers = error.headers
        headers[.contentLength] = String(body.readableBytes)
        headers[.connection] = "close"
        headers[.requestID] = report.id
        headers[.upstreamRequestID] = report.id
        let head = HTTPResponse(status: error.httpStatus, headerFields: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    private func schedule(
        _ context: ChannelHandlerContext, _ time: TimeAmount,
        _ action: @escaping (ConnectionGuard, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: time) { action(self, context) }
    }
}
