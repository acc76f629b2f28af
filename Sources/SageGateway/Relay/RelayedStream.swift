import NIOCore
import SageLLM
import SageResilience
import Synchronization

/// A stream that is on its way to a client, up to its explicit end.
///
/// When nobody reads it to the end the exchange with the provider is ended with the last reference.
final class RelayedStream: Sendable {
    private let stream: AnswerStream
    /// The client's format.
    private let format: WireFormat
    /// Whether the client expects a JSON array instead of events.
    private let isArray: Bool
    private let call: TargetCall
    private let attempt: AttemptReport
    private let report: RequestReport
    private let timeline: Timeline
    /// A guess of the request's tokens, for providers that count nothing.
    private let inputEstimate: Int
    /// What the stream has used so far, for whoever ends it without having read it.
    private let used = Mutex<TokenCounts?>(nil)
    private let isOver = Atomic<Bool>(false)

    init(
        _ stream: AnswerStream, as format: WireFormat, isArray: Bool = false, call: TargetCall, attempt: AttemptReport,
        report: RequestReport,
        timeline: Timeline, inputEstimate: Int = 0
    ) {
        self.stream = stream
        self.format = format
        self.isArray = isArray
        self.call = call
        self.attempt = attempt
        self.report = report
        self.timeline = timeline
        self.inputEstimate = inputEstimate
    }

    deinit {
        guard !isOver.load(ordering: .relaxed) else { return }
        stream.cancel()
        breakOff(.clientGone)
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
        Reader(
            relayed: self, stream: stream, isClientGone: isClientGone,
            framing: isArray ? GeminiArrayFraming() : nil)
    }

    /// Reads at the client's pace, whose slowness slows the provider.
    struct Reader {
        fileprivate let relayed: RelayedStream
        fileprivate var stream: AnswerStream
        fileprivate let isClientGone: @Sendable () -> Bool
        /// Makes events the elements of an array, where the client expects one.
        fileprivate var framing: GeminiArrayFraming?

        /// The next bytes for the client; nil after the end.
        ///
        /// - Throws: `CancellationError` when the client has gone.
        mutating func next() async throws -> ByteBuffer? {
            while !relayed.isOver.load(ordering: .relaxed) {
                do {
                    let step = try await stream.next()
                    relayed.note(stream)
                    guard case .events(let bytes) = step else { return end(relayed.end(step, stream)) }
                    guard framing != nil else { return bytes }
                    var elements = ByteBuffer()
                    try framing?.append(bytes, to: &elements)
                    if elements.readableBytes > 0 { return elements }
                } catch  where !isClientGone() {
                    // The server is shutting down and the grace period is over: say so instead of just stopping.
                    return end(relayed.interrupt())
                }
            }
            return nil
        }

        /// The last bytes for the client.
        private mutating func end(_ ending: Ending) -> ByteBuffer? {
            guard framing != nil else {
                switch ending {
                case .complete(let missing): return missing
                case .failed(let error): return relayed.event(error)
                }
            }
            var end = ByteBuffer()
            switch ending {
            case .complete: framing?.finish(&end)
            case .failed(let error): framing?.fail(error.envelope(.gemini).jsonBuffer, to: &end)
            }
            return end
        }
    }

    /// Remembers what the stream has used: as the provider counts it, else an event with content for a token.
    private func note(_ stream: AnswerStream) {
        var counts = stream.usage ?? TokenCounts(prompt: inputEstimate)
        counts.completion = max(counts.completion ?? 0, stream.usage?.total == nil ? stream.contentEvents : 0)
        used.withLock { $0 = counts }
    }

    /// Ends the call for somebody who has not read all of it.
    private func breakOff(_ end: StreamEnd) {
        let usage = used.withLock { $0 }
        report.update { $0.usage = usage }
        call.settle(usage)
        call.ignore()
        attempt.cancelled(usage)
        report.streamEnded(end)
    }

    /// How a stream ended.
    private enum Ending {
        /// The answer is whole; the bytes are what the provider has left out of its end.
        case complete(ByteBuffer?)
        case failed(GatewayError)
    }

    private func event(_ error: GatewayError) -> ByteBuffer {
        error.event(format, requestID: report.id)
    }

    /// Records how the stream ended.
    private func end(_ step: AnswerStream.Step, _ stream: AnswerStream) -> Ending {
        isOver.store(true, ordering: .relaxed)
        let usage = used.withLock { $0 }
        report.update { $0.usage = usage }
        call.settle(usage)
        switch step {
        case .events(let bytes):
            return .complete(bytes)
        case .end(let missing):
            call.succeed()
            attempt.succeeded(usage, finishReasons: stream.finishReasons)
            report.streamEnded(.complete)
            report.end(.success, status: 200)
            return .complete(missing)
        case .failed(let error):
            let isStalled = stream.isStalled
            report.streamEnded(StreamEnd(error, isStalled: isStalled))
            let told = GatewayError(endingStream: error)
            if error.kind == .timeout(.total), !isStalled {
                // Tokens came to the end of the request's own time: a long answer is no failure of the provider.
                call.ignore()
                attempt.cancelled(usage)
                report.end(.policyRejected, status: 200, error: told)
            } else {
                attempt.failed(error, usage)
                call.fail(error, now: timeline.now)
                report.end(.providerError, status: 200, error: told)
            }
            return .failed(told)
        }
    }

    private func interrupt() -> Ending {
        isOver.store(true, ordering: .relaxed)
        stream.cancel()
        breakOff(.shutdown)
        let error = GatewayError(.interrupted, "the server is shutting down")
        report.end(.policyRejected, status: 200, error: error)
        return .failed(error)
    }
}
