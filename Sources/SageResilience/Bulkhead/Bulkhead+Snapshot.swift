import Synchronization

extension Bulkhead {
    /// The counters of a bulkhead's queue since its start.
    struct Counters: Sendable, Hashable {
        var rejected = 0
        var displaced = 0
        var timedOut = 0
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

    /// A bulkhead's state and counters at one moment.
    public struct Snapshot: Sendable, Hashable {
        /// The bulkhead's name.
        public let name: String
        /// The most calls in flight at the same time.
        public let limit: Int
        /// The calls in flight; more than the limit while it was lowered and the calls have not ended yet.
        public let inFlight: Int
        /// The calls that wait, by priority; every priority is there.
        public let queuedByPriority: [CallPriority: Int]
        /// The calls that wait.
        public let queued: Int
        /// Calls that were refused since the start, for whatever reason.
        public let rejected: Int
        /// Those of them that had to make room for a more important one.
        public let displaced: Int
        /// Those of them that waited until their longest wait or their deadline had passed.
        public let timedOut: Int
        /// Calls that were cancelled while they waited.
        public let cancelled: Int
        /// Calls that were admitted after waiting.
        public let waited: Int
        /// The time that these calls have waited together.
        public let totalWait: Duration
        /// The longest of these waits.
        public let longestWait: Duration

        /// The calls that could be admitted at once; zero while somebody waits.
        public var available: Int { queued == 0 ? max(0, limit - inFlight) : 0 }

        /// The mean wait of the calls that have waited; zero when none has.
        public var averageWait: Duration { waited > 0 ? totalWait / waited : .zero }

        init(name: String, free: Int, refusedAtOnce: Int, machine: StateMachine) {
            let counters = machine.counters
            self.name = name
            self.limit = machine.limit
            self.inFlight = machine.limit - free
            self.queuedByPriority = Dictionary(
                uniqueKeysWithValues: CallPriority.allCases.map { ($0, machine.queued($0)) })
            self.queued = machine.waiting
            self.rejected = counters.rejected + refusedAtOnce
            self.displaced = counters.displaced
            self.timedOut = counters.timedOut
            self.cancelled = counters.cancelled
            self.waited = counters.waited
            self.totalWait = .nanoseconds(counters.totalWait)
            self.longestWait = .nanoseconds(counters.longestWait)
        }
    }
}

extension Bulkhead: Evictable {
    /// Whether nobody is in flight or waits, and the limit is the configured one.
    public var isEvictable: Bool {
        let snapshot = snapshot()
        return snapshot.inFlight == 0 && snapshot.queued == 0 && snapshot.limit == configuration.limit
    }
}
