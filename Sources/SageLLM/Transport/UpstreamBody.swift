import HTTPTypes
public import NIOCore
import Synchronization

/// The body of an answer as it arrives: written by a transport, read by one consumer.
///
/// Back-pressure goes both ways: when the unread bytes pass a mark the transport is told to stop reading, and it goes
/// on once they have been read. A body can be cancelled from anywhere, which ends its exchange and wakes its reader.
public final class UpstreamBody: Sendable {
    let state: Mutex<UpstreamBodyState>

    /// Creates an empty body that has not ended.
    ///
    /// - Parameters:
    ///   - eventLoop: Where timers run.
    ///   - onCancel: Ends the exchange; called at most once, when the body is cancelled or a read times out.
    public init(eventLoop: any EventLoop, onCancel: @escaping @Sendable () -> Void) {
        state = Mutex(UpstreamBodyState(source: TimerSource(eventLoop: eventLoop, onCancel: onCancel)))
    }

    /// Creates the body of an exchange of which the answer's head is still to come.
    ///
    /// - Parameter headDeadline: When the head must have arrived.
    init(awaitingHeadUntil headDeadline: NIODeadline?) {
        state = Mutex(UpstreamBodyState(awaitingHeadUntil: headDeadline))
    }

    // MARK: Reading

    /// Waits for the next part.
    ///
    /// - Parameter limit: How long to wait; nil waits without limit. When the time is up the exchange is ended.
    /// - Returns: The next bytes, or nil at the end.
    /// - Throws: ``UpstreamFailure``; the parts that arrived before a failure are returned first.
    public func next(within limit: Duration? = nil) async throws(UpstreamFailure) -> ByteBuffer? {
        while true {
            let (part, effects) = try state.withLock { state throws(UpstreamFailure) in try state.take() }
            perform(effects)
            switch part {
            case .bytes(let buffer): return buffer
            case .end: return nil
            case .wait: await wait(within: limit)
            }
        }
    }

    /// Reads everything that is left.
    ///
    /// - Parameters:
    ///   - maxBytes: The most bytes to read; a longer body fails.
    ///   - limit: How long all of it may take.
    public func collect(upTo maxBytes: Int, within limit: Duration? = nil) async throws(UpstreamFailure) -> ByteBuffer {
        if let whole = state.withLock({ $0.takeWhole(upTo: maxBytes) }) { return whole }
        let start = limit.map { _ in ContinuousClock.now }
        var whole = ByteBuffer()
        repeat {
            let remaining = limit.flatMap { limit in start.map { max(.zero, limit - (.now - $0)) } }
            guard var part = try await next(within: whole.readableBytes == 0 ? limit : remaining) else { return whole }
            if whole.readableBytes == 0 { whole = part } else { whole.writeBuffer(&part) }
        } while whole.readableBytes <= maxBytes
        cancel()
        throw .bodyTooLarge(limit: maxBytes)
    }

    /// Ends the exchange; the reader gets ``UpstreamFailure/cancelled`` unless the body has ended before.
    public func cancel() {
        perform(state.withLock { $0.end(.failure(.cancelled), cancelling: true) })
    }

    /// Ends the exchange because its time is up, although bytes may be waiting.
    ///
    /// Does nothing when all of the body has been read: how it ended is then more telling than that it was late.
    ///
    /// - Throws: ``UpstreamFailure/bodyTimeout``.
    func expire() throws(UpstreamFailure) {
        guard let effects = state.withLock({ $0.expire() }) else { return }
        perform(effects)
        throw .bodyTimeout
    }

    /// Lets the rest of the body pass unread, so that its connection can be used again, or ends the exchange.
    ///
    /// - Parameter limit: How long the rest may take.
    public func drain(within limit: Duration) {
        let delay = TimeAmount(limit)
        let deadline = NIODeadline.now().saturatingAdding(delay)
        let (source, effects) = state.withLock { ($0.source, $0.drain(until: deadline)) }
        guard let effects else { return }
        source?.watch(self, until: deadline, in: delay)
        perform(effects)
        // It may have ended before it was watched.
        if state.withLock({ $0.end != nil }) { source?.unwatch(self) }
    }

