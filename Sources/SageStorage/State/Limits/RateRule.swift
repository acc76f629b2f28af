public import SageResilience

/// How the permits of an account are counted; the rules of `Algorithm`.
///
/// Times are kept to microseconds, what refills a bucket to nanoseconds.
public enum RateRule: Sendable, Hashable {
    /// At most `limit` permits in every window of length `per`, 1 ms or more.
    ///
    /// Exact for limits up to ``largestExactLimit``; above, the counts of the present and the previous period are
    /// weighted.
    case slidingWindow(limit: Int, per: Duration)
    /// A bucket of `capacity` permits into which one comes back each `refillInterval`, 1 ns or more; it begins full.
    ///
    /// It fills in ``StateLimits/longestTime`` or less.
    case tokenBucket(capacity: Int, refillInterval: Duration)

    /// The largest limit of a window for which every permit is remembered.
    public static let largestExactLimit = 1_024

    /// The rule of a local limiter; nil for a kind that stores do not know.
    public init?(_ algorithm: RateLimiterConfiguration.Algorithm) {
        switch algorithm {
        case .slidingWindow(let limit, let per): self = .slidingWindow(limit: limit, per: per)
        case .tokenBucket(let capacity, let interval): self = .tokenBucket(capacity: capacity, refillInterval: interval)
        @unknown default: return nil
        }
    }

    /// The most permits that can ever be granted at once.
    public var capacity: Int {
        switch self {
        case .slidingWindow(let limit, _): limit
        case .tokenBucket(let capacity, _): capacity
        }
    }
}
