/// A stream under ``StreamLimits``.
public struct LimitedAsyncSequence<Upstream: AsyncSequence & Sendable>: AsyncSequence, Sendable
where Upstream.Element: Sendable {
    /// An element of the upstream.
    public typealias Element = Upstream.Element
    /// The upstream's error or a ``TimeLimiterError``.
    public typealias Failure = any Error

    private let upstream: Upstream
    private let limits: StreamLimits

    init(upstream: Upstream, limits: StreamLimits) {
        self.upstream = upstream
        self.limits = limits
    }

    /// Begins the iteration, and with it the time for the whole stream.
    public func makeAsyncIterator() -> Iterator {
        Iterator(source: Source(upstream.makeAsyncIterator()), limits: limits)
    }

    /// Iterates over a stream under limits.
    public struct Iterator: AsyncIteratorProtocol {
        private var source: Source?
        private let limits: StreamLimits
        private let start: Moment
        private var isFirst = true

        fileprivate init(source: Source, limits: StreamLimits) {
            self.source = source
            self.limits = limits
            self.start = limits.timeline.now
        }

        /// The next element; nil at the end of the stream, and after an error.
        ///
        /// - Throws: The upstream's own error, or ``TimeLimiterError`` when a limit came first.
        public mutating func next() async throws -> Element? {
            guard let source else { return nil }
            let element: Element?
            do {
                element = try await limits.element(of: source, isFirst: isFirst, start: start)
            } catch {
                self.source = nil
                throw error
            }
            isFirst = false
            if element == nil { self.source = nil }
            return element
        }
    }

    /// Holds the upstream's iterator, which need not be `Sendable`, for the child tasks that use it one after the
    /// other.
    fileprivate actor Source {
        private var iterator: Upstream.AsyncIterator?

        init(_ iterator: sending Upstream.AsyncIterator) {
            self.iterator = iterator
        }

        func next() async throws -> Element? {
            // Taken out, so that an iterator that fails is dropped, and so is the one whose stream has ended.
            guard var present = iterator.take() else { return nil }
            guard let element = try await present.next(isolation: self) else { return nil }
            iterator = present
            return element
        }
    }
}

extension StreamLimits {
    fileprivate func element<Upstream>(
        of source: LimitedAsyncSequence<Upstream>.Source, isFirst: Bool, start: Moment
    ) async throws -> Upstream.Element? {
        let now = timeline.now
        let nearest = nearest(isFirst: isFirst, start: start, now: now)
        if let nearest, nearest.moment <= now { throw exceeded(nearest.limit, nearest.2) }
        guard nearest != nil || CallContext.current.deadline != nil else { return try await source.next() }
        let (moment, limit, kind) = nearest ?? (.distantFuture, .zero, .total)
        guard let bound = TimeBound(moment, limit: limit, kind: kind, now: now, on: timeline) else {
            throw exceeded(.zero, .deadline)
        }
        switch await bound.run(on: timeline, { try await source.next() }) {
        case .finished(let result): return try result.get()
        case .limitExceeded: throw exceeded(bound.limit, bound.kind)
        }
    }
}
