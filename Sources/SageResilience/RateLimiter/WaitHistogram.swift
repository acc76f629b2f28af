extension RateLimiter {
    /// How long the calls have waited that were admitted after waiting, in 14 buckets.
    ///
    /// The buckets are not cumulative: each call is in one of them. Calls that were admitted at once are in none, nor
    /// are those that were refused or cancelled.
    public struct WaitHistogram: Sendable, Hashable {
        /// The longest wait of each bucket in seconds, except the last bucket, which has no bound: 0.001, 0.005, 0.01,
        /// 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30 and 60.
        public static let upperBounds: [Double] = [
            0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
        ]

        private static let bounds = upperBounds.map { Int64(saturating: $0 * 1e9) }

        /// How many calls each bucket holds; one bucket more than there are bounds.
        public private(set) var counts = [Int](repeating: 0, count: upperBounds.count + 1)
        /// How long these calls have waited together.
        public var total: Duration { .nanoseconds(totalNanoseconds) }
        /// The longest of these waits.
        public var longest: Duration { .nanoseconds(longestNanoseconds) }
        /// How many calls there are.
        public private(set) var count = 0

        private var totalNanoseconds: Int64 = 0
        private var longestNanoseconds: Int64 = 0

        init() {}

        mutating func count(_ nanoseconds: Int64) {
            counts[Self.bounds.firstIndex { nanoseconds <= $0 } ?? Self.bounds.count] += 1
            count += 1
            totalNanoseconds = totalNanoseconds.addingSaturating(nanoseconds)
            longestNanoseconds = max(longestNanoseconds, nanoseconds)
        }
    }
}
