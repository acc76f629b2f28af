import SageTesting
import Testing

@testable import SageResilience

/// Both windows beside models that keep every call and count anew each time.
struct CircuitBreakerWindowModelTests {
    /// Keeps all calls of a time window with the number of the bucket they count in.
    private struct TimeModel {
        let bucketLength: Int64
        let buckets: Int64
        var newest = Int64.min
        var calls: [(bucket: Int64, result: CallResult)] = []

        mutating func advance(to now: Moment) {
            newest = max(newest, now.nanoseconds / bucketLength)
        }

        mutating func record(_ result: CallResult, startedAt: Moment, now: Moment) {
            advance(to: now)
            let bucket = min(max(startedAt.nanoseconds / bucketLength, newest - buckets + 1), newest)
            calls.append((bucket, result))
        }

        var totals: CallCounts { sum(calls.filter { $0.bucket > newest - buckets }.map(\.result)) }
    }

    private static func sum(_ results: some Sequence<CallResult>) -> CallCounts {
        results.reduce(into: CallCounts()) { $0.add($1) }
    }

    private func randomCall(_ generator: inout SeededGenerator) -> CallResult {
        CallResult(
            isFailure: .random(in: 0..<3, using: &generator) == 0, isSlow: .random(in: 0..<4, using: &generator) == 0,
            nanoseconds: .random(in: 0..<1_000, using: &generator))
    }

    @Test(arguments: [1, 2, 3, 10, 64, 100])
    func theCountWindowIsTheLastCalls(capacity: Int) {
        var generator = SeededGenerator(seed: UInt64(capacity))
        var window = CallWindow(.calls(capacity))
        var model: [CallResult] = []
        for _ in 0..<2_000 {
            if Int.random(in: 0..<300, using: &generator) == 0 {
                window.removeAll()
                model = []
            }
            let call = randomCall(&generator)
            let left = model.count < capacity ? nil : Self.sum(model.suffix(capacity).prefix(1))
            #expect(window.totals(after: call) == Self.sum((model + [call]).suffix(capacity)))
            if !call.isFailure, !call.isSlow, Bool.random(using: &generator) {
                window.recordSuccess(nanoseconds: call.nanoseconds)
            } else {
                #expect(window.record(call, startedAt: .zero, now: .zero) == left)
            }
            model.append(call)
            let totals = Self.sum(model.suffix(capacity))
            #expect(window.totals == totals)
            let isClean = model.count >= capacity && totals.failures == 0 && totals.slow == 0
            #expect(window.isFullOfSuccesses == isClean)
        }
    }

    @Test(arguments: [1, 2, 3, 10, 60], [100, 1_000, 7_919] as [Int64])
    func theTimeWindowIsWhatStartedInIt(buckets: Int, length: Int64) {
        var generator = SeededGenerator(seed: UInt64(buckets) &* 7_919 &+ UInt64(length))
        var window = CallWindow(.time(.nanoseconds(length), buckets: buckets))
        let bucketLength = (length + Int64(buckets) - 1) / Int64(buckets)
        var model = TimeModel(bucketLength: bucketLength, buckets: Int64(buckets))
        var now: Int64 = 0
        for _ in 0..<3_000 {
            switch Int.random(in: 0..<20, using: &generator) {
            case 0: now += .random(in: 0...(3 * length), using: &generator)
            case 1: now = max(0, now - .random(in: 0...length, using: &generator))
            case 2:
                window.removeAll()
                model.calls = []
            case 3, 4:
                window.advance(to: Moment(nanoseconds: now))
                model.advance(to: Moment(nanoseconds: now))
            default: now += .random(in: 0...(length / 10), using: &generator)
            }
            let start = max(0, now - .random(in: 0...(2 * length), using: &generator))
            let call = randomCall(&generator)
            window.record(call, startedAt: Moment(nanoseconds: start), now: Moment(nanoseconds: now))
            model.record(call, startedAt: Moment(nanoseconds: start), now: Moment(nanoseconds: now))
            #expect(window.totals == model.totals)
        }
    }

