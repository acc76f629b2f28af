import SageTesting
import Testing

@testable import SageResilience

/// The failure rate that is unusual for a service.
struct CircuitBreakerAdaptiveTests {
    private typealias Adaptive = CircuitBreakerConfiguration.AdaptiveThreshold

    private func breaker(
        window: CircuitBreakerConfiguration.Window = .calls(100), failureRate: Double = 0.9, floor: Double = 0.01,
        memory: Int = 1_000
    ) throws -> BreakerDriver {
        BreakerDriver(
            try CircuitBreakerConfiguration(
                window: window, minimumCalls: 10, failureRate: failureRate, recoveryTimeout: .seconds(5),
                recoveryJitter: 0, halfOpenMaxCalls: 1,
                adaptiveThreshold: .init(memory: memory, deviations: 3, floor: floor)))
    }

    /// Calls of which one in so many fails, at regular intervals.
    private func play(_ breaker: BreakerDriver, calls: Int, oneIn interval: Int, at now: Double = 0) {
        for index in 1...calls { breaker.play(index.isMultiple(of: interval) ? "F" : "S", at: now) }
    }

    @Test func learnsFromWhatHasLeftTheWindow() throws {
        let breaker = try breaker()
        play(breaker, calls: 100, oneIn: 20)
        #expect(breaker.snapshot(at: 0).learnedFailureRate == nil, "everything is still under judgement")
        play(breaker, calls: 20, oneIn: 20)
        #expect(try #require(breaker.snapshot(at: 0).learnedFailureRate) == 1.0 / 20)
        play(breaker, calls: 380, oneIn: 20)
        let learned = try #require(breaker.snapshot(at: 0).learnedFailureRate)
        #expect(abs(learned - 0.05) < 1e-9)
    }

    @Test("opens below the failure rate when the failures are many for this service", arguments: [(100, 5), (4, 38)])
    func opensAboveTheBaseRate(oneIn interval: Int, tolerated: Int) throws {
        let breaker = try breaker()
        play(breaker, calls: 1_100, oneIn: interval)
        try #require(breaker.state == .closed)
        let base = try #require(breaker.snapshot(at: 0).learnedFailureRate)
        #expect(abs(base - 1 / Double(interval)) < 1e-9)
        var calls = 0
        while breaker.state == .closed, calls < 100 {
            breaker.play("F", at: 0)
            calls += 1
        }
        let failures = try #require(breaker.snapshots.last?.failures)
        let expected = (100 * (base * 1_000 + 1) / 1_002).squareRoot() + 1.5 * (1 + 100.0 / 1_002).squareRoot()
        #expect(failures == Int((expected * expected).rounded(.up)))
        // Twice or more what is usual, and far below the configured rate.
        #expect(failures > tolerated && failures < 90)
    }

    @Test func anOutageIsNeverLearned() throws {
        let breaker = try breaker()
        play(breaker, calls: 1_100, oneIn: 50)
        let before = try #require(breaker.snapshot(at: 0).learnedFailureRate)
        while breaker.state == .closed { breaker.play("F", at: 0) }
        #expect(breaker.snapshot(at: 1).learnedFailureRate == before || before < 0.03)
        let atOpening = breaker.snapshot(at: 1).learnedFailureRate
        breaker.play("F", at: 5)
        breaker.play("S", at: 100)
        #expect(breaker.state == .closed)
        #expect(breaker.snapshot(at: 100).learnedFailureRate == atOpening)
    }

    @Test func anOutageInAWindowOfTimeIsNeverLearned() throws {
        let breaker = try breaker(window: .time(.seconds(10)))
        for second in 0..<100 { play(breaker, calls: 50, oneIn: 50, at: Double(second)) }
        while breaker.state == .closed { breaker.play("F", at: 100) }
        let learned = try #require(breaker.snapshot(at: 100).learnedFailureRate)
        #expect(abs(learned - 0.02) < 1e-9)
        #expect(breaker.snapshot(at: 1_000).learnedFailureRate == learned, "what an open breaker holds does not count")
    }

    @Test func theFloorAndTheFailureRateHold() throws {
        let floored = try breaker(floor: 0.3)
        play(floored, calls: 1_100, oneIn: 10_000)
        for _ in 0..<29 { floored.play("F", at: 0) }
        #expect(floored.state == .closed)
        floored.play("F", at: 0)
        #expect(floored.state == .open)

        let capped = try breaker(failureRate: 0.5)
        play(capped, calls: 1_100, oneIn: 3)
        try #require(capped.state == .closed)
        while capped.state == .closed { capped.play("F", at: 0) }
        #expect(capped.snapshots.last?.failures == 50)
    }

    @Test func fewCallsTeachLittle() {
        var learned = LearnedFailureRate(Adaptive(memory: 1_000, deviations: 3, floor: 0.01))
        #expect(learned.rate == 0)
        // Nothing is known: half of the calls are expected to fail, or any number.
        #expect(learned.limit(of: 100) > 100)
        var counts = CallCounts()
        counts.calls = 10
        learned.learn(counts)
        #expect(abs(learned.limit(of: 100) - 55.791) < 0.001)
        counts.calls = 990
        learned.learn(counts)
        #expect(learned.weight == 1_000)
        // A single failure is never a proof, nor are two.
        #expect(learned.limit(of: 10) > 2)
        #expect(learned.limit(of: 1_000_000).isFinite)
    }

    @Test func olderCallsFade() {
        var learned = LearnedFailureRate(Adaptive(memory: 100, deviations: 3, floor: 0.01))
        var good = CallCounts()
        good.calls = 1
        var bad = good
        bad.failures = 1
        for _ in 0..<100 { learned.learn(bad) }
        #expect(learned.rate == 1)
        for _ in 0..<100 { learned.learn(good) }
        // (1 - 1/100)^100
        #expect(abs(learned.rate - 0.366) < 0.001)
        good.calls = 1_000
        learned.learn(good)
        #expect(learned.rate == 0, "one lot that is larger than the memory replaces it")
        learned.learn(CallCounts())
        #expect(learned.rate == 0)
    }

    @Test func aResetForgetsTheBaseRate() throws {
        let breaker = try breaker()
        play(breaker, calls: 200, oneIn: 50)
        #expect(breaker.snapshot(at: 0).learnedFailureRate != nil)
        breaker.reset(at: 0)
        #expect(breaker.snapshot(at: 0).learnedFailureRate == nil)
    }

    @Test("a service that fails at a steady rate rarely opens the breaker", arguments: 1...20 as ClosedRange<UInt64>)
    func aSteadyRateRarelyOpens(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let breaker = try breaker()
        for _ in 0..<2_000 where breaker.state == .closed {
            breaker.play(Int.random(in: 0..<10, using: &generator) == 0 ? "F" : "S", at: 0)
        }
        #expect(breaker.state == .closed)
        // The same service at four times its rate does.
        for _ in 0..<200 where breaker.state == .closed {
            breaker.play(Int.random(in: 0..<10, using: &generator) < 4 ? "F" : "S", at: 0)
        }
        #expect(breaker.state == .open)
    }
}
