/// An exact sliding window: how many permits were taken at which moment.
package struct RateLog: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        /// In microseconds of the store's clock.
        package var moment: Int64
        package var permits: Int

        package init(moment: Int64, permits: Int) {
            self.moment = moment
            self.permits = permits
        }
    }

    /// In order of time, one for each moment.
    package var entries: [Entry] = []

    package init(entries: [Entry] = []) {
        self.entries = entries
    }

    func balance(_ rule: RateRule, _ now: Int64) -> Int {
        rule.capacity - entries.reduce(0) { $1.moment + rule.period > now ? $0 + $1.permits : $0 }
    }

    func wait(_ permits: Int, _ rule: RateRule, _ now: Int64) -> Int64 {
        guard permits > 0 else { return 0 }
        var missing = permits - balance(rule, now)
        for entry in entries where missing > 0 && entry.moment + rule.period > now {
            missing -= entry.permits
            if missing <= 0 { return entry.moment + rule.period - now }
        }
        return 0
    }

    mutating func take(_ permits: Int, _ rule: RateRule, _ now: Int64) {
        entries.removeAll { $0.moment + rule.period <= now }
        append(permits, now)
    }

    /// Permits of one moment are alike, whoever took them.
    mutating func refund(_ permits: Int, _ moment: Int64) {
        guard let index = entries.firstIndex(where: { $0.moment == moment }) else { return }
        entries[index].permits -= permits
        if entries[index].permits <= 0 { entries.remove(at: index) }
    }

    mutating func debit(_ permits: Int, _ rule: RateRule, _ now: Int64) {
        entries.removeAll { $0.moment + rule.period <= now }
        let room = 2 * rule.capacity - entries.reduce(0) { $0 + $1.permits }
        if room > 0 { append(min(permits, room), now) }
    }

    func keptUntil(_ rule: RateRule) -> Int64? {
        entries.last.map { $0.moment + rule.period }
    }

    private mutating func append(_ permits: Int, _ now: Int64) {
        guard permits > 0 else { return }
        if let last = entries.indices.last, entries[last].moment == now {
            entries[last].permits += permits
        } else {
            entries.append(Entry(moment: now, permits: permits))
        }
    }
}
