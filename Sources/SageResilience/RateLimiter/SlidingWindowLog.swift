/// An exact sliding window: the moments of the permits in it.
///
/// A permit that was granted at `t` counts during `t ..< t + period`. So `n` permits are free as soon as no more than
/// `limit - n` of the remembered ones are left in the window.
struct SlidingWindowLog: RateLimitAlgorithm {
    /// Above this, the memory (8 bytes a permit) is no longer worth the exactness.
    static let largestLimit = 1_024

    private let limit: Int
    private let period: Int64
    /// A ring, in order of time from `oldest` on; it grows as far as it is used, to `2 * limit` at most.
    private var ring: [Moment] = []
    private var oldest = 0
    private var count = 0

    /// - Parameters:
    ///   - limit: Permits in a window, 1 or more.
    ///   - period: The length of the window in nanoseconds, 1 or more.
    init(limit: Int, period: Int64) {
        self.limit = limit
        self.period = period
    }

    var capacity: Int { limit }

    func balance(at now: Moment) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if departure(middle) <= now { low = middle + 1 } else { high = middle }
        }
        return limit - count + low
    }

    func earliest(_ permits: Int, from now: Moment) -> Moment {
        let inTheWay = permits - (limit - count)
        return inTheWay > 0 ? max(now, departure(inTheWay - 1)) : now
    }

    mutating func take(_ permits: Int, at now: Moment) {
        for _ in 0..<permits {
            if count >= limit, departure(0) <= now { removeOldest() }
            append(now)
        }
    }

    mutating func refund(_ permits: Int, takenAt moment: Moment, now: Moment) {
        // Permits of one moment are alike, whoever took them.
        var remaining = permits
        var kept = 0
        for index in 0..<count {
            let taken = ring[slot(index)]
            if taken == moment, remaining > 0 {
                remaining -= 1
            } else {
                ring[slot(kept)] = taken
                kept += 1
            }
        }
        count = kept
    }

    mutating func debit(_ permits: Int, now: Moment) {
        while count > 0, departure(0) <= now { removeOldest() }
        for _ in 0..<min(permits, 2 * limit - count) { append(now) }
    }

    /// When the remembered permit with this index, counted from the oldest, leaves the window.
    private func departure(_ index: Int) -> Moment {
        ring[slot(index)].advanced(by: period)
    }

    private func slot(_ index: Int) -> Int {
        let slot = oldest + index
        return slot < ring.count ? slot : slot - ring.count
    }

    private mutating func removeOldest() {
        oldest = slot(1)
        count -= 1
    }

    private mutating func append(_ moment: Moment) {
        if count == ring.count {
            ring = Array(ring[oldest...] + ring[..<oldest])
            oldest = 0
            let size = ring.count < limit ? min(limit, max(16, 2 * ring.count)) : 2 * limit
            ring += Array(repeating: .zero, count: size - ring.count)
        }
        ring[slot(count)] = moment
        count += 1
    }
}
