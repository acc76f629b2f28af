/// A token bucket as what is missing from it, in nanoseconds of refilling: the generic cell rate algorithm with a
/// relative time, so that a clock that goes back neither fills nor empties it.
package struct RateBucket: Sendable, Hashable {
    /// When the debt was what it is, in microseconds of the store's clock.
    package var updated: Int64
    /// How many nanoseconds of refilling are missing.
    package var debt: Int64 = 0
    /// When the bucket was last found full, in microseconds of the store's clock.
    package var lastFull: Int64

    package init(updated: Int64, debt: Int64 = 0, lastFull: Int64) {
        self.updated = updated
        self.debt = debt
        self.lastFull = lastFull
    }

    func balance(_ rule: RateRule, _ now: Int64) -> Int {
        let (whole, rest) = (rule.fullDebt - debt(at: now)).quotientAndRemainder(dividingBy: rule.cost)
        return Int(rest < 0 ? whole - 1 : whole)
    }

    func wait(_ permits: Int, _ rule: RateRule, _ now: Int64) -> Int64 {
        guard permits > 0 else { return 0 }
        let missing = debt(at: now) + rule.cost * Int64(permits) - rule.fullDebt
        return missing > 0 ? (missing + 999) / 1_000 : 0
    }

    mutating func take(_ permits: Int, _ rule: RateRule, _ now: Int64) {
        refill(now)
        if debt == 0 { lastFull = now }
        debt += rule.cost * Int64(permits)
    }

    /// A bucket that has been full since then has got everything back.
    mutating func refund(_ permits: Int, _ moment: Int64, _ rule: RateRule, _ now: Int64) {
        refill(now)
        guard lastFull <= moment else { return }
        debt = max(0, debt - min(rule.fullDebt, Self.cost(permits, rule)))
    }

    mutating func debit(_ permits: Int, _ rule: RateRule, _ now: Int64) {
        refill(now)
        if debt == 0 { lastFull = now }
        debt = max(debt, min(2 * rule.fullDebt, debt + min(2 * rule.fullDebt, Self.cost(permits, rule))))
    }

    var keptUntil: Int64 { updated + (debt + 999) / 1_000 }

    private mutating func refill(_ now: Int64) {
        debt = debt(at: now)
        updated = now
    }

    private func debt(at now: Int64) -> Int64 {
        let (elapsed, overflow) = (now - updated).multipliedReportingOverflow(by: 1_000)
        return overflow ? 0 : max(0, debt - elapsed)
    }

    private static func cost(_ permits: Int, _ rule: RateRule) -> Int64 {
        let (cost, overflow) = rule.cost.multipliedReportingOverflow(by: Int64(permits))
        return overflow ? .max : cost
    }
}
