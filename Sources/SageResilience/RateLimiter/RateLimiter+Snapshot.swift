extension RateLimiter {
    /// The counters of a rate limiter since its start.
    struct Counters: Sendable, Hashable {
        var acquired = 0
        var acquiredPermits = 0
        var rejected = 0
        var cancelled = 0
        var waited = 0
        var totalWait: Int64 = 0
        var longestWait: Int64 = 0

        mutating func countWait(_ nanoseconds: Int64) {
            waited += 1
            totalWait = totalWait.addingSaturating(nanoseconds)
            longestWait = max(longestWait, nanoseconds)
        }
    }

    /// A rate limiter's state and counters at one moment.
    public struct Snapshot: Sendable, Hashable {
        /// The limiter's name.
        public let name: String
        /// The most permits that can be granted at once.
        public let capacity: Int
        /// The permits that a call could take at once; zero while somebody waits or the limiter pauses.
        public let availablePermits: Int
        /// Calls that wait in the queue.
        public let waiting: Int
        /// Calls that were admitted since the start, at once or after waiting.
        public let acquired: Int
        /// The permits of these calls.
        public let acquiredPermits: Int
        /// Calls that were refused since the start.
        public let rejected: Int
        /// Calls that were cancelled while they waited.
        public let cancelled: Int
        /// Calls that were admitted after waiting.
        public let waited: Int
        /// The time that these calls have waited together.
        public let totalWait: Duration
        /// The longest of these waits.
        public let longestWait: Duration
        /// How long until one permit is free, those who wait already being served first; nil when one is free now.
        public let retryAfter: Duration?
        /// How long the limiter still pauses; nil when it does not.
        public let pausedFor: Duration?

        /// The mean wait of the calls that have waited; zero when none has.
        public var averageWait: Duration { waited > 0 ? totalWait / waited : .zero }

        init(
            name: String, capacity: Int, availablePermits: Int, waiting: Int, counters: Counters,
            retryAfter: Duration?, pausedFor: Duration?
        ) {
            self.name = name
            self.capacity = capacity
            self.availablePermits = availablePermits
            self.waiting = waiting
            self.acquired = counters.acquired
            self.acquiredPermits = counters.acquiredPermits
            self.rejected = counters.rejected
            self.cancelled = counters.cancelled
            self.waited = counters.waited
            self.totalWait = .nanoseconds(counters.totalWait)
            self.longestWait = .nanoseconds(counters.longestWait)
            self.retryAfter = retryAfter
            self.pausedFor = pausedFor
        }
    }
}

extension RateLimiter: Evictable {
    /// Whether the limiter has all its permits, and neither pauses nor lets anybody wait.
    public var isEvictable: Bool {
        let snapshot = snapshot()
        return snapshot.availablePermits == snapshot.capacity
    }
}
