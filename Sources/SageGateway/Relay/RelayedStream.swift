import NIOCore
import SageLLM
import SageResilience
import Synchronization

/// A stream that is on its way to a client, up to its explicit end.
///
/// When nobody reads it to the end the exchange with the provider is ended with the last reference.
final class RelayedStream: Sendable {
    private let stream: ChatStream
    private let call: TargetCall
    private let report: RequestReport
    private let timeline: Timeline
    private let isOver = Atomic<Bool>(false)

    init(_ stream: ChatStream, call: TargetCall, report: RequestReport, timeline: Timeline) {
        self.stream = stream
        self.call = call
        self.report = report
        self.timeline = timeline
    }

    deinit {
        guard !isOver.load(ordering: .relaxed) else { return }
        stream.cancel()
        call.ignore()
        report.end(.cancelled, status: 200)
    }

    /// Ends the exchange with the provider; the stream then ends for the client too.
    func cancel() {
        stream.cancel()
    }

    /// Reads everything, up to the last bytes that tell the client how the stream ended; to be used once.
    ///
    /// - Parameter isClientGone: Whether the client has closed its connection.
    func makeReader(isClientGone: @escaping @Sendable () -> Bool) -> Reader {
        Reader(relayed: self, stream: stream, isClientGone: isClientGone)
    }

    /// Reads at the client's pace, whose slowness slows the provider.
    struct Reader {
        fileprivate let relayed: RelayedStream
        fileprivate var stream: ChatStream
        fileprivate let isClientGone: @Sendable () -> Bool

        /// The next bytes for the client; nil after the end.
        ///
        /// - Throws: `CancellationError` when the client has gone.
        mutating func next() async throws -> ByteBuffer? {
            guard !relayed.isOver.load(ordering: .relaxed) else { return nil }
            do {
                let step = try await stream.next()
                if case .events(let bytes) = step { return bytes }
                return relayed.end(step, usage: stream.usage, isStalled: stream.isStalled)
            } catch  where !isClientGone() {
                // The server is shutting down and the grace period is over: say so instead of just stopping.
                return relayed.interrupt()
            }
        }
    }

    /// Records how the stream ended; the bytes that tell the client, if it has not been told by the provider.
    private func end(_ step: ChatStream.Step, usage: TokenCounts?, isStalled: Bool) -> ByteBuffer? {
        isOver.store(true, ordering: .relaxed)
        report.update { $0.usage = usage }
        switch step {
        case .events(let bytes):
            return bytes
        case .end(let isMarked):
            call.succeed()
            report.end(.success, status: 200)
            return isMarked ? nil : SimulatedReply.doneEvent
        case .failed(let error):
            if error.kind == .timeout(.total), !isStalled {
                // Tokens came to the end of the request's own time: a long answer is no failure of the provider.
                call.ignore()
            } else {
                call.fail(error, now: timeline.now)
            }
            let error = GatewayError(endingStream: error)
            report.end(.providerError, status: 200, error: error)
            return Self.event(error)
        }
    }

    private func interrupt() -> ByteBuffer {
        isOver.store(true, ordering: .relaxed)
        call.ignore()
        let error = GatewayError(.interrupted, "the server is shutting down")
        report.end(.policyRejected, status: 200, error: error)
        return Self.event(error)
    }

    private static func event(_ error: GatewayError) -> ByteBuffer {
        ServerSentEventEncoder.encode(json: error.envelope.json)
    }
}
