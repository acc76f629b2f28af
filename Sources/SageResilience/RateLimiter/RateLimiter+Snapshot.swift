extension RateLimiter {
    /// The counters of a rate limiter since its start.
    struct Counters: Sendable, Hashable {
        var acquired = 0
        var acquiredPermits = 0
        var refundedPermits = 0
        var debitedPermits = 0
        var rejected = 0
        var cancelled = 0
        var waits = WaitHistogram()

        mutating func countWait(_ nanoseconds: Int64) {
            waits.count(nanoseconds)
        }
    }

    /// A rate limiter's state and counters at one moment.
    ///
    /// Calls that are being admitted or refused at this very moment may be in the state and not yet in the counters.
    public struct Snapshot: Sendable, Hashable {
        /// The limiter's name.
        public let name: String
        /// The most permits that can be granted at once.
        public let capacity: Int
        /// The permits that a call could take at once; zero while somebody waits or the limiter pauses.
        public let availablePermits: Int
        /// The permits that were used beyond what was granted and have not come back yet; from 0 to ``capacity``.
        public let debt: Int
        /// Calls that wait in the queue.
        public let queued: Int
        /// Calls that were admitted since the start, at once or after waiting; among them the few that were cancelled
        /// at the moment of their grant.
        public let acquired: Int
        /// The permits of these calls.
        public let acquiredPermits: Int
        /// Permits that were given back: of reservations that were settled for less or cancelled, and of calls that
        /// were cancelled at the moment of their grant.
        public let refundedPermits: Int
        /// Permits that calls have used beyond their reservations.
        public let debitedPermits: Int
        /// Calls that were refused since the start, at once or while they waited.
        public let rejected: Int
        /// Calls that were cancelled while they waited.
        public let cancelled: Int
        /// How long the calls have waited that were admitted after waiting.
        public let waits: WaitHistogram
        /// How long until one permit is free, those who wait already being served first; nil when one is free now.
        public let retryAfter: Duration?
        /// How long the limiter still pauses; nil when it does not.
        public let pausedFor: Duration?

        /// Calls that were admitted after waiting.
        public var waited: Int { waits.count }
        /// The time that these calls have waited together.
        public var totalWait: Duration { waits.total }
        /// The longest of these waits.
        public var longestWait: Duration { waits.longest }
        /// The mean wait of the calls that have waited; zero when none has.
        public var averageWait: Duration { waited > 0 ? totalWait / waited : .zero }

        init(
            name: String, capacity: Int, availablePermits: Int, debt: Int, queued: Int, counters: Counters,
            retryAfter: Duration?, pausedFor: Duration?
        ) {
            self.name = name
            self.capacity = capacity
            self.availablePermits = availablePermits
            self.debt = debt
            self.queued = queued
            self.acquired = counters.acquired
            self.acquiredPermits = counters.acquiredPermits
            self.refundedPermits = counters.refundedPermits
            self.debitedPermits = counters.debitedPermits
            self.rejected = counters.rejected
            self.cancelled = counters.cancelled
            self.waits = counters.waits
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
