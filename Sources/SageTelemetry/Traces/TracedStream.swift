import SageResilience
import Tracing

/// A stream that a pipeline guards to its end, in a span that ends with it.
///
/// It can be consumed once; a second iterator goes on where the first one has stopped.
public struct TracedStream<Base: AsyncSequence>: AsyncSequence {
    /// What the stream is made of.
    public typealias Element = Base.Element

    private let base: PipelineStream<AttemptStream<Base>>
    private let trace: CallTrace?

    /// - Parameter trace: The call's spans; nil when nobody traces.
    init(_ base: PipelineStream<AttemptStream<Base>>, _ trace: CallTrace?) {
        self.base = base
        self.trace = trace
    }

    /// The iterator over what has not been consumed yet.
    public func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator(), trace: trace) }

    /// Iterates over the stream.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate var base: PipelineStream<AttemptStream<Base>>.Iterator
        fileprivate let trace: CallTrace?

        /// The next element; nil at the end.
        ///
        /// - Throws: The stream's own error, unchanged, which counts as the call's.
        public mutating func next() async throws -> Base.Element? {
            try await next(isolation: #isolation)
        }

        /// The next element; nil at the end.
        ///
        /// - Parameter actor: Where the consumer runs.
        /// - Throws: The stream's own error, unchanged, which counts as the call's.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> Base.Element? {
            do {
                let element = try await base.next(isolation: actor)
                if element == nil { trace?.end(Task.isCancelled ? .cancelled : .success) }
                return element
            } catch {
                trace?.fail(error)
                throw error
            }
        }
    }
}

extension CallTrace {
    /// Opens a stream inside the outer span, which goes on with the stream.
    func open<Base: AsyncSequence>(
        _ stream: () async throws -> PipelineStream<AttemptStream<Base>>
    ) async throws -> TracedStream<Base> {
        do {
            let stream = try await outer.inside(stream)
            noteAttempts()
            return TracedStream(stream, self)
        } catch {
            fail(error)
            throw error
        }
    }

    /// Opens the stream of one attempt; the attempt's span goes on with it.
    func attemptStream<Base: AsyncSequence>(_ open: () async throws -> Base) async throws -> AttemptStream<Base> {
        let span = beginAttempt()
        do {
            return AttemptStream(try await span.inside(open), span)
        } catch {
            span.fail(error)
            throw error
        }
    }
}
