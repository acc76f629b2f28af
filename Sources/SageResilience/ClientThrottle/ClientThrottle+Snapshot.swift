extension ClientThrottle {
    /// What a throttle has counted, and how much it refuses.
    public struct Snapshot: Sendable, Hashable {
        /// The throttle's name.
        public let name: String
        /// Calls in the window, those refused by the throttle included.
        public let requests: Int
        /// Calls in the window that the service accepted.
        public let accepts: Int
        /// Calls that the throttle refused since its start.
        public let rejected: Int
        /// The share of the calls of normal importance that is refused now, from 0 to 1.
        public let rejectionProbability: Double
    }

    /// The right to make one call, by the bucket in which it counts.
    @frozen
    @usableFromInline
    package struct Ticket: Sendable, Hashable {
        /// When the bucket in which the call started ends, in nanoseconds; no two buckets end at the same time.
        @usableFromInline let bucketEnd: Int64

        @inlinable
        init(bucketEnd: Int64) {
            self.bucketEnd = bucketEnd
        }
    }
}
