import SageTesting
import Synchronization
import Testing

@testable import SageResilience

/// The growing share of calls after a recovery.
@Suite(.timeLimit(.minutes(1)))
struct CircuitBreakerRampTests {
    private func configuration(
        over seconds: Int = 10, from share: Double = 0.2, failureCount: Int? = nil
    ) throws -> CircuitBreakerConfiguration {
        try CircuitBreakerConfiguration(
            failureRate: nil, failureCount: failureCount, recoveryTimeout: .seconds(5), recoveryJitter: 0,
            halfOpenMaxCalls: 1, ramp: .init(over: .seconds(seconds), from: share))
    }

    private func recovered(_ configuration: CircuitBreakerConfiguration, at now: Double = 0) throws -> BreakerDriver {
        let breaker = BreakerDriver(configuration)
        breaker.open(for: 0, at: now)
        try #require(breaker.play("S", at: now))
        try #require(breaker.state == .closed)
        return breaker
    }

    @Test(
        "the share grows in a straight line and ends with all calls",
        arguments: [(0.0, 0.2), (2.5, 0.4), (5, 0.6), (9.999_999_999, 1), (10, nil), (1e6, nil)] as [(Double, Double?)])
    func theShareGrows(seconds: Double, share: Double?) throws {
        let breaker = try recovered(try configuration())
        let actual = breaker.snapshot(at: seconds).rampShare
        guard let share else {
            #expect(actual == nil)
            breaker.unitRandom = 0x1.fffffffffffffp-1
            #expect(breaker.call(.success, at: seconds))
            return
        }
        #expect(abs(try #require(actual) - share) < 1e-6)
        breaker.unitRandom = share - 1e-6
        #expect(breaker.call(.success, at: seconds))
        guard share < 1 else { return }
        breaker.unitRandom = share + 1e-6
        #expect(!breaker.call(.success, at: seconds))
        #expect(breaker.lastRejection?.reason == .rampingUp)
        #expect(breaker.lastRejection?.retryAfter == nil)
        #expect(breaker.snapshot(at: seconds).rejected == 1)
    }

    @Test func onlyARecoveryHasARamp() throws {
        let configuration = try configuration()
        let new = BreakerDriver(configuration)
        #expect(new.snapshot(at: 0).rampShare == nil)
        for state in [CircuitBreaker.State.open, .halfOpen, .forcedOpen, .disabled, .metricsOnly] {
            let breaker = BreakerDriver(configuration)
            try breaker.change(to: .open, at: 0)
            try breaker.change(to: state, at: 0)
            try breaker.change(to: .closed, at: 0)
            #expect(breaker.snapshot(at: 0).rampShare == nil)
        }
        let reset = try recovered(configuration)
        #expect(reset.snapshot(at: 1).rampShare != nil)
        reset.reset(at: 1)
        #expect(reset.snapshot(at: 1).rampShare == nil)
    }

    @Test func aFailureWhileTheShareGrowsOpensAgain() throws {
        let breaker = try recovered(try configuration(failureCount: 1))
        breaker.unitRandom = 0
        breaker.play("F", at: 1)
        #expect(breaker.state == .open)
        #expect(breaker.snapshot(at: 1).rampShare == nil)
        #expect(breaker.snapshot(at: 1).retryAfter == .seconds(5))
    }

    @Test func drawsARandomNumberOnlyWhileTheShareGrows() async throws {
        let drawn = Locked(0)
        let clock = TestClock()
        let breaker = CircuitBreaker(
            "b", try configuration(), clock: clock,
            random: RandomSource {
                drawn.update { $0 += 1 }
                return 0
            })
        try await breaker.execute {}
        breaker.open(for: .zero)
        try await breaker.execute {}
        #expect(breaker.state == .closed)
        #expect(drawn.value == 0)
        #expect(breaker.snapshot().calls == 0)
        #expect(!breaker.isEvictable, "a new one would admit everything")
        for expected in 1...3 {
            try await breaker.execute {}
            #expect(drawn.value == expected)
        }
        clock.advance(by: .seconds(10))
        for _ in 0..<3 { try await breaker.execute {} }
        #expect(drawn.value == 3)
        // From here on the state needs no lock, so no clock either.
        #expect(CircuitBreaker.FastPath(word: breaker.fastPathWord.load(ordering: .relaxed)).admits)
    }

    @Test("a seeded source admits the share that is due", arguments: [1, 2, 3] as [UInt64])
    func admitsTheShare(seed: UInt64) throws {
        let generator = Locked(SeededGenerator(seed: seed))
        let clock = TestClock()
        let breaker = CircuitBreaker(
            "b", try configuration(over: 1_000_000), clock: clock,
            random: RandomSource { generator.update { $0.next() } })
        breaker.open(for: .zero)
        try breaker.acquire().succeed()
        for (share, seconds) in [(0.2, 0), (0.6, 500_000), (0.92, 400_000)] {
            clock.advance(by: .seconds(seconds))
            let admitted = (0..<2_000).count { _ in breaker.admits() }
            // Five standard deviations of a binomial count of 2,000.
            #expect(abs(Double(admitted) / 2_000 - share) < 5 * (share * (1 - share) / 2_000).squareRoot())
        }
    }
}
