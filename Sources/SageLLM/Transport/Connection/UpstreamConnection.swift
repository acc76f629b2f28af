import NIOCore
import NIOTLS

/// One connection: carries out what ``ConnectionState`` decides.
///
/// Confined to its event loop.
final class UpstreamConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The longest part of a request that is handed to the channel at once.
    private static let maxWrite = 256 << 10

    private let isSecure: Bool
    private var state = ConnectionState()
    private var parser = ResponseParser()
    private var context: ChannelHandlerContext?
    private var handle: ConnectionHandle?
    /// The exchange that goes on.
    private var body: UpstreamBody?
    private var unsent = ByteBuffer()
    private var isSending = false
    private var isPaused = false
    private var timer: Scheduled<Void>?
    private var armed: NIODeadline?
    /// Where the connection belongs, from when it can be used until it cannot any more.
    private var pool: OriginPool?
    private var onHandshake: ((Result<Void, any Error>) -> Void)?

    init(isSecure: Bool) {
        self.isSecure = isSecure
    }

    // MARK: Pool

    /// Puts the connection at the disposal of a pool.
    ///
    /// - Returns: False when it is closed already.
    func join(_ pool: OriginPool) -> Bool {
        guard context != nil, state.phase == .idle else { return false }
        self.pool = pool
        return true
    }

    /// Calls back when the TLS handshake is over.
    func whenSecure(_ act: @escaping (Result<Void, any Error>) -> Void) {
        guard context != nil else { return act(.failure(ChannelError.ioOnClosedChannel)) }
        onHandshake = act
    }

    /// Closes the connection; an exchange that goes on breaks off without a word.
    func close() {
        state.abandoned()
        leave()
        context?.close(promise: nil)
    }

    private func leave() {
        timer?.cancel()
        timer = nil
        handle?.release()
        let pool = self.pool
        self.pool = nil
        pool?.closed(self)
    }

    // MARK: Exchange

    /// Sends a request.
    ///
    /// - Returns: False when the exchange was over before it began; the connection is as it was.
    func start(_ request: PreparedRequest, _ body: UpstreamBody) -> Bool {
        guard let context, let handle, body.attach(handle) else { return false }
        guard state.begin(request.traits) else {
            body.finish(.failure(.connection(.closedBeforeRequest)))
            return true
        }
        self.body = body
        isPaused = false
        parser.begin(isBodyless: request.traits.isBodyless)
        if let deadline = body.headDeadline { arm(deadline) }
        write(request, context)
        return true
    }

    /// Ends an exchange if it still goes on.
    func cancel(_ body: UpstreamBody) {
        guard self.body === body else { return }
        self.body = nil
        close()
    }

    /// Reads on for an exchange.
    func resume(_ body: UpstreamBody) {
        guard self.body === body, isPaused else { return }
        isPaused = false
        context?.read()
    }

    private func fail(_ failure: UpstreamFailure) {
        let body = self.body
        self.body = nil
        close()
        body?.finish(.failure(failure))
    }

    // MARK: Time

    /// Watches the deadline of an exchange if it still goes on.
    func watch(_ body: UpstreamBody, until deadline: NIODeadline) {
        guard self.body === body else { return }
        arm(deadline)
    }

    /// Lets the timer go off no later than an instant.
    ///
    /// It is never moved back: one that goes off early costs less than setting one for each wait.
    private func arm(_ deadline: NIODeadline) {
        if let armed, armed <= deadline { return }
        guard let eventLoop = context?.eventLoop else { return }
        timer?.cancel()
        armed = deadline
        handle?.arm(deadline)
        timer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.timerFired(deadline) }
    }

    private func timerFired(_ instant: NIODeadline) {
        armed = nil
        timer = nil
        handle?.arm(nil)
        guard let next = body?.pass(instant) else { return }
        arm(next)
    }

    // MARK: Writing

    private func write(_ request: PreparedRequest, _ context: ChannelHandlerContext) {
        if isSecure {
            // Records may carry more than the head, so that a lost one tells nothing certain.
            guard request.body.readableBytes > 0 else { return writeLast(request.head, context) }
            context.write(Self.wrapOutboundOut(request.head), promise: nil)
        } else {
            let promise = context.eventLoop.makePromise(of: Void.self)
            promise.futureResult.assumeIsolated().whenFailure { self.state.headLost(UpstreamFailure($0)) }
            guard request.body.readableBytes > 0 else {
                promise.futureResult.assumeIsolated().whenSuccess { self.state.requestWritten() }
                return context.writeAndFlush(Self.wrapOutboundOut(request.head), promise: promise)
            }
            context.write(Self.wrapOutboundOut(request.head), promise: promise)
        }
        unsent = request.body
        writeMore(context)
    }

    private func writeMore(_ context: ChannelHandlerContext) {
        // Writing may make the channel writable and call here again.
        guard !isSending else { return }
        isSending = true
        defer { isSending = false }
        repeat {
            guard state.isExchanging, let part = unsent.readSlice(length: min(unsent.readableBytes, Self.maxWrite)),
                part.readableBytes > 0
            else { return }
            guard unsent.readableBytes > 0 else {
                unsent = ByteBuffer()
                return writeLast(part, context)
            }
            context.writeAndFlush(Self.wrapOutboundOut(part), promise: nil)
        } while context.channel.isWritable
    }

    private func writeLast(_ part: ByteBuffer, _ context: ChannelHandlerContext) {
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { result in
            switch result {
            case .success: self.state.requestWritten()
            case .failure(let error): self.state.noted(UpstreamFailure(error))
            }
        }
        context.writeAndFlush(Self.wrapOutboundOut(part), promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if unsent.readableBytes > 0, context.channel.isWritable { writeMore(context) }
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard state.received() else {
            // After an answer nobody may speak unasked: what comes is not the answer to the next request.
            return close()
        }
        parser.append(Self.unwrapInboundIn(data))
        do throws(HTTPMessageError) {
            while state.isExchanging, try take(parser.next()) {}
        } catch {
            fail(.connection(.protocolViolation, detail: error.explanation))
        }
    }

    /// - Returns: Whether to read on.
    private func take(_ event: ResponseParser.Event) -> Bool {
        switch event {
        case .head(let head):
            switch state.head(head) {
            case .skip: break
            case .deliver: body?.receive(status: head.status, headers: head.fields)
            case .deliverHeadOnly:
                let body = self.body
                body?.receive(status: head.status, headers: head.fields)
                self.body = nil
                close()
                body?.finish()
            case .fail(let failure): fail(failure)
            }
            return true
        case .body(let part):
            if let body, !body.receive(part) { isPaused = true }
            return true
        case .end:
            endExchange()
            return false
        case .incomplete:
            return false
        }
    }

    private func endExchange() {
        let body = self.body
        self.body = nil
        isPaused = false
        // The connection first: whoever reads the end may send the next request at once.
        switch state.ended(hasUnread: parser.hasUnread) {
        case .reuse(let keepAliveSeconds): pool?.released(self, keepAliveSeconds: keepAliveSeconds)
        case .close: close()
        }
        body?.finish()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Also while idle: a peer that closes is noticed by reading.
        if !isPaused { context.read() }
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        handle = ConnectionHandle(self, eventLoop: context.eventLoop)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        handle = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted(let negotiatedProtocol)? = event as? TLSUserEvent {
            let isRight = negotiatedProtocol.map { $0 == "http/1.1" } ?? true
            handshakeEnded(
                isRight
                    ? .success(())
                    : .failure(UpstreamFailure.connection(.tlsHandshake, detail: "HTTP/1.1 was not negotiated")))
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func handshakeEnded(_ result: Result<Void, any Error>) {
        let act = onHandshake
        onHandshake = nil
        act?(result)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        breakOff(error)
    }

    /// Closes the connection for a reason.
    func breakOff(_ error: any Error) {
        state.noted(UpstreamFailure(error))
        handshakeEnded(.failure(error))
        context?.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        let action = state.closed(isComplete: parser.connectionEnded())
        let body = self.body
        self.body = nil
        leave()
        switch action {
        case .none: break
        case .complete: body?.finish()
        case .fail(let failure): body?.finish(.failure(failure))
        }
        handshakeEnded(.failure(ChannelError.ioOnClosedChannel))
        context.fireChannelInactive()
    }
}
