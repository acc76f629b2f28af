import SageTesting
import Testing

@testable import SageResilience

struct RateLimitAlgorithmTests {
    /// A call at a time in milliseconds, and what becomes of it: nil admitted, otherwise milliseconds to wait.
    typealias Step = (at: Int64, permits: Int, wait: Int64?)

    private func run(_ algorithm: any RateLimitAlgorithm, _ steps: [Step]) {
        var algorithm = algorithm
        for step in steps {
            let now = Moment(nanoseconds: step.at * 1_000_000)
            let ready = algorithm.earliest(step.permits, from: now)
            #expect(ready.elapsed(since: now) == (step.wait ?? 0) * 1_000_000, "at \(step.at) ms")
            if ready == now { algorithm.take(step.permits, at: now) }
        }
    }

    /// Conformance case 41, governor.
    @Test func governorTwoPerSecond() {
        run(
            TokenBucket(capacity: 2, interval: 500_000_000),
            [(0, 1, nil), (1, 1, nil), (2, 1, 498), (1_002, 1, nil), (1_003, 1, nil), (1_004, 1, 498)])
    }

    /// Conformance case 41, governor: a deficit or an idle time never leaves more than the burst.
    @Test func governorFivePerSecond() {
        let burst = Array(repeating: Step(at: 0, permits: 1, wait: nil), count: 5)
        let later = Array(repeating: Step(at: 2_000, permits: 1, wait: nil), count: 5)
        run(
            TokenBucket(capacity: 5, interval: 200_000_000),
            burst + [(0, 1, 200)] + later + [(2_000, 1, 200), (2_000, 5, 1_000)])
    }

    @Test func theLogFreesEachPermitWhenItLeavesTheWindow() {
        run(
            SlidingWindowLog(limit: 3, period: 1_000_000_000),
            [
                (0, 1, nil), (400, 2, nil), (500, 1, 500), (500, 2, 900), (999, 1, 1), (1_000, 1, nil),
                (1_000, 1, 400), (1_400, 2, nil), (1_400, 1, 600), (9_000, 3, nil), (9_000, 3, 1_000),
            ])
    }

    @Test func theCounterWeighsThePreviousPeriod() {
        run(
            SlidingWindowCounter(limit: 100, period: 1_000_000_000),
            [
                (0, 100, nil), (500, 1, 510), (1_000, 1, 10), (1_250, 25, nil), (1_250, 1, 10), (1_250, 100, 1_750),
                (5_000, 100, nil),
            ])
    }

    /// Admits at random, and asks a list of all admissions whether that was right.
    @Test(arguments: 0..<8 as Range<UInt64>)
    func theLogAgreesWithANaiveModel(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let limit = Int.random(in: 1...12, using: &generator)
        let period = Int64.random(in: 1...200, using: &generator)
        var log = SlidingWindowLog(limit: limit, period: period)
        var admitted: [Int64] = []
        var now: Int64 = 0
        for _ in 0..<2_000 {
            now += Int64.random(in: 0...max(1, period / 4), using: &generator)
            admitted.removeAll { $0 + period <= now }
            let permits = Int.random(in: 1...limit, using: &generator)
            func used(_ time: Int64) -> Int { admitted.count { $0 + period > time } }
            // The answer changes only where a permit leaves the window.
            let expected = ([now] + admitted.map { $0 + period }).first { used($0) + permits <= limit }
            #expect(log.available(at: Moment(nanoseconds: now)) == limit - used(now))
            let ready = log.earliest(permits, from: Moment(nanoseconds: now))
            #expect(ready.nanoseconds == expected)
            if ready.nanoseconds == now {
                log.take(permits, at: ready)
                admitted += Array(repeating: now, count: permits)
            }
            // No window that ends here holds more than the limit, whatever is admitted later.
            #expect(used(now) <= limit)
        }
    }

