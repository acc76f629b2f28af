import Synchronization

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
        source = Source(first: first, iterator: iterator, permits: [SharedPipelinePermit(calls)])
    }

    init(_ opened: OpenedStream<Base>) throws where Base.Element: Sendable {
        guard let iterator = opened.takeIterator() else { throw CancellationError() }
        source = Source(first: opened.first, iterator: iterator, permits: opened.permits)
    }

    /// A stream that no policy guards: what an alternative has opened.
    init(unguarded base: Base) {
        source = Source(first: nil, iterator: base.makeAsyncIterator(), permits: [])
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
        /// Outermost first.
        private let permits: [SharedPipelinePermit]

        init(first: Base.Element?, iterator: Base.AsyncIterator, permits: [SharedPipelinePermit]) {
            self.first = first
            self.iterator = iterator
            self.permits = permits
            if first == nil { finish() } else { for permit in permits { permit.stopTiming() } }
        }

        func next(isolation actor: isolated (any Actor)?) async throws -> Base.Element? {
            if let element = first.take() { return element }
            do {
                if let element = try await iterator.next(isolation: actor) { return element }
                finish()
                return nil
            } catch {
                for permit in permits.reversed() { permit.fail(error) }
                throw error
            }
        }

        /// The stream has come to its end; some do so rather than throw when their consumer is cancelled.
        private func finish() {
            let isCancelled = Task.isCancelled
            for permit in permits.reversed() { isCancelled ? permit.ignore() : permit.succeed() }
        }
    }
}

/// A stream whose first element has arrived, on its way out of the child tasks of a pipeline.
///
/// When it gets lost on the way, because a limit has fired, its permits end without a verdict.
struct OpenedStream<Base: AsyncSequence>: Sendable where Base.Element: Sendable {
    let first: Base.Element?
    private let iterator: IteratorBox<Base.AsyncIterator>
    /// Outermost first.
    let permits: [SharedPipelinePermit]

    init(first: Base.Element?, iterator: sending Base.AsyncIterator) {
        self.first = first
        self.iterator = IteratorBox(iterator)
        self.permits = []
    }

    private init(_ inner: OpenedStream, permits: [SharedPipelinePermit]) {
        self.first = inner.first
        self.iterator = inner.iterator
        self.permits = permits
    }

    /// The same stream, guarded by what is further out, too.
    func held(by permit: SharedPipelinePermit) -> OpenedStream {
        OpenedStream(self, permits: [permit] + permits)
    }

    func takeIterator() -> sending Base.AsyncIterator? { iterator.take() }
}

/// Carries an iterator from one task to another, once.
private final class IteratorBox<Iterator: AsyncIteratorProtocol>: Sendable {
    private let iterator: Mutex<Iterator?>

    init(_ iterator: sending Iterator) {
        self.iterator = Mutex(iterator)
    }

    func take() -> sending Iterator? {
        iterator.withLock { $0.take() }
    }
}
