import SageResilience
import Tracing

/// The stream of one attempt, whose span ends with it.
struct AttemptStream<Base: AsyncSequence>: AsyncSequence {
    /// What the stream is made of.
    typealias Element = Base.Element

    private let base: Base
    private let attempt: CallSpan?

    /// - Parameter attempt: The attempt's span; nil when nobody traces.
    init(_ base: Base, _ attempt: CallSpan?) {
        self.base = base
        self.attempt = attempt
    }

    /// The iterator over the attempt's stream.
    func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator(), attempt: attempt) }

    /// Iterates over the stream of one attempt.
    struct Iterator: AsyncIteratorProtocol {
        fileprivate var base: Base.AsyncIterator
        fileprivate let attempt: CallSpan?
        private var hasBegun = false

        fileprivate init(base: Base.AsyncIterator, attempt: CallSpan?) {
            self.base = base
            self.attempt = attempt
        }

        /// The next element; nil at the end.
        ///
        /// - Throws: The stream's own error, unchanged.
        mutating func next() async throws -> Base.Element? {
            try await next(isolation: #isolation)
        }

        /// The next element; nil at the end.
        ///
        /// - Parameter actor: Where the consumer runs.
        /// - Throws: The stream's own error, unchanged.
        mutating func next(isolation actor: isolated (any Actor)?) async throws -> Base.Element? {
            do {
                let element = try await base.next(isolation: actor)
                if element == nil {
                    attempt?.end(Task.isCancelled ? .cancelled : .success)
                } else if !hasBegun {
                    hasBegun = true
                    attempt?.span.addEvent(SpanEvent(name: SpanNames.firstElementEvent))
                }
                return element
            } catch {
                attempt?.fail(error)
                throw error
            }
        }
    }
}

extension AttemptStream: Sendable where Base: Sendable {}
