import Synchronization

extension RetryPolicy {
    /// The counters since the start, without a lock; a call that succeeds at once does not touch them.
    final class Counters: Sendable {
        private final class Count: Sendable {
            let value = Atomic<Int>(0)
        }

        private let retriedCalls = Count()
        private let retries = Count()
        private let stops = Dictionary(uniqueKeysWithValues: RetryStopReason.allCases.map { ($0, Count()) })

        func countRetry(isFirst: Bool) {
            if isFirst { retriedCalls.value.add(1, ordering: .relaxed) }
            retries.value.add(1, ordering: .relaxed)
        }

        func countStop(_ reason: RetryStopReason) {
            stops[reason]?.value.add(1, ordering: .relaxed)
        }

        func snapshot(name: String) -> Snapshot {
            Snapshot(
                name: name, retriedCalls: retriedCalls.value.load(ordering: .relaxed),
                retries: retries.value.load(ordering: .relaxed),
                stops: stops.mapValues { $0.value.load(ordering: .relaxed) }.filter { $0.value > 0 })
        }
    }

    /// The counters of a retry at one moment; its parts are read one after the other.
    public struct Snapshot: Sendable, Hashable {
        /// The policy's name.
        public let name: String
        /// Calls since the start that were tried more than once.
        public let retriedCalls: Int
        /// Attempts since the start that were not their call's first.
        public let retries: Int
        /// How often the policy gave up since the start, by the reason; a reason that has not occurred has no entry.
        public let stops: [RetryStopReason: Int]

        /// How often all attempts were used up.
        public var exhausted: Int { stops[.attemptsExhausted, default: 0] }
    }

    /// The present counters, without the calls that succeeded at once, which nobody counts.
    ///
    /// They include the calls of pipelines that this policy is part of.
    public func snapshot() -> Snapshot { counters.snapshot(name: name) }
}
