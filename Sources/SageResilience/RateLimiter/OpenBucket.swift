public import Synchronization

/// A token bucket from which permits are taken without a lock: one atomic number, `TokenBucket.fullAt`.
///
/// While somebody waits or a pause holds the bucket is *closed*: the number has moved into the state machine, under
/// the limiter's lock, and what stands in its place grants nothing. Closing is an exchange, so whoever took a permit
/// before has taken it from the number that the state machine gets, and whoever comes later finds nothing to take and
/// asks for the lock. Only the holder of the lock closes and opens.
///
/// Limiters that count by windows have a bucket that never opens.
@usableFromInline
struct OpenBucket: ~Copyable, Sendable {
    /// Stands for a closed bucket; a bucket that is full at no representable moment does not open.
    @usableFromInline static var closed: Int64 { .max }

    /// The bucket's numbers; its own `fullAt` has no meaning.
    @usableFromInline let rule: TokenBucket
    // Neighbours in memory: who has taken a permit holds the cache line of the counters already.
    @usableFromInline let fullAt = Atomic<Int64>(closed)
    @usableFromInline let calls = Atomic<Int>(0)
    /// Permits beyond the first of each call.
    @usableFromInline let furtherPermits = Atomic<Int>(0)
    let rejections = Atomic<Int>(0)

    init(_ rule: TokenBucket?) {
        self.rule = rule ?? .placeholder
    }

    /// Takes permits if the bucket is open and has them.
    @inlinable
    func take(_ permits: Int, at now: Moment) -> Bool {
        guard permits > 0, permits <= rule.capacity else { return false }
        var present = fullAt.load(ordering: .relaxed)
        while present != Self.closed {
            var bucket = rule
            bucket.fullAt = Moment(nanoseconds: present)
            guard bucket.earliest(permits, from: now) == now else { return false }
            bucket.take(permits, at: now)
            guard bucket.fullAt.nanoseconds != Self.closed else { return false }
            let (isTaken, actual) = fullAt.compareExchange(
                expected: present, desired: bucket.fullAt.nanoseconds, ordering: .acquiringAndReleasing)
            if isTaken {
                calls.wrappingAdd(1, ordering: .relaxed)
                if permits > 1 { furtherPermits.wrappingAdd(permits - 1, ordering: .relaxed) }
                return true
            }
            present = actual
        }
        return false
    }

    /// The bucket as it is; nil while it is closed.
    var current: TokenBucket? {
        let present = fullAt.load(ordering: .acquiring)
        guard present != Self.closed else { return nil }
        var bucket = rule
        bucket.fullAt = Moment(nanoseconds: present)
        return bucket
    }

    /// Closes the bucket; nil when it is closed.
    func close() -> TokenBucket? {
        // Without the look first, a bucket that is closed for good would be written at each call.
        guard fullAt.load(ordering: .relaxed) != Self.closed else { return nil }
        var bucket = rule
        bucket.fullAt = Moment(nanoseconds: fullAt.exchange(Self.closed, ordering: .acquiringAndReleasing))
        return bucket
    }

    /// Lets calls take permits without the lock again.
    func open(_ bucket: TokenBucket) {
        fullAt.store(bucket.fullAt.nanoseconds, ordering: .releasing)
    }

    /// Adds what was taken and refused without the lock.
    func addCounters(to counters: inout RateLimiter.Counters) {
        let calls = calls.load(ordering: .relaxed)
        counters.acquired += calls
        counters.acquiredPermits = counters.acquiredPermits.addingSaturating(
            calls.addingSaturating(furtherPermits.load(ordering: .relaxed)))
        counters.rejected += rejections.load(ordering: .relaxed)
    }
}
