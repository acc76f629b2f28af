import SageTesting
import Testing

@testable import SageResilience

/// Naive models that remember everything, against the algorithms, over random takings, refunds and debits.
struct RateLimitModelTests {
    /// Permits that were taken, granted or not, and not given back.
    private struct Taken {
        let moment: Int64
        var permits: Int
        let isGranted: Bool
    }

    /// A weighted window that counts what it remembers anew for each question, and searches moment by moment.
    private struct CounterModel {
        let limit: Int
        let period: Int64
        var start: Int64 = 0
        var taken: [Taken] = []

        private func sum(_ range: Range<Int64>) -> Int {
            taken.reduce(0) { range.contains($1.moment) ? $0 + $1.permits : $0 }
        }

        func anchor(at now: Int64) -> Int64 {
            if now - start >= period {
                return sum(start..<start + period) > 0 && now - start < 2 * period ? start + period : now
            }
            return sum(start - period..<start + period) == 0 ? now : start
        }

        func balance(at now: Int64) -> Int {
            let start = anchor(at: now)
            let share = Double(period - (now - start)) / Double(period)
            let previous = (Double(sum(start - period..<start)) * share - 1e-9).rounded(.up)
            return max(-limit, limit - sum(start..<start + period) - Int(previous))
        }

        func earliest(_ permits: Int, from now: Int64) -> Int64 {
            var moment = now
            while balance(at: moment) < permits { moment += 1 }
            return moment
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func theCounterAgreesWithItsModel(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let limit = Int.random(in: 1...12, using: &generator)
        let period = Int64.random(in: 1...40, using: &generator)
        var counter = SlidingWindowCounter(limit: limit, period: period)
        var model = CounterModel(limit: limit, period: period)
        var now: Int64 = 0
        for _ in 0..<300 {
            now += Int64.random(in: 0...period / 2 + 1, using: &generator)
            let moment = Moment(nanoseconds: now)
            let permits = Int.random(in: 1...limit, using: &generator)
            #expect(counter.balance(at: moment) == model.balance(at: now))
            let ready = counter.earliest(permits, from: moment)
            #expect(ready.nanoseconds == model.earliest(permits, from: now))
            switch Int.random(in: 0..<10, using: &generator) {
            case 0:
                let debit = min(permits, model.balance(at: now) + limit)
                counter.debit(permits, now: moment)
                model.start = model.anchor(at: now)
                if debit > 0 { model.taken.append(Taken(moment: now, permits: debit, isGranted: false)) }
            case 1:
                guard let index = model.taken.lastIndex(where: { $0.isGranted && $0.permits > 0 }) else { continue }
                let refund = Int.random(in: 1...model.taken[index].permits, using: &generator)
                counter.refund(refund, takenAt: Moment(nanoseconds: model.taken[index].moment), now: moment)
                model.start = model.anchor(at: now)
                model.taken[index].permits -= refund
            default:
                guard ready == moment else { continue }
                counter.take(permits, at: moment)
                model.start = model.anchor(at: now)
                model.taken.append(Taken(moment: now, permits: permits, isGranted: true))
            }
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func theLogAgreesWithItsModel(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let limit = Int.random(in: 1...40, using: &generator)
        let period = Int64.random(in: 1...60, using: &generator)
        var log = SlidingWindowLog(limit: limit, period: period)
        var taken: [Taken] = []
        var now: Int64 = 0
        for _ in 0..<300 {
            now += Int64.random(in: 0...period / 4 + 1, using: &generator)
            let moment = Moment(nanoseconds: now)
            func balance(at time: Int64) -> Int {
                limit - taken.reduce(0) { $1.moment + period > time ? $0 + $1.permits : $0 }
            }
            let permits = Int.random(in: 1...limit, using: &generator)
            #expect(log.balance(at: moment) == balance(at: now))
            let ready = log.earliest(permits, from: moment)
            #expect(ready.nanoseconds == (now...).first { balance(at: $0) >= permits })
            switch Int.random(in: 0..<10, using: &generator) {
            case 0:
                let debit = min(permits, balance(at: now) + limit)
                log.debit(permits, now: moment)
                if debit > 0 { taken.append(Taken(moment: now, permits: debit, isGranted: false)) }
            case 1:
                guard let index = taken.indices.randomElement(using: &generator), taken[index].permits > 0 else {
                    continue
                }
                let refund = Int.random(in: 1...taken[index].permits, using: &generator)
                log.refund(refund, takenAt: Moment(nanoseconds: taken[index].moment), now: moment)
                taken[index].permits -= refund
            default:
                guard ready == moment else { continue }
                log.take(permits, at: moment)
                taken.append(Taken(moment: now, permits: permits, isGranted: true))
            }
        }
    }

    /// A bucket that is refilled step by step and knows when it was full.
    @Test(arguments: 0..<8 as Range<UInt64>)
    func theBucketAgreesWithItsModel(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let capacity = Int.random(in: 1...12, using: &generator)
        let interval = Int64.random(in: 1...50, using: &generator)
        var bucket = TokenBucket(capacity: capacity, interval: interval)
        let full = Int64(capacity) * interval
        var (level, now, lastFull) = (full, Int64(0), Int64(0))
        var taken: [Taken] = []
        for _ in 0..<2_000 {
            now += Int64.random(in: 0...2 * interval, using: &generator)
            let moment = Moment(nanoseconds: now)
            // The level of the moment before, refilled; the model notes that it is full whenever it looks.
            level = min(full, level + now - (taken.last?.moment ?? now))
            defer { taken.append(Taken(moment: now, permits: 0, isGranted: false)) }
            let permits = Int.random(in: 1...capacity, using: &generator)
            let balance = bucket.balance(at: moment)
            #expect(balance == Int((Double(level) / Double(interval)).rounded(.down)))
            #expect(balance <= capacity && balance >= -capacity)
            let ready = bucket.earliest(permits, from: moment)
            #expect(ready.nanoseconds == now + max(0, Int64(permits) * interval - level))
            switch Int.random(in: 0..<10, using: &generator) {
            case 0:
                bucket.debit(permits, now: moment)
                level = max(min(level, -full), level - Int64(permits) * interval)
            case 1:
                guard let last = taken.last(where: { $0.isGranted }) else { continue }
                bucket.refund(last.permits, takenAt: Moment(nanoseconds: last.moment), now: moment)
                if lastFull <= last.moment { level = min(full, level + Int64(last.permits) * interval) }
            default:
                if level == full { lastFull = now }
                guard ready == moment else { continue }
                bucket.take(permits, at: moment)
                level -= Int64(permits) * interval
                taken.append(Taken(moment: now, permits: permits, isGranted: true))
            }
        }
    }

    // MARK: The queue

    /// A call as the driver of the state machine sees it.
    private struct Call {
        let permits: Int
        var granted = false
        var ended = false
    }

    static let configurations: [RateLimiterConfiguration.Algorithm] = [
        .tokenBucket(capacity: 5, refillInterval: .nanoseconds(10)), .slidingWindow(limit: 5, per: .nanoseconds(50)),
        .slidingWindow(limit: 1_025, per: .nanoseconds(50)),
    ]

    /// Calls that are served at the very moment for which they were planned change nothing of what others are promised.
    @Test(arguments: configurations, 0..<6 as Range<UInt64>)
    func aKeptPlanIsTheOneThatWouldBeMadeAnew(algorithm: RateLimiterConfiguration.Algorithm, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var machine = RateLimiter.StateMachine(try RateLimiterConfiguration(algorithm, maxQueued: 20))
        let capacity = machine.account.capacity
        var alarm: (id: UInt64, moment: Moment)?
        var (now, kept) = (Moment.zero, 0)
        for _ in 0..<2_000 {
            var next = now.advanced(by: Int64.random(in: 0...40, using: &generator))
            if let due = alarm, due.moment <= next {
                next = due.moment
                alarm = nil
                for case .sleep(let moment) in machine.claim(due.id, now: next).map(\.signal) {
                    alarm = (try #require(machine.waiters.first).id, moment)
                }
            } else {
                let permits = Int.random(in: 1...capacity, using: &generator)
                if machine.admit(permits, patience: .endless, now: next) == .mustWait {
                    let (id, signal) = machine.enqueue(permits, patience: .endless, now: next)
                    if case .sleep(let moment) = signal { alarm = (id, moment) }
                }
            }
            now = next
            guard let plan = machine.plan else { continue }
            kept += 1
            let fresh = machine.freshPlan()
            #expect(plan.end == fresh.end)
            for permits in [1, capacity] {
                let from = max(plan.end, now)
                #expect(plan.account.earliest(permits, from: from) == fresh.account.earliest(permits, from: from))
            }
        }
        #expect(kept > 500, "the test has played something")
    }

    /// Arrivals, cancellations, pauses, settlements and the passing of time in any order.
    ///
    /// Every call ends exactly once, those that are granted in the order of arrival, the head always has an alarm, and
    /// what was issued is what was returned and what is held.
    @Test(arguments: configurations, 0..<10 as Range<UInt64>)
    func everyWaiterEndsOnceAndTheBooksBalance(algorithm: RateLimiterConfiguration.Algorithm, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var machine = RateLimiter.StateMachine(try RateLimiterConfiguration(algorithm, maxQueued: 6))
        let capacity = machine.account.capacity
        var calls: [UInt64: Call] = [:]
        var alarms: [UInt64: Moment] = [:]
        var (now, lastGranted, issued, admitted) = (Moment.zero, UInt64(0), 0, 0)
        func hear(_ notices: [RateLimiter.Notice]) {
            for notice in notices {
                #expect(calls[notice.id]?.ended == false)
                switch notice.signal {
                case .sleep(let moment): alarms[notice.id] = moment
                case .granted(_, let moment):
                    #expect(notice.id > lastGranted)
                    #expect(moment == now)
                    lastGranted = notice.id
                    issued += notice.permits
                    admitted += 1
                    calls[notice.id]?.granted = true
                    fallthrough
                case .rejected, .cancelled:
                    calls[notice.id]?.ended = true
                    alarms[notice.id] = nil
                }
            }
        }
        for step in 0..<2_000 {
            now = now.advanced(by: Int64.random(in: 0...8, using: &generator))
            for (id, moment) in alarms.sorted(by: { $0.key < $1.key }) where moment <= now {
                hear(machine.claim(id, now: now))
            }
            let permits = Int.random(in: 1...capacity, using: &generator)
            switch Int.random(in: 0..<12, using: &generator) {
            case 0: hear(machine.pause(until: now.advanced(by: 20), now: now))
            case 1:
                let id = calls.filter { !$0.value.ended }.keys.sorted().randomElement(using: &generator)
                if let id { hear(machine.leave(id, now: now)) }
            case 2:
                let actual = Int.random(in: 0...2 * permits, using: &generator)
                hear(machine.settle(reserved: permits, at: now, actual: actual, now: now))
            default:
                let patience = RateLimiter.Patience(
                    longest: Int64.random(in: 0...400, using: &generator),
                    untilDeadline: Int64.random(in: 0...400, using: &generator))
                switch machine.admit(permits, patience: patience, now: now) {
                case .admitted:
                    #expect(machine.waiters.isEmpty)
                    issued += permits
                    admitted += 1
                case .rejected: break
                case .mustWait:
                    let (id, signal) = machine.enqueue(permits, patience: patience, now: now)
                    calls[id] = Call(permits: permits)
                    if let signal { hear([RateLimiter.Notice(id: id, permits: permits, signal: signal)]) }
                }
            }
            let balance = machine.account.balance(at: now)
            #expect(balance <= capacity && balance >= -capacity, "step \(step)")
            #expect(machine.waiters.count == calls.values.count { !$0.ended })
            if let head = machine.waiters.first { #expect(alarms[head.id] != nil) }
            #expect(machine.counters.acquired == admitted)
            #expect(machine.counters.acquiredPermits == issued)
        }
        // Whoever is left is served in time.
        while let moment = alarms.values.min() {
            now = max(now, moment)
            for id in alarms.filter({ $0.value <= now }).keys.sorted() { hear(machine.claim(id, now: now)) }
        }
        #expect(calls.values.allSatisfy { $0.ended })
    }
}
