extension AdaptiveRateLimiter {
    /// The counters of an adaptive rate limiter since its start.
    struct Counters: Sendable, Hashable {
        var throttled = 0
        var rejected = 0
        var cancelled = 0
        var waited = 0
        var longestWait: Int64 = 0
    }

    /// An adaptive rate limiter's state and counters at one moment.
    public struct Snapshot: Sendable, Hashable {
        /// The limiter's name.
        public let name: String
        /// Whether the service has ever said that the rate is too high; before that, calls are not held up.
        public let isLimiting: Bool
        /// How many calls a second are let through; nil while nothing is limited.
        public let rate: Double?
        /// How many responses a second came back, smoothed.
        public let measuredRate: Double
        /// The calls that could go on at once, as a number with a fraction, never below zero; zero while the limiter
        /// pauses.
        public let availableTokens: Double
        /// Calls that wait in the queue.
        public let queued: Int
        /// How long the limiter still pauses because the service said so; nil when it does not.
        public let pausedFor: Duration?
        /// Responses since the start that said that the rate is too high.
        public let throttled: Int
        /// Calls that were refused since the start.
        public let rejected: Int
        /// Calls that were cancelled while they waited.
        public let cancelled: Int
        /// Calls that were admitted after waiting.
        public let waited: Int
        /// The longest of these waits.
        public let longestWait: Duration

        init(
            name: String, isLimiting: Bool, rate: Double?, measuredRate: Double, availableTokens: Double, queued: Int,
            pausedFor: Duration?, counters: Counters
        ) {
            self.name = name
            self.isLimiting = isLimiting
            self.rate = rate
            self.measuredRate = measuredRate
            self.availableTokens = availableTokens
            self.queued = queued
            self.pausedFor = pausedFor
            self.throttled = counters.throttled
            self.rejected = counters.rejected
            self.cancelled = counters.cancelled
            self.waited = counters.waited
            self.longestWait = .nanoseconds(counters.longestWait)
        }
    }
}
