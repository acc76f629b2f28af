import SageResilience
import Synchronization

/// The chunks of an answer as they arrive; the first token has arrived already.
///
/// The sequence ends when the answer is complete. If it breaks off, iterating throws a ``ProviderError``; it never just
/// ends early. It is read once, at the reader's pace, whose slowness slows the service. Who stops reading, or cancels
/// the task, ends the exchange with the service, and its circuit breaker takes no notice.
public struct ChatCompletionStream: AsyncSequence, Sendable {
    /// A piece of the answer.
    public typealias Element = ChatCompletionChunk
    /// ``ProviderError``, ``ChatCompletionStreamError`` or `CancellationError`.
    public typealias Failure = any Error

    private let source: Source

    init(_ stream: AnswerStream, target: String, permit: CircuitBreaker.SharedPermit) {
        source = Source(
            Reading(stream: stream, target: target, lease: Lease(permit: permit, cancel: stream.canceller)))
    }

    /// The iterator; a second one throws ``ChatCompletionStreamError/alreadyRead``.
    public func makeAsyncIterator() -> Iterator {
        Iterator(source.take())
    }

    /// Reads the chunks in order.
    public struct Iterator: AsyncIteratorProtocol {
        private enum State {
            case reading(Reading)
            case taken
            case over
        }

        private var state: State

        fileprivate init(_ reading: Reading?) {
            state = reading.map(State.reading) ?? .taken
        }

        /// The next chunk; nil when the answer is complete.
        ///
        /// - Throws: ``ProviderError`` when the answer breaks off, `CancellationError` when the task is cancelled.
        public mutating func next() async throws -> ChatCompletionChunk? {
            switch state {
            case .over: return nil
            case .taken: throw ChatCompletionStreamError.alreadyRead
            case .reading(var reading):
                // Whatever is thrown ends the reading.
                state = .over
                guard let chunk = try await reading.next() else { return nil }
                state = .reading(reading)
                return chunk
            }
        }
    }

    /// Hands the reading to the first iterator, so that it ends with that one.
    private final class Source: Sendable {
        private let reading: Mutex<Reading?>

        init(_ reading: Reading) {
            self.reading = Mutex(reading)
        }

        func take() -> Reading? {
            reading.withLock { reading in
                defer { reading = nil }
                return reading
            }
        }
    }

    fileprivate struct Reading: Sendable {
        private var stream: AnswerStream
        private var parser = ServerSentEventParser()
        private let target: String
        private let lease: Lease

        init(stream: AnswerStream, target: String, lease: Lease) {
            self.stream = stream
            self.target = target
            self.lease = lease
        }

        mutating func next() async throws -> ChatCompletionChunk? {
            while true {
                do {
                    while let event = try parser.next() {
                        if let chunk = try chunk(event) { return chunk }
                    }
                } catch {
                    let error = ProviderError.malformedAnswer(
                        target: target, headers: stream.headers, detail: "\(error)")
                    stream.cancel()
                    lease.fail(error)
                    throw error
                }
                switch try await stream.next() {
                case .events(let bytes):
                    parser.append(bytes)
                case .end:
                    lease.succeed()
                    return nil
                case .failed(let error):
                    // Tokens came until the caller's own limit: a long answer is no failure of the service.
                    if error.kind == .timeout(.total), !stream.isStalled {
                        lease.ignore()
                    } else {
                        lease.fail(error)
                    }
                    throw error
                }
            }
        }

        private func chunk(_ event: ServerSentEvent) throws -> ChatCompletionChunk? {
            guard event.isDispatched, !event.dataText.hasPrefix("[DONE]") else { return nil }
            return try ChatCompletionChunk(parsing: event.data)
        }
    }

    /// Ends the exchange with the last reference, unless the answer has ended before.
    fileprivate final class Lease: Sendable {
        private let permit: CircuitBreaker.SharedPermit
        private let cancel: @Sendable () -> Void
        private let isOver = Atomic<Bool>(false)

        init(permit: CircuitBreaker.SharedPermit, cancel: @escaping @Sendable () -> Void) {
            self.permit = permit
            self.cancel = cancel
        }

        deinit {
            guard !isOver.load(ordering: .relaxed) else { return }
            cancel()
            permit.ignore()
        }

        func succeed() {
            isOver.store(true, ordering: .relaxed)
            permit.succeed()
        }

        func ignore() {
            isOver.store(true, ordering: .relaxed)
            permit.ignore()
        }

        func fail(_ error: ProviderError) {
            isOver.store(true, ordering: .relaxed)
            permit.fail(error)
        }
    }
}

/// What can be wrong with the use of a ``ChatCompletionStream``.
@nonexhaustive
public enum ChatCompletionStreamError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The stream has been read before; its chunks are not kept.
    case alreadyRead

    /// What is wrong, for a person.
    public var description: String { "a stream of chunks can be read only once" }
}
