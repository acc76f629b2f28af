import Synchronization

extension AdaptiveLimiter {
    /// An adaptive limiter's state and counters at one moment.
    public struct Snapshot: Sendable, Hashable {
        /// The use of a partition.
        public struct PartitionUse: Sendable, Hashable {
            /// Its calls in flight.
            public let inFlight: Int
            /// How many of its calls are admitted whatever the others do.
            public let guaranteed: Int
        }

        /// The limiter's name.
        public let name: String
        /// The most calls in flight at present, but for guaranteed shares of partitions.
        public let limit: Int
        /// The calls in flight; more than the limit when it has just come down.
        public let inFlight: Int
        /// The partitions by name.
        public let partitions: [String: PartitionUse]
        /// Calls that were refused since the start.
        public let rejected: Int
        /// Calls that showed that the service has too much to do, since the start.
        public let drops: Int
        /// Windows from which the limit was learned, since the start.
        public let windows: Int
        /// How long a call of the last window took on average; nil where no time is measured.
        public let averageDuration: Duration?
        /// How long a call takes in the long run; nil where no time is measured.
        public let longRunDuration: Duration?
    }

    /// The state and the counters at this moment.
    public func snapshot() -> Snapshot {
        let machine = currentMachine
        let load = Load(word: load.load(ordering: .relaxed))
        let uses = partitions.map { partition in
            let guaranteed = partition.guaranteed(of: load.limit)
            return (partition.name, Snapshot.PartitionUse(inFlight: partition.inFlight, guaranteed: guaranteed))
        }
        return Snapshot(
            name: name, limit: load.limit, inFlight: load.inFlight,
            partitions: Dictionary(uniqueKeysWithValues: uses),
            rejected: rejected.load(ordering: .relaxed), drops: machine.drops, windows: machine.windows,
            averageDuration: machine.lastDuration.map { .nanoseconds(Int64(saturating: $0)) },
            longRunDuration: machine.longDuration.map { .nanoseconds(Int64(saturating: $0)) })
    }
}

extension AdaptiveLimiter: Evictable {
    /// For how long a limit is worth keeping that nobody tests: what the service bore before says little then.
    private static let worthKeeping: Int64 = 60_000_000_000

    /// Whether nobody is in flight, and nothing has been learned at all or in the last 60 s.
    public var isEvictable: Bool {
        guard Load(word: load.load(ordering: .relaxed)).inFlight == 0 else { return false }
        let machine = currentMachine
        if machine.windows == 0, machine.drops == 0 { return true }
        let last = Moment(nanoseconds: lastChange.load(ordering: .relaxed))
        return timeline.now.elapsed(since: last) >= Self.worthKeeping
    }
}
