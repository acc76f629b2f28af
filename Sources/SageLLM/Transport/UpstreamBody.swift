public import NIOCore
import Synchronization

/// The body of an answer as it arrives: written by a transport, read by one consumer.
///
/// Back-pressure goes both ways: when the unread bytes pass a mark the transport is told to stop reading, and it goes
/// on once they have been read. A body can be cancelled from anywhere, which ends its exchange and wakes its reader.
public final class UpstreamBody: Sendable {
    /// Above this many unread bytes the transport stops reading.
    private static let highWaterMark = 256 * 1024

    private struct State {
        var unread = CircularBuffer<ByteBuffer>()
        var unreadBytes = 0
        var end: Result<Void, UpstreamFailure>?
        var reader: CheckedContinuation<Void, Never>?
        /// Tells the limit of the present wait from one that came too late to be cancelled.
        var waits = 0
        var timer: Scheduled<Void>?
        var resumeProducer: (@Sendable () -> Void)?
        var isCancelled = false
        var isDraining = false
    }

    private let state = Mutex(State())
    private let eventLoop: any EventLoop
    private let onCancel: @Sendable () -> Void

    /// Creates an empty body that has not ended.
    ///
    /// - Parameters:
    ///   - eventLoop: Where timers run.
    ///   - onCancel: Ends the exchange; called at most once, when the body is cancelled or a read times out.
    public init(eventLoop: any EventLoop, onCancel: @escaping @Sendable () -> Void) {
        self.eventLoop = eventLoop
        self.onCancel = onCancel
    }

    // MARK: Reading

    /// Waits for the next part.
    ///
    /// - Parameter limit: How long to wait; nil waits without limit. When the time is up the exchange is ended.
    /// - Returns: The next bytes, or nil at the end.
    /// - Throws: ``UpstreamFailure``; the parts that arrived before a failure are returned first.
    public func next(within limit: Duration? = nil) async throws(UpstreamFailure) -> ByteBuffer? {
        while true {
            let (part, resumeProducer) = try state.withLock { state throws(UpstreamFailure) in
                try Self.take(&state)
            }
            resumeProducer?()
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
        let start = ContinuousClock.now
        guard var whole = try await next(within: limit) else { return ByteBuffer() }
        while whole.readableBytes <= maxBytes {
            guard var part = try await next(within: limit.map { max(.zero, $0 - (.now - start)) }) else {
                return whole
            }
            whole.writeBuffer(&part)
        }
        cancel()
        throw .bodyTooLarge(limit: maxBytes)
    }

    /// Ends the exchange; the reader gets ``UpstreamFailure/cancelled`` unless the body has ended before.
    public func cancel() {
        end(.failure(.cancelled), cancelling: true)
    }

    /// Ends the exchange because its time is up, although bytes may be waiting.
    ///
    /// Does nothing when all of the body has been read: how it ended is then more telling than that it was late.
    ///
    /// - Throws: ``UpstreamFailure/bodyTimeout``.
    func expire() throws(UpstreamFailure) {
        let isRead = state.withLock { state in
            guard state.end == nil || !state.unread.isEmpty else { return true }
            // What is unread is given up, and with it the end that came after it.
            if state.end != nil { state.end = .failure(.bodyTimeout) }
            state.unread.removeAll()
            state.unreadBytes = 0
            return false
        }
        guard !isRead else { return }
        end(.failure(.bodyTimeout), cancelling: true)
        throw .bodyTimeout
    }

    /// Lets the rest of the body pass unread, so that its connection can be used again, or ends the exchange.
    ///
    /// - Parameter limit: How long the rest may take.
    public func drain(within limit: Duration) {
        let resumeProducer = state.withLock { state -> (@Sendable () -> Void)? in
            guard state.end == nil else { return nil }
            state.isDraining = true
            state.unread.removeAll()
            state.unreadBytes = 0
            state.timer?.cancel()
            state.timer = eventLoop.scheduleTask(in: TimeAmount(limit)) { self.cancel() }
            defer { state.resumeProducer = nil }
            return state.resumeProducer
        }
        resumeProducer?()
    }

    private enum Part {
        case bytes(ByteBuffer)
        case end
        case wait
    }

    private static func take(_ state: inout State) throws(UpstreamFailure) -> (Part, (@Sendable () -> Void)?) {
        if let buffer = state.unread.popFirst() {
            state.unreadBytes -= buffer.readableBytes
            guard state.unreadBytes <= highWaterMark / 2 else { return (.bytes(buffer), nil) }
            defer { state.resumeProducer = nil }
            return (.bytes(buffer), state.resumeProducer)
        }
        switch state.end {
        case .success: return (.end, nil)
        case .failure(let failure): throw failure
        case nil: return (.wait, nil)
        }
    }

    private func wait(within limit: Duration?) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWaiting = state.withLock { state in
                    // Something may have arrived, or the task been cancelled, since the state was last looked at.
                    guard state.unread.isEmpty, state.end == nil else { return false }
                    state.reader = continuation
                    state.waits += 1
                    state.timer = limit.map { [wait = state.waits] limit in
                        eventLoop.scheduleTask(in: TimeAmount(limit)) {
                            self.end(.failure(.bodyTimeout), cancelling: true, during: wait)
                        }
                    }
                    return true
                }
                if !isWaiting { continuation.resume() }
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
        let (reader, goesOn) = state.withLock { state -> (CheckedContinuation<Void, Never>?, Bool) in
            guard state.end == nil, !state.isDraining else { return (nil, true) }
            state.unread.append(buffer)
            state.unreadBytes += buffer.readableBytes
            let goesOn = state.unreadBytes <= Self.highWaterMark
            if !goesOn { state.resumeProducer = resume }
            return (Self.wake(&state), goesOn)
        }
        reader?.resume()
        return goesOn
    }

    /// Marks the end of the body, or its failure.
    public func finish(_ result: Result<Void, UpstreamFailure> = .success(())) {
        end(result, cancelling: false)
    }

    /// - Parameter wait: The wait that must still be going on for this to count: what has arrived wins over its limit.
    private func end(_ result: Result<Void, UpstreamFailure>, cancelling: Bool, during wait: Int? = nil) {
        let (reader, resumeProducer, mustCancel) = state.withLock {
            state -> (CheckedContinuation<Void, Never>?, (@Sendable () -> Void)?, Bool) in
            if let wait, state.reader == nil || state.waits != wait { return (nil, nil, false) }
            let mustCancel = cancelling && state.end == nil && !state.isCancelled
            if mustCancel {
                state.isCancelled = true
                state.unread.removeAll()
                state.unreadBytes = 0
            }
            if state.end == nil { state.end = result }
            defer { state.resumeProducer = nil }
            return (Self.wake(&state), state.resumeProducer, mustCancel)
        }
        if mustCancel { onCancel() }
        resumeProducer?()
        reader?.resume()
    }

    private static func wake(_ state: inout State) -> CheckedContinuation<Void, Never>? {
        state.timer?.cancel()
        state.timer = nil
        defer { state.reader = nil }
        return state.reader
    }
}