    /// Waits for the head of the answer.
    ///
    /// - Throws: ``UpstreamFailure``. Cancelling the task ends the exchange.
    func response() async throws(UpstreamFailure) -> UpstreamResponse {
        while true {
            let head = try state.withLock { state throws(UpstreamFailure) in try state.takeHead() }
            if let head { return UpstreamResponse(status: head.status, headers: head.headers, body: self) }
            // The connection keeps the time until the head.
            await suspend(.head)
        }
    }

    private func wait(within limit: Duration?) async {
        await suspend(.part(limit.map { TimeAmount($0) }))
    }

    private enum Awaited {
        case head
        case part(TimeAmount?)
    }

    private func suspend(_ awaited: Awaited) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                switch awaited {
                case .head, .part(nil):
                    let isHead = if case .head = awaited { true } else { false }
                    let isWaiting = state.withLock { $0.wait(continuation, isHead: isHead, until: nil) }
                    if !isWaiting { continuation.resume() }
                case .part(let delay?):
                    let deadline = NIODeadline.now().saturatingAdding(delay)
                    let (isWaiting, source) = state.withLock {
                        ($0.wait(continuation, isHead: false, until: deadline), $0.source)
                    }
                    guard isWaiting else { return continuation.resume() }
                    source?.watch(self, until: deadline, in: delay)
                }
            }
        } onCancel: {
            cancel()
        }
    }

    // MARK: Writing

    /// Adds a part.
    ///
    /// - Parameters:
    ///   - buffer: The bytes.
    ///   - resume: Called once, later, if the producer must pause: when the reader has caught up or gone away.
    /// - Returns: Whether the producer may go on at once.
    public func receive(_ buffer: ByteBuffer, resume: @escaping @Sendable () -> Void) -> Bool {
        let (goesOn, effects) = state.withLock { $0.receive(buffer, orPause: resume) }
        perform(effects)
        return goesOn
    }

    /// Marks the end of the body, or its failure.
    public func finish(_ result: Result<Void, UpstreamFailure> = .success(())) {
        perform(state.withLock { $0.end(result, cancelling: false) })
    }

    /// Adds a part; the source is resumed when the reader has caught up.
    ///
    /// - Returns: Whether the source may go on at once.
    func receive(_ buffer: ByteBuffer) -> Bool {
        let (goesOn, effects) = state.withLock { $0.receive(buffer, orPause: nil) }
        perform(effects)
        return goesOn
    }

    /// Adds the head of the answer.
    func receive(status: Int, headers: HTTPFields) {
        perform(state.withLock { $0.receive((status, headers)) })
    }

    // MARK: Source

    /// Makes a source responsible for the exchange.
    ///
    /// - Returns: False when the exchange is over already, and must not begin.
    func attach(_ source: any UpstreamSource) -> Bool {
        state.withLock { state in
            guard state.end == nil else { return false }
            state.source = source
            return true
        }
    }

    /// When the head must have arrived.
    var headDeadline: NIODeadline? { state.withLock(\.headDeadline) }

    /// The length of what has arrived and not been read.
    var unreadBytes: Int { state.withLock(\.unreadBytes) }

    /// Ends the exchange if it waits for something that should have come by an instant that has passed.
    ///
    /// - Returns: The deadline that is to be watched further, if any.
    func pass(_ instant: NIODeadline) -> NIODeadline? {
        let (deadline, effects) = state.withLock { $0.pass(instant) }
        perform(effects)
        return deadline
    }

    private func perform(_ effects: UpstreamBodyState.Effects) {
        guard !effects.isEmpty else { return }
        if effects.isUnwatched { effects.source?.unwatch(self) }
        if effects.isCancelled { effects.source?.cancel(self) }
        if effects.isSourceResumed { effects.source?.resume(self) }
        effects.resumeProducer?()
        effects.reader?.resume()
    }
}
