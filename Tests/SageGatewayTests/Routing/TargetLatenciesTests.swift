import SageResilience
import SageTesting
import Testing

@testable import SageGateway

struct PeakLatencyTests {
    private func at(_ seconds: Double) -> Moment { Moment(nanoseconds: Int64(seconds * 1e9)) }

    @Test func firstDurationIsTheAverage() {
        var latency = PeakLatency()
        #expect(latency.value(now: .zero) == nil)
        latency.record(2e9, now: at(100))
        #expect(latency.value(now: at(100)) == 2e9)
    }

    @Test func slowerDurationCountsAtOnce() {
        var latency = PeakLatency()
        latency.record(1e9, now: at(0))
        latency.record(9e9, now: at(0.001))
        #expect(latency.value(now: at(0.001)) == 9e9)
    }

    @Test func fasterDurationMovesTheAverageByTheShareOfTheTimeSince() throws {
        var latency = PeakLatency()
        latency.record(10e9, now: at(0))
        latency.record(2e9, now: at(0))
        #expect(latency.value(now: at(0)) == 10e9, "no time has passed")
        latency.record(2e9, now: at(30))
        // 10 s · e⁻¹ + 2 s · (1 - e⁻¹)
        let value = try #require(latency.value(now: at(30)))
        #expect(abs(value - 4.943e9) < 1e6)
        latency.record(2e9, now: at(3_000))
        #expect(abs(try #require(latency.value(now: at(3_000))) - 2e9) < 1)
    }

    @Test func averageFallsWithoutCalls() throws {
        var latency = PeakLatency()
        latency.record(10e9, now: at(0))
        #expect(abs(try #require(latency.value(now: at(30))) - 3.679e9) < 1e6)
        #expect(try #require(latency.value(now: at(3_600))) < 1)
    }

    @Test func timeThatGoesBackwardsChangesNothing() {
        var latency = PeakLatency()
        latency.record(10e9, now: at(10))
        latency.record(2e9, now: at(5))
        #expect(latency.value(now: at(10)) == 10e9)
        #expect(latency.value(now: at(0)) == 10e9)
    }

    /// The average lies between zero and the slowest duration, and never below the last one when that is recorded.
    @Test(arguments: 0..<100)
    func averageKeepsItsBounds(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var latency = PeakLatency()
        var now = Moment.zero
        var slowest = 0.0
        for _ in 0..<200 {
            let sample = Double.random(in: 0...100e9, using: &random)
            slowest = max(slowest, sample)
            latency.record(sample, now: now)
            let value = try #require(latency.value(now: now))
            #expect(value >= sample * (1 - 1e-12) && value <= slowest)
            now = now.advanced(by: Int64.random(in: 0...60_000_000_000, using: &random))
        }
    }
}

struct TargetLatenciesTests {
    private let second: Int64 = 1_000_000_000

    @Test func streamsAndOthersAreKeptApart() {
        var latencies = TargetLatencies()
        latencies.answered(after: second, isStream: true, now: .zero)
        latencies.answered(after: 20 * second, isStream: false, now: .zero)
        #expect(latencies.average(isStream: true, now: .zero) == 1e9)
        #expect(latencies.average(isStream: false, now: .zero) == 20e9)
    }

    @Test func targetThatFailsFastDoesNotLookFast() {
        var latencies = TargetLatencies()
        latencies.failed(after: 1_000, isStream: false, now: .zero)
        #expect(latencies.average(isStream: false, now: .zero) == 5e9)
        latencies.failed(after: 1_000, isStream: false, now: .zero)
        #expect(latencies.average(isStream: false, now: .zero) == 10e9, "worse than usual each time")
        for _ in 0..<20 { latencies.failed(after: 1_000, isStream: false, now: .zero) }
        #expect(latencies.average(isStream: false, now: .zero) == 600e9, "but not for ever")
        latencies.failed(after: 3_600 * second, isStream: true, now: .zero)
        #expect(latencies.average(isStream: true, now: .zero) == 600e9)
    }

    @Test func percentileComesFromTheCallsSinceSomebodyAsked() {
        var latencies = TargetLatencies()
        latencies.answered(after: second, isStream: false, now: .zero)
        #expect(latencies.percentile(0.95, isStream: false) == nil)
        for number in 1...19 { latencies.answered(after: Int64(number) * second, isStream: false, now: .zero) }
        #expect(latencies.percentile(0.95, isStream: false) == nil, "too few")
        latencies.answered(after: 20 * second, isStream: false, now: .zero)
        #expect(latencies.percentile(0.95, isStream: false) == 19 * second)
        #expect(latencies.percentile(0.5, isStream: false) == 10 * second)
        #expect(latencies.percentile(0.5, isStream: true) == nil)
    }

    @Test func percentileHasAFloor() {
        var latencies = TargetLatencies()
        _ = latencies.percentile(0.95, isStream: true)
        for _ in 0..<20 { latencies.answered(after: 5, isStream: true, now: .zero) }
        #expect(latencies.percentile(0.95, isStream: true) == 1_000_000)
    }

    @Test func failuresAndOvertakenCallsEnterOnlyWhereTheyBelong() {
        var latencies = TargetLatencies()
        _ = latencies.percentile(0.95, isStream: false)
        for _ in 0..<20 { latencies.failed(after: 9 * second, isStream: false, now: .zero) }
        #expect(latencies.percentile(0.95, isStream: false) == nil, "a failure is no duration of an answer")
        for _ in 0..<20 { latencies.overtaken(after: 3 * second, isStream: false) }
        #expect(latencies.percentile(0.95, isStream: false) == 3 * second, "at least so long")
        var fresh = TargetLatencies()
        fresh.overtaken(after: 3 * second, isStream: false)
        #expect(fresh.average(isStream: false, now: .zero) == nil)
    }
}