    /// A bucket that counts in units of one interval's nanoseconds, refilled step by step.
    @Test(arguments: 0..<8 as Range<UInt64>)
    func theBucketAgreesWithANaiveModel(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let capacity = Int.random(in: 1...12, using: &generator)
        let interval = Int64.random(in: 1...50, using: &generator)
        var bucket = TokenBucket(capacity: capacity, interval: interval)
        let full = Int64(capacity) * interval
        var (level, now) = (full, Int64(0))
        for _ in 0..<2_000 {
            let step = Int64.random(in: 0...2 * interval, using: &generator)
            now += step
            level = min(full, level + step)
            let permits = Int.random(in: 1...capacity, using: &generator)
            let missing = max(0, Int64(permits) * interval - level)
            #expect(bucket.available(at: Moment(nanoseconds: now)) == Int(level / interval))
            let ready = bucket.earliest(permits, from: Moment(nanoseconds: now))
            #expect(ready.nanoseconds == now + missing)
            if missing == 0 {
                bucket.take(permits, at: ready)
                level -= Int64(permits) * interval
            }
        }
    }

    /// Conformance case 41, the trap of another library: after a deficit no more than the burst comes back.
    @Test func afterADeficitTheBalanceIsClampedToTheBurst() {
        var bucket = TokenBucket(capacity: 2, interval: 100)
        bucket.take(2, at: .zero)
        bucket.debit(5, now: .zero)
        // The debt is bounded by one capacity.
        #expect(bucket.balance(at: .zero) == -2)
        #expect(bucket.balance(at: Moment(nanoseconds: 300)) == 1)
        #expect(bucket.balance(at: Moment(nanoseconds: 100_000)) == 2)
        #expect(bucket.earliest(1, from: .zero).nanoseconds == 300)
    }

    @Test func aBucketThatHasBeenFullSinceGivesNothingBackTwice() {
        var bucket = TokenBucket(capacity: 5, interval: 10)
        bucket.take(5, at: .zero)
        bucket.take(5, at: Moment(nanoseconds: 50))
        bucket.refund(5, takenAt: .zero, now: Moment(nanoseconds: 50))
        #expect(bucket.balance(at: Moment(nanoseconds: 50)) == 0)
        bucket.refund(5, takenAt: Moment(nanoseconds: 50), now: Moment(nanoseconds: 60))
        #expect(bucket.balance(at: Moment(nanoseconds: 60)) == 5)
        bucket.refund(5, takenAt: Moment(nanoseconds: 50), now: Moment(nanoseconds: 60))
        #expect(bucket.balance(at: Moment(nanoseconds: 60)) == 5)
    }

    static let extremes: [any RateLimitAlgorithm] = [
        SlidingWindowLog(limit: 3, period: .max), SlidingWindowLog(limit: 1_024, period: 1),
        SlidingWindowCounter(limit: .max, period: .max), SlidingWindowCounter(limit: .max, period: 1),
        SlidingWindowCounter(limit: 2_000, period: 7), SlidingWindowCounter(limit: 1, period: .max),
        TokenBucket(capacity: .max, interval: .max), TokenBucket(capacity: .max, interval: 1),
        TokenBucket(capacity: 1, interval: .max), TokenBucket(capacity: 10, interval: .max / 8),
        TokenBucket(capacity: 7, interval: 3),
    ]

    @Test(arguments: extremes.indices)
    func admitsExactlyAtThePromisedMomentAndNeverBefore(index: Int) {
        var generator = SeededGenerator(seed: 1)
        var algorithm = Self.extremes[index]
        var now = Moment.zero
        for _ in 0..<500 {
            let permits =
                Bool.random(using: &generator)
                ? algorithm.capacity : Int.random(in: 1...algorithm.capacity, using: &generator)
            let ready = algorithm.earliest(permits, from: now)
            guard ready < .distantFuture else { return }
            #expect(algorithm.earliest(permits, from: ready) == ready)
            #expect(algorithm.available(at: ready) >= permits)
            if ready > now {
                let before = ready.advanced(by: -1)
                #expect(algorithm.earliest(permits, from: before) == ready)
                #expect(algorithm.available(at: before) < permits)
            }
            algorithm.take(permits, at: ready)
            now = ready.advanced(by: Int64.random(in: 0...3, using: &generator))
        }
    }

    @Test func aBucketThatTakesCenturiesToFillStaysWithinItsLimit() {
        var bucket = TokenBucket(capacity: 10, interval: .max / 8)
        #expect(bucket.capacity == 4)
        for _ in 1...4 {
            #expect(bucket.earliest(1, from: .zero) == .zero)
            bucket.take(1, at: .zero)
        }
        #expect(bucket.earliest(1, from: .zero) > .zero)
    }
}
