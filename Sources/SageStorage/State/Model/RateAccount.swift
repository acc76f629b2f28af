/// The permits of one account as a value: what every ``StateStore`` does with them.
///
/// The rules are those of `RateLimiter`, in whole microseconds of a clock that may go back.
package struct RateAccount: Sendable, Hashable {
    /// What is remembered, by the kind of rule.
    package enum Content: Sendable, Hashable {
        case log(RateLog)
        case counter(RateCounter)
        case bucket(RateBucket)
    }

    /// When permits were last taken or corrected, in microseconds of the store's clock.
    package var touched: Int64
    package var content: Content

    package init(touched: Int64, content: Content) {
        self.touched = touched
        self.content = content
    }

    package init(_ rule: RateRule, now: StoreInstant) {
        self.init(touched: now.microseconds, content: Content(rule, now: now.microseconds))
    }

    /// Makes the account one of this rule at this time: anew when it was of another kind.
    ///
    /// - Returns: Whether the clock has gone back: then the account must be kept also if nothing is taken, so that time
    ///   goes on for it.
    package mutating func prepare(for rule: RateRule, now: StoreInstant) -> Bool {
        let now = now.microseconds
        let hasGoneBack = now < touched
        if hasGoneBack { moveBack(by: touched - now) }
        let fresh = Content(rule, now: now)
        switch (content, fresh) {
        case (.log, .log), (.counter, .counter), (.bucket, .bucket): break
        default: content = fresh
        }
        return hasGoneBack
    }

    /// How long it takes until so many permits are free, in microseconds.
    package func wait(for permits: Int, _ rule: RateRule, now: StoreInstant) -> Int64 {
        let now = now.microseconds
        return switch content {
        case .log(let log): log.wait(permits, rule, now)
        case .counter(let counter): counter.wait(permits, rule, now)
        case .bucket(let bucket): bucket.wait(permits, rule, now)
        }
    }

    package func balance(_ rule: RateRule, now: StoreInstant) -> Int {
        let now = now.microseconds
        return switch content {
        case .log(let log): log.balance(rule, now)
        case .counter(let counter): counter.balance(rule, now)
        case .bucket(let bucket): bucket.balance(rule, now)
        }
    }

    package mutating func take(_ permits: Int, _ rule: RateRule, now: StoreInstant) {
        let now = now.microseconds
        change(now, { $0.take(permits, rule, now) }, { $0.take(permits, rule, now) }, { $0.take(permits, rule, now) })
    }

    package mutating func settle(_ correction: RateCorrection, takenAt: StoreInstant, now: StoreInstant) {
        let now = now.microseconds
        let (rule, moment) = (correction.rule, takenAt.microseconds)
        if correction.actual < correction.reserved {
            let permits = correction.reserved - correction.actual
            change(
                now, { $0.refund(permits, moment) }, { $0.refund(permits, moment, rule, now) },
                { $0.refund(permits, moment, rule, now) })
        } else if correction.actual > correction.reserved {
            let permits = correction.actual - correction.reserved
            change(
                now, { $0.debit(permits, rule, now) }, { $0.debit(permits, rule, now) },
                { $0.debit(permits, rule, now) })
        }
    }

    /// From when on a new account would do as well, in microseconds of the store's clock.
    package func keptUntil(_ rule: RateRule) -> Int64 {
        switch content {
        case .log(let log): log.keptUntil(rule) ?? touched
        case .counter(let counter): counter.start + 2 * rule.period
        case .bucket(let bucket): bucket.keptUntil
        }
    }

    private mutating func change(
        _ now: Int64, _ log: (inout RateLog) -> Void, _ counter: (inout RateCounter) -> Void,
        _ bucket: (inout RateBucket) -> Void
    ) {
        touched = now
        switch content {
        case .log(var content):
            log(&content)
            self.content = .log(content)
        case .counter(var content):
            counter(&content)
            self.content = .counter(content)
        case .bucket(var content):
            bucket(&content)
            self.content = .bucket(content)
        }
    }

    private mutating func moveBack(by step: Int64) {
        touched -= step
        switch content {
        case .log(var log):
            for index in log.entries.indices { log.entries[index].moment -= step }
            content = .log(log)
        case .counter(var counter):
            counter.start -= step
            content = .counter(counter)
        case .bucket(var bucket):
            bucket.updated -= step
            bucket.lastFull -= step
            content = .bucket(bucket)
        }
    }
}

extension RateAccount.Content {
    fileprivate init(_ rule: RateRule, now: Int64) {
        switch rule {
        case .slidingWindow(let limit, _) where limit <= RateRule.largestExactLimit: self = .log(RateLog())
        case .slidingWindow: self = .counter(RateCounter(start: now))
        case .tokenBucket: self = .bucket(RateBucket(updated: now, lastFull: now))
        }
    }
}

extension RateRule {
    /// The length of the window in microseconds; the time in which a bucket fills.
    package var period: Int64 {
        switch self {
        case .slidingWindow(_, let per): per.wholeMicroseconds
        case .tokenBucket: (fullDebt + 999) / 1_000
        }
    }

    /// What one permit of a bucket costs, in nanoseconds.
    var cost: Int64 {
        if case .tokenBucket(_, let interval) = self { interval.wholeNanoseconds } else { 0 }
    }

    /// What all permits of a bucket cost, in nanoseconds.
    var fullDebt: Int64 { cost * Int64(capacity) }
}
