import Synchronization

extension Hedge {
    /// The counters since the start, without a lock.
    final class Counters: Sendable {
        let calls = Atomic<Int>(0)
        let inFlight = Atomic<Int>(0)
        let hedgedCalls = Atomic<Int>(0)
        let copies = Atomic<Int>(0)
        let won = Atomic<Int>(0)
        let refused = Atomic<Int>(0)
    }

    /// The counters of a hedge at one moment.
    public struct Snapshot: Sendable, Hashable {
        /// The hedge's name.
        public let name: String
        /// Calls since the start, those that were not to be hedged not counted.
        public let calls: Int
        /// Calls that are in flight.
        public let inFlight: Int
        /// Calls of which at least one copy was sent.
        public let hedgedCalls: Int
        /// Copies that were sent.
        public let copies: Int
        /// Calls that a copy has won.
        public let won: Int
        /// Copies that the budget refused.
        public let refused: Int
        /// The present delay; nil while a percentile has too few samples.
        public let delay: Duration?
        /// The calls whose durations the percentile comes from; zero for a fixed delay.
        public let samples: Int
    }

    /// The present counters.
    public func snapshot() -> Snapshot {
        Snapshot(
            name: name, calls: counters.calls.load(ordering: .relaxed),
            inFlight: counters.inFlight.load(ordering: .relaxed),
            hedgedCalls: counters.hedgedCalls.load(ordering: .relaxed),
            copies: counters.copies.load(ordering: .relaxed), won: counters.won.load(ordering: .relaxed),
            refused: counters.refused.load(ordering: .relaxed),
            delay: delayNanoseconds().map { .nanoseconds($0) }, samples: window.withLock { $0.count })
    }
}

extension Hedge: Evictable {
    /// Whether no call is in flight.
    ///
    /// A new instance has to learn its percentile again and sends no copies meanwhile.
    public var isEvictable: Bool { counters.inFlight.load(ordering: .relaxed) == 0 }
}
