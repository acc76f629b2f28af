/// Rules and corrections as whole numbers that Lua's doubles hold exactly.
enum RedisRateArguments {
    /// Kind, capacity, period in microseconds, and nanoseconds of refilling for one permit and for all.
    static func rule(_ rule: RateRule) -> [RedisCommand.Argument] {
        let kind: RedisCommand.Argument =
            switch rule {
            case .slidingWindow(let limit, _): limit <= RateRule.largestExactLimit ? "log" : "counter"
            case .tokenBucket: "bucket"
            }
        return [
            kind, .integer(Int64(rule.capacity)), .integer(rule.period), .integer(rule.cost), .integer(rule.fullDebt),
        ]
    }

    /// The permits to give back, those to take beyond, and both in nanoseconds of refilling; nothing beyond what makes
    /// a difference.
    static func correction(_ correction: RateCorrection) -> [RedisCommand.Argument] {
        let rule = correction.rule
        let refund = max(0, correction.reserved - correction.actual)
        let debit = max(0, correction.actual - correction.reserved)
        func nanoseconds(_ permits: Int, upTo limit: Int64) -> Int64 {
            let (cost, overflow) = rule.cost.multipliedReportingOverflow(by: Int64(permits))
            return overflow ? limit : min(limit, cost)
        }
        let most = 4 * StateLimits.mostPermits
        return [
            .integer(Int64(min(refund, most))), .integer(Int64(min(debit, most))),
            .integer(nanoseconds(refund, upTo: rule.fullDebt)), .integer(nanoseconds(debit, upTo: 2 * rule.fullDebt)),
        ]
    }
}
