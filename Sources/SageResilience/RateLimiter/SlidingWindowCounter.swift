/// An approximate sliding window in constant memory: the counts of the present and the previous period.
///
/// The previous period's permits are taken to have been spread evenly, and count with the share of that period that
/// still lies in the window (the rule of Cloudflare's rate limiting). With even traffic this is the exact window. In
/// the worst case, a full burst at the end of one period and another at the end of the next, a window holds nearly
/// twice the limit. Shares are rounded up.
struct SlidingWindowCounter: RateLimitAlgorithm {
    private let limit: Int
    private let period: Int64
    private var start = Moment.zero
    private var previous = 0
    private var present = 0

    /// - Parameters:
    ///   - limit: Permits in a window, 1 or more.
    ///   - period: The length of the window in nanoseconds, 1 or more.
    init(limit: Int, period: Int64) {
        self.limit = limit
        self.period = period
    }

    var capacity: Int { limit }

    func balance(at now: Moment) -> Int {
        let counter = rolled(to: now)
        let remaining = counter.period - now.elapsed(since: counter.start)
        let (whole, rest) = (Int128(counter.previous) * Int128(remaining)).quotientAndRemainder(
            dividingBy: Int128(period))
        let used = Int128(counter.present) + whole + (rest > 0 ? 1 : 0)
        return Int(max(Int128(-limit), Int128(limit) - used))
    }

    func earliest(_ permits: Int, from now: Moment) -> Moment {
        let counter = rolled(to: now)
        if counter.present <= limit - permits {
            return max(now, counter.start.advanced(by: fading(counter.previous, to: limit - permits - counter.present)))
        }
        // Not in this period, whatever fades: in the next one the present count is the previous one.
        let next = counter.start.advanced(by: period)
        return max(now, next.advanced(by: fading(counter.present, to: limit - permits)))
    }

    mutating func take(_ permits: Int, at now: Moment) {
        self = rolled(to: now)
        present = present.addingSaturating(permits)
    }

    mutating func refund(_ permits: Int, takenAt moment: Moment, now: Moment) {
        self = rolled(to: now)
        if moment >= start {
            present = max(0, present - permits)
        } else if start.elapsed(since: moment) <= period {
            previous = max(0, previous - permits)
        }
    }

    mutating func debit(_ permits: Int, now: Moment) {
        let room = balance(at: now).addingSaturating(limit)
        self = rolled(to: now)
        present = present.addingSaturating(min(permits, max(0, room)))
    }

    /// How long into a period the previous one's `count` weighs no more than `room`.
    private func fading(_ count: Int, to room: Int) -> Int64 {
        guard count > room else { return 0 }
        return period - Int64(Int128(room) * Int128(period) / Int128(count))
    }

    private func rolled(to now: Moment) -> SlidingWindowCounter {
        var counter = self
        let elapsed = now.elapsed(since: start)
        if elapsed >= period {
            // After an idle period, or before the first permit, the periods begin anew.
            let isAdjacent = present > 0 && elapsed - period < period
            counter.start = isAdjacent ? start.advanced(by: period) : now
            counter.previous = isAdjacent ? present : 0
            counter.present = 0
        } else if present == 0, previous == 0 {
            counter.start = now
        }
        return counter
    }
}
