import SageTesting
import Testing

@testable import SageResilience

struct MomentTests {
    private let least = Moment(nanoseconds: .min)

    @Test func movesAndMeasures() {
        #expect(Moment.seconds(2).advanced(by: .seconds(3)) == .seconds(5))
        #expect(Moment.seconds(2).advanced(by: .seconds(-3)) == .seconds(-1))
        #expect(Moment.seconds(5).elapsed(since: .seconds(2)) == .seconds(3))
        #expect(Moment.zero < .seconds(1))
        #expect(Moment.seconds(1) < .distantFuture)
    }

    @Test func timeThatGoesBackCountsAsNone() {
        #expect(Moment.seconds(2).elapsed(since: .seconds(5)) == 0)
        #expect(least.elapsed(since: .distantFuture) == 0)
    }

    @Test func saturates() {
        #expect(Moment.distantFuture.advanced(by: 1) == .distantFuture)
        #expect(Moment.seconds(1).advanced(by: .max) == .distantFuture)
        #expect(least.advanced(by: -1) == least)
        #expect(Moment.distantFuture.elapsed(since: least) == .max)
    }
}

struct SaturatingArithmeticTests {
    /// Every pair of numbers at the edges, beside 128-bit arithmetic.
    @Test func integersStayWithinTheirRange() {
        let edges: [Int64] = [.min, .min + 1, -3_037_000_500, -2, -1, 0, 1, 2, 3_037_000_500, .max - 1, .max]
        func clamp(_ value: Int128) -> Int64 { Int64(clamping: value) }
        for left in edges {
            for right in edges {
                #expect(left.addingSaturating(right) == clamp(Int128(left) + Int128(right)))
                #expect(left.subtractingSaturating(right) == clamp(Int128(left) - Int128(right)))
                #expect(left.multipliedSaturating(by: right) == clamp(Int128(left) * Int128(right)))
            }
        }
    }

    @Test(
        arguments: [
            (0.0, 0), (0.4, 0), (0.5, 1), (-0.5, -1), (1e18, 1_000_000_000_000_000_000), (1e300, .max),
            (-1e300, .min), (.infinity, .max), (-.infinity, .min), (.nan, 0), (0x1p63, .max), (-0x1p63, .min),
            (0x1.fffffffffffffp62, 9_223_372_036_854_774_784),
        ] as [(Double, Int64)])
    func doublesRoundAndSaturate(value: Double, expected: Int64) {
        #expect(Int64(saturating: value) == expected)
    }

    @Test(
        arguments: [
            (Duration.zero, 0), (.seconds(1.5), 1_500_000_000), (.seconds(-1.5), -1_500_000_000),
            (.nanoseconds(1), 1), (Duration(attoseconds: 999_999_999), 0), (Duration(attoseconds: -999_999_999), 0),
            (.nanoseconds(Int64.max), .max), (.nanoseconds(Int64.min), .min),
            (.nanoseconds(Int64.max - 1), .max - 1), (.nanoseconds(Int64.min + 1), .min + 1),
            (.seconds(Int64.max), .max), (.seconds(Int64.min), .min), (Duration(attoseconds: .max), .max),
            (Duration(attoseconds: .min), .min),
        ] as [(Duration, Int64)])
    func durationsBecomeNanoseconds(duration: Duration, expected: Int64) {
        #expect(duration.saturatingNanoseconds == expected)
    }

    @Test(arguments: [
        (Duration.seconds(7.5), 7.5), (.milliseconds(-1), -0.001), (.zero, 0), (.seconds(Int64.max), 0x1p63),
    ])
    func durationsBecomeSeconds(duration: Duration, expected: Double) {
        #expect(duration.seconds == expected)
        #expect(Duration(attoseconds: .max).seconds > 1e20)
    }
}

struct RandomSourceTests {
    @Test(
        arguments: [
            (0.0, 0.0), (0.25, 0.25), (0.5, 0.5), (-1, 0), (.nan, 0), (-.infinity, 0), (1, 0x1.fffffffffffffp-1),
            (2, 0x1.fffffffffffffp-1), (.infinity, 0x1.fffffffffffffp-1),
        ])
    func aConstantIsThatNumber(unit: Double, expected: Double) {
        #expect(RandomSource.constant(unit).unitInterval() == expected)
    }

    @Test(arguments: [
        (UInt64.min, 0.0), (.max, 0x1.fffffffffffffp-1), (1 << 63, 0.5), ((1 << 11) - 1, 0), (1 << 11, 0x1p-53),
    ])
    func theUnitIntervalIsHalfOpen(bits: UInt64, expected: Double) {
        #expect(RandomSource { bits }.unitInterval() == expected)
    }

    @Test(arguments: [RandomSource.system, .seeded(5)])
    func numbersAreUniform(source: RandomSource) {
        let numbers = (0..<10_000).map { _ in source.unitInterval() }
        #expect(numbers.allSatisfy { $0 >= 0 && $0 < 1 })
        // Ten standard deviations of the mean.
        #expect(abs(numbers.reduce(0, +) / 10_000 - 0.5) < 0.03)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct TimelineTests {
    @Test func theOriginIsThePresentOfTheClock() {
        let clock = TestClock()
        clock.advance(by: .seconds(100))
        let timeline = Timeline(clock)
        #expect(!timeline.isContinuous)
        #expect(timeline.now == .zero)
        clock.advance(by: .milliseconds(1_500))
        #expect(timeline.now == .seconds(1.5))
        clock.advance(by: Duration(attoseconds: .max) / 2)
        #expect(timeline.now == .distantFuture)
    }

    @Test func sleepsOnItsClock() async throws {
        let clock = TestClock()
        clock.advance(by: .seconds(100))
        let timeline = Timeline(clock)
        try await timeline.sleep(until: .seconds(-1))
        try await timeline.sleep(nanoseconds: 0)
        clock.advance(by: .seconds(1))
        async let sleeping: Void = timeline.sleep(nanoseconds: .seconds(2))
        #expect(await clock.nextTimerScheduled().offset == .seconds(103))
        clock.advance(by: .seconds(2))
        try await sleeping
    }

    @Test func anEndlessSleepEndsWithItsTask() async {
        let clock = TestClock()
        clock.advance(by: .seconds(100))
        for timeline in [Timeline(clock), Timeline(ContinuousClock())] {
            let task = Task { try await timeline.sleep(nanoseconds: .max) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(clock.pendingDeadlines.isEmpty)
    }

    @Test func theContinuousClockHasOneOriginAndNeverGoesBack() async throws {
        let (one, other) = (Timeline(ContinuousClock()), Timeline(ContinuousClock()))
        #expect(one.isContinuous)
        let first = one.now
        let second = other.now
        #expect(first <= second)
        #expect(second <= one.now)
        try await one.sleep(until: first)
        let due = one.now.advanced(by: 1_000)
        try await one.sleep(until: due)
        #expect(one.now >= due)
    }

    @Test func aPastMomentStillNoticesCancellation() async {
        let gate = Gate()
        let task = Task {
            await gate.passStubbornly()
            try await Timeline(ContinuousClock()).sleep(until: .zero)
        }
        task.cancel()
        gate.open()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
