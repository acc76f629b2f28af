/// A stream that a pipeline guards to its end.
///
/// It can be consumed once; a second iterator goes on where the first one has stopped. When the last iterator goes
/// before the end, because the consumer has walked away or was cancelled, the call counts as ignored.
public struct PipelineStream<Base: AsyncSequence>: AsyncSequence {
    /// What the stream is made of.
    public typealias Element = Base.Element

    private let source: Source

    init(_ rings: RingList, _ open: () async throws -> Base) async throws {
        var calls: [HeldCall] = []
        let (first, iterator) = try await rings.hold(&calls) {
            var iterator = try await open().makeAsyncIterator()
            // The first element belongs to the attempt: what fails before it can be repeated.
            return (try await iterator.next(isolation: #isolation), iterator)
        }
        let permit = PipelinePermit.Shared(calls)
        if first == nil { permit.succeed() } else { permit.stopTiming() }
        source = Source(first: first, iterator: iterator, permit: permit)
    }

    /// The iterator over what has not been consumed yet.
    public func makeAsyncIterator() -> Iterator { Iterator(source: source) }

    /// Iterates over the stream.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let source: Source

        /// The next element; nil at the end.
        ///
        /// - Throws: The stream's own error, unchanged, which counts as the call's.
        public mutating func next() async throws -> Base.Element? {
            try await source.next(isolation: #isolation)
        }

        /// The next element; nil at the end.
        ///
        /// - Parameter actor: Where the consumer runs.
        /// - Throws: The stream's own error, unchanged, which counts as the call's.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> Base.Element? {
            try await source.next(isolation: actor)
        }
    }

    /// What all iterators share.
    fileprivate final class Source {
        private var first: Base.Element?
        private var iterator: Base.AsyncIterator
        private let permit: PipelinePermit.Shared

        init(first: Base.Element?, iterator: Base.AsyncIterator, permit: PipelinePermit.Shared) {
            self.first = first
            self.iterator = iterator
            self.permit = permit
        }

        func next(isolation actor: isolated (any Actor)?) async throws -> Base.Element? {
            if let element = first.take() { return element }
            do {
                if let element = try await iterator.next(isolation: actor) { return element }
                // Some streams end rather than throw when their consumer is cancelled.
                if Task.isCancelled { permit.ignore() } else { permit.succeed() }
                return nil
            } catch {
                permit.fail(error)
                throw error
            }
        }
    }
}
