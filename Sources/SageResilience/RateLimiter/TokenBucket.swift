/// A token bucket as the generic cell rate algorithm (ITU-T I.371): one number says everything.
///
/// The number is the moment at which the bucket will be full again, the algorithm's *theoretical arrival time*. A
/// permit moves it one refill interval into the future; it may be at most `capacity` intervals ahead. Being one
/// integer, the state needs no more than one atomic exchange.
struct TokenBucket: RateLimitAlgorithm {
    let capacity: Int
    private let interval: Int64
    private let tolerance: Int64
    private var fullAt = Moment(nanoseconds: .min)

    /// - Parameters:
    ///   - capacity: Permits in the full bucket, 1 or more. As many as refill in 292 years are kept at most.
    ///   - interval: Nanoseconds in which one permit comes back, 1 or more.
    init(capacity: Int, interval: Int64) {
        // Saturation alone would make a bucket whose time to fill is not representable hand out permits for ever.
        self.capacity = Int(min(Int64(capacity), .max / interval))
        self.interval = interval
        self.tolerance = Int64(self.capacity) * interval
    }

    func available(at now: Moment) -> Int {
        Int(max(0, tolerance - fullAt.elapsed(since: now)) / interval)
    }

    func earliest(_ permits: Int, from now: Moment) -> Moment {
        max(now, Moment(nanoseconds: fullAt.nanoseconds.subtractingSaturating(tolerance - cost(permits))))
    }

    mutating func take(_ permits: Int, at now: Moment) {
        fullAt = max(fullAt, now).advanced(by: cost(permits))
    }

    private func cost(_ permits: Int) -> Int64 {
        interval.multipliedSaturating(by: Int64(permits))
    }
}
