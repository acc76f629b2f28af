/// An approximate sliding window: the counts of the present and the previous period.
///
/// The rule of `slidingWindow(limit:per:)` for large limits.
package struct RateCounter: Sendable, Hashable {
    /// When the present period began, in microseconds of the store's clock.
    package var start: Int64
    package var previous = 0
    package var present = 0

    package init(start: Int64, previous: Int = 0, present: Int = 0) {
        self.start = start
        self.previous = previous
        self.present = present
    }

    func balance(_ rule: RateRule, _ now: Int64) -> Int {
        let counter = rolled(rule.period, now)
        let remaining = Int128(rule.period - (now - counter.start))
        let (whole, rest) = (Int128(counter.previous) * remaining).quotientAndRemainder(dividingBy: Int128(rule.period))
        let used = Int128(counter.present) + whole + (rest > 0 ? 1 : 0)
        return Int(max(Int128(-rule.capacity), Int128(rule.capacity) - used))
    }

    func wait(_ permits: Int, _ rule: RateRule, _ now: Int64) -> Int64 {
        guard permits > 0 else { return 0 }
        let counter = rolled(rule.period, now)
        let room = rule.capacity - permits
        let ready =
            if counter.present <= room {
                counter.start + Self.fading(counter.previous, to: room - counter.present, rule.period)
            } else {
                // Not in this period, whatever fades: in the next one the present count is the previous one.
                counter.start + rule.period + Self.fading(counter.present, to: room, rule.period)
            }
        return max(0, ready - now)
    }

    mutating func take(_ permits: Int, _ rule: RateRule, _ now: Int64) {
        self = rolled(rule.period, now)
        present += permits
    }

    mutating func refund(_ permits: Int, _ moment: Int64, _ rule: RateRule, _ now: Int64) {
        self = rolled(rule.period, now)
        if moment >= start {
            present = max(0, present - permits)
        } else if start - moment <= rule.period {
            previous = max(0, previous - permits)
        }
    }

    mutating func debit(_ permits: Int, _ rule: RateRule, _ now: Int64) {
        let room = balance(rule, now) + rule.capacity
        self = rolled(rule.period, now)
        present += min(permits, max(0, room))
    }

    /// How long into a period the previous one's `count` weighs no more than `room`.
    private static func fading(_ count: Int, to room: Int, _ period: Int64) -> Int64 {
        guard count > room else { return 0 }
        return period - Int64(Int128(room) * Int128(period) / Int128(count))
    }

    /// After an idle period, or before the first permit, the periods begin anew.
    private func rolled(_ period: Int64, _ now: Int64) -> RateCounter {
        let elapsed = now - start
        if elapsed >= period {
            let isAdjacent = present > 0 && elapsed - period < period
            return RateCounter(
                start: isAdjacent ? start + period : now, previous: isAdjacent ? present : 0, present: 0)
        }
        if present == 0, previous == 0 { return RateCounter(start: now) }
        return self
    }
}
