import Synchronization

extension TimeLimiter {
    /// The counters of a time limiter at one moment.
    public struct Snapshot: Sendable, Hashable {
        /// The limiter's name.
        public let name: String
        /// The time an operation may take.
        public let limit: Duration
        /// Operations that exceeded their limit since the start, the abandoned ones included.
        public let exceeded: Int
        /// Operations that were abandoned since the start.
        public let abandoned: Int
        /// Abandoned operations that still run.
        public let abandonedRunning: Int
        /// Calls that were refused since the start.
        public let rejected: Int
    }

    /// What the copies of a limiter share; only calls that fail touch it.
    final class Counters: Sendable {
        let exceeded = Atomic<Int>(0)
        let abandoned = Atomic<Int>(0)
        let abandonedRunning = Atomic<Int>(0)
        let rejected = Atomic<Int>(0)
    }

    /// The present counters.
    public func snapshot() -> Snapshot {
        Snapshot(
            name: name, limit: limit, exceeded: counters.exceeded.load(ordering: .relaxed),
            abandoned: counters.abandoned.load(ordering: .relaxed),
            abandonedRunning: counters.abandonedRunning.load(ordering: .relaxed),
            rejected: counters.rejected.load(ordering: .relaxed))
    }
}

extension TimeLimiter: Evictable {
    /// Whether no abandoned operation runs any more.
    public var isEvictable: Bool { counters.abandonedRunning.load(ordering: .relaxed) == 0 }
}