    @Test("go-zero #5011: a call longer than the window counts")
    func aCallLongerThanTheWindowCounts() throws {
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(window: .time(.seconds(10)), minimumCalls: 3, failureRate: 0.5))
        let tickets = (0..<3).compactMap { _ in breaker.start(at: 0) }
        for ticket in tickets { breaker.finish(ticket, .failed(.timeout), at: 120) }
        #expect(breaker.state == .open)
        #expect(breaker.snapshots.last?.calls == 3)
    }

    @Test func aPauseClearsTheWindow() throws {
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(window: .time(.seconds(10)), minimumCalls: 3, failureRate: 0.5))
        breaker.play("FF", at: 0)
        breaker.play("F", at: 1_000)
        #expect(breaker.state == .closed)
        #expect(breaker.snapshot(at: 1_000).calls == 1)
        #expect(breaker.snapshot(at: 2_000).calls == 0, "reading clears too")
    }

    @Test func aWindowOfTimeSaysWhatLeftIt() {
        var window = CallWindow(.time(.nanoseconds(10), buckets: 5))
        let failure = CallResult(isFailure: true, isSlow: false, nanoseconds: 3)
        var expected = CallCounts()
        expected.add(failure)
        func at(_ nanoseconds: Int64) -> Moment { Moment(nanoseconds: nanoseconds) }
        #expect(window.record(failure, startedAt: at(0), now: at(0)) == nil)
        #expect(window.advance(to: at(9)) == nil)
        #expect(window.advance(to: at(10)) == expected)
        #expect(window.advance(to: at(10)) == nil)
        #expect(window.record(failure, startedAt: at(11), now: at(11)) == nil)
        #expect(window.record(failure, startedAt: at(12), now: at(30)) == expected, "everything, after a pause")
    }

    @Test func aClockMayStandBeforeItsOrigin() {
        var window = CallWindow(.time(.nanoseconds(10), buckets: 5))
        let call = CallResult(isFailure: true, isSlow: false, nanoseconds: 0)
        for (now, calls) in [(-17, 1), (-13, 2), (-9, 3), (-7, 3), (-1, 3), (3, 2)] as [(Int64, Int)] {
            let moment = Moment(nanoseconds: now)
            window.record(call, startedAt: moment, now: moment)
            #expect(window.totals.calls == calls, "at \(now)")
        }
    }

    @Test func aPauseOfAnyLengthCostsNothing() {
        // Bucket by bucket this would take centuries.
        var window = CallWindow(.time(.nanoseconds(1), buckets: 1))
        let call = CallResult(isFailure: true, isSlow: false, nanoseconds: 0)
        for now in [Int64.min + 1, 0, .max] {
            let moment = Moment(nanoseconds: now)
            window.record(call, startedAt: moment, now: moment)
            #expect(window.totals.calls == 1)
        }
    }

    @Test func timeThatGoesBackChangesNothing() throws {
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(
                window: .time(.seconds(10)), minimumCalls: 3, failureRate: 0.5, slowCallDuration: .seconds(1)))
        breaker.play("F", at: 100)
        breaker.play("F", at: 5, took: -3)
        #expect(breaker.snapshot(at: 0).calls == 2)
        #expect(breaker.snapshot(at: 0).totalDuration == .zero)
        #expect(breaker.snapshot(at: 0).slowCalls == 0)
        breaker.play("F", at: 100)
        #expect(breaker.state == .open)
    }

    @Test func durationsThatDoNotAddUpSaturate() {
        var window = CallWindow(.calls(2))
        for _ in 0..<6 {
            window.record(
                CallResult(isFailure: false, isSlow: true, nanoseconds: .max), startedAt: .zero, now: .zero)
            #expect(window.totals.nanoseconds >= 0)
        }
        for _ in 0..<2 {
            window.record(CallResult(isFailure: false, isSlow: true, nanoseconds: 1), startedAt: .zero, now: .zero)
        }
        #expect(window.totals.calls == 2)
    }
}
