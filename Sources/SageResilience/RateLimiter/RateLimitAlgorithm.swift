/// The rule by which a rate limiter counts permits: a pure value, without clock, queue or counters.
///
/// Moments are handed in and must not decrease from call to call; the state machine sees to it. Numbers of permits
/// are from 1 to ``capacity`` where nothing else is said.
protocol RateLimitAlgorithm: Sendable {
    /// The most permits that can ever be granted at once.
    var capacity: Int { get }

    /// How many permits could be taken at a moment; below zero while more were used than granted.
    func balance(at now: Moment) -> Int

    /// The earliest moment, from `now` on, at which so many permits can be taken if nobody takes any before.
    func earliest(_ permits: Int, from now: Moment) -> Moment

    /// Takes permits that ``earliest(_:from:)`` has promised for `now`.
    mutating func take(_ permits: Int, at now: Moment)

    /// Gives back permits that were taken at `moment` and not used; what has come back by itself since is not given
    /// twice.
    mutating func refund(_ permits: Int, takenAt moment: Moment, now: Moment)

    /// Takes any number of permits, 1 or more, that were used without having been granted; the balance falls to
    /// `-capacity` at most.
    mutating func debit(_ permits: Int, now: Moment)
}

extension RateLimitAlgorithm {
    /// How many permits could be taken at a moment.
    func available(at now: Moment) -> Int { max(0, balance(at: now)) }
}

/// The algorithm of one limiter.
///
/// A closed list instead of an existential: calls are direct, and the storage of a window is changed in place.
enum PermitAccount: RateLimitAlgorithm {
    case log(SlidingWindowLog)
    case counter(SlidingWindowCounter)
    case bucket(TokenBucket)

    init(_ algorithm: RateLimiterConfiguration.Algorithm) {
        switch algorithm {
        case .slidingWindow(let limit, let per) where limit <= SlidingWindowLog.largestLimit:
            self = .log(SlidingWindowLog(limit: limit, period: per.saturatingNanoseconds))
        case .slidingWindow(let limit, let per):
            self = .counter(SlidingWindowCounter(limit: limit, period: per.saturatingNanoseconds))
        case .tokenBucket(let capacity, let refillInterval):
            self = .bucket(TokenBucket(capacity: capacity, interval: refillInterval.saturatingNanoseconds))
        }
    }

    var capacity: Int {
        switch self {
        case .log(let log): log.capacity
        case .counter(let counter): counter.capacity
        case .bucket(let bucket): bucket.capacity
        }
    }

    /// The bucket, if this is one.
    var bucket: TokenBucket? {
        if case .bucket(let bucket) = self { bucket } else { nil }
    }

    func balance(at now: Moment) -> Int {
        switch self {
        case .log(let log): log.balance(at: now)
        case .counter(let counter): counter.balance(at: now)
        case .bucket(let bucket): bucket.balance(at: now)
        }
    }

    func earliest(_ permits: Int, from now: Moment) -> Moment {
        switch self {
        case .log(let log): log.earliest(permits, from: now)
        case .counter(let counter): counter.earliest(permits, from: now)
        case .bucket(let bucket): bucket.earliest(permits, from: now)
        }
    }

    mutating func take(_ permits: Int, at now: Moment) {
        change(
            { $0.take(permits, at: now) }, { $0.take(permits, at: now) }, { $0.take(permits, at: now) })
    }

    mutating func refund(_ permits: Int, takenAt moment: Moment, now: Moment) {
        change(
            { $0.refund(permits, takenAt: moment, now: now) }, { $0.refund(permits, takenAt: moment, now: now) },
            { $0.refund(permits, takenAt: moment, now: now) })
    }

    mutating func debit(_ permits: Int, now: Moment) {
        change(
            { $0.debit(permits, now: now) }, { $0.debit(permits, now: now) }, { $0.debit(permits, now: now) })
    }

    private mutating func change(
        _ changeLog: (inout SlidingWindowLog) -> Void, _ changeCounter: (inout SlidingWindowCounter) -> Void,
        _ changeBucket: (inout TokenBucket) -> Void
    ) {
        switch self {
        case .log(var log):
            // Put out of the way first, so that the log's storage has one owner and is not copied.
            self = .bucket(.placeholder)
            changeLog(&log)
            self = .log(log)
        case .counter(var counter):
            changeCounter(&counter)
            self = .counter(counter)
        case .bucket(var bucket):
            changeBucket(&bucket)
            self = .bucket(bucket)
        }
    }
}
