/// A token bucket as the generic cell rate algorithm (ITU-T I.371): one number says everything.
///
/// The number is the moment at which the bucket will be full again, the algorithm's *theoretical arrival time*. A
/// permit moves it one refill interval into the future; it may be at most `capacity` intervals ahead, and as many
/// again while more was used than granted. Being one integer, the state needs no more than one atomic exchange.
@frozen
@usableFromInline
struct TokenBucket: RateLimitAlgorithm, Hashable {
    static let placeholder = TokenBucket(capacity: 1, interval: 1)

    @usableFromInline let capacity: Int
    @usableFromInline let interval: Int64
    @usableFromInline let tolerance: Int64
    @usableFromInline var fullAt = Moment(nanoseconds: .min)
    /// The last moment at which the bucket was found full.
    @usableFromInline var lastFull = Moment(nanoseconds: .min)

    /// - Parameters:
    ///   - capacity: Permits in the full bucket, 1 or more. As many as refill in 146 years are kept at most.
    ///   - interval: Nanoseconds in which one permit comes back, 1 or more.
    init(capacity: Int, interval: Int64) {
        // Saturation alone would make a bucket whose time to fill is not representable hand out permits for ever; half
        // of the range is left to the debt.
        self.capacity = Int(max(1, min(Int64(capacity), .max / 2 / interval)))
        self.interval = interval
        self.tolerance = Int64(self.capacity).multipliedSaturating(by: interval)
    }

    func balance(at now: Moment) -> Int {
        let (whole, rest) = tolerance.subtractingSaturating(fullAt.elapsed(since: now))
            .quotientAndRemainder(dividingBy: interval)
        return Int(rest < 0 ? whole - 1 : whole)
    }

    @inlinable
    func earliest(_ permits: Int, from now: Moment) -> Moment {
        max(now, Moment(nanoseconds: fullAt.nanoseconds.subtractingSaturating(tolerance - cost(permits))))
    }

    @inlinable
    mutating func take(_ permits: Int, at now: Moment) {
        if fullAt <= now { lastFull = now }
        fullAt = max(fullAt, now).advanced(by: cost(permits))
    }

    mutating func refund(_ permits: Int, takenAt moment: Moment, now: Moment) {
        // A bucket that has been full since then has got everything back; one that is full now takes no more, because
        // permits are counted from the later of `fullAt` and the present.
        guard lastFull <= moment else { return }
        fullAt = fullAt.advanced(by: -cost(permits))
    }

    mutating func debit(_ permits: Int, now: Moment) {
        let deepest = now.advanced(by: tolerance.addingSaturating(tolerance))
        // A debt that is deeper already, seen from a moment that lies a little back, is not forgiven.
        fullAt = max(fullAt, min(deepest, max(fullAt, now).advanced(by: cost(permits))))
    }

    @inlinable
    func cost(_ permits: Int) -> Int64 {
        interval.multipliedSaturating(by: Int64(permits))
    }
}
