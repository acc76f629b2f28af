import SageTesting
import Testing

@testable import SageResilience

struct LimitAlgorithmTests {
    private static let milliseconds = 1_000_000.0

    /// Case 43; concurrency-limits' AIMDLimitTest.
    @Test(
        arguments: [
            ("increase on success", 20, LimitSample(inFlight: 10), 21),
            ("full use", 20, LimitSample(inFlight: 20), 21),
            ("decrease on drop", 30, LimitSample(inFlight: 0, didDrop: true), 27),
            ("app-limited", 20, LimitSample(inFlight: 9), 20),
            ("app-limited by half a call", 21, LimitSample(inFlight: 10), 21),
            ("not above the maximum", 200, LimitSample(inFlight: 200), 200),
            ("not below the minimum", 2, LimitSample(inFlight: 2, didDrop: true), 2),
            ("a small limit comes down by one at least", 5, LimitSample(inFlight: 5, didDrop: true), 4),
        ] as [(Comment, Int, LimitSample, Int)])
    func aimd(rule: Comment, limit: Int, sample: LimitSample, expected: Int) {
        var algorithm = AIMDLimit(limit: limit, range: 2...200, backoffRatio: 0.9)
        algorithm.update(sample)
        #expect(algorithm.limit == expected, rule)
    }

    private func gradient(
        _ limit: Int = 20, range: ClosedRange<Int> = 1...200, relearnInterval: Int? = nil, smoothing: Double = 0.2
    ) throws -> GradientLimit {
        GradientLimit(
            limit: limit, range: range, rules: try .init(smoothing: smoothing, relearnInterval: relearnInterval))
    }

    /// Windows of one average duration in milliseconds, with the whole limit in use.
    private func play(_ limit: inout GradientLimit, _ duration: Double, windows: Int) {
        for _ in 0..<windows {
            limit.update(LimitSample(inFlight: limit.limit, duration: duration * Self.milliseconds))
        }
    }

    @Test func gradientGrowsWhileNothingIsSlow() throws {
        var limit = try gradient()
        play(&limit, 10, windows: 1)
        #expect(limit.estimate == 20 + 0.2 * 4)
        play(&limit, 10, windows: 9)
        #expect(abs(limit.estimate - 28) < 1e-9)
        play(&limit, 14, windows: 5)
        #expect(abs(limit.estimate - 32) < 1e-9, "within the tolerance")
        play(&limit, 10, windows: 1_000)
        #expect(limit.limit == 200)
    }

    @Test func gradientComesDownWhenCallsTakeLonger() throws {
        var limit = try gradient(100)
        play(&limit, 10, windows: 50)
        let before = limit.estimate
        limit.update(LimitSample(inFlight: limit.limit, duration: 20 * Self.milliseconds))
        let long = 10 + 10 * 2.0 / 601
        #expect(abs(limit.estimate - (before * 0.8 + (before * 1.5 * long / 20 + 4) * 0.2)) < 1e-6)
        let slow = limit.estimate
        limit.update(LimitSample(inFlight: limit.limit, duration: 10_000 * Self.milliseconds))
        #expect(limit.estimate == slow * 0.8 + (slow * 0.5 + 4) * 0.2, "never by more than half before smoothing")
        play(&limit, 10_000, windows: 20)
        #expect(limit.limit < 30)
    }

    @Test func gradientDoesNotGrowWhileTheLimitIsNotUsed() throws {
        var limit = try gradient()
        for _ in 0..<10 { limit.update(LimitSample(inFlight: 9, duration: 10 * Self.milliseconds)) }
        #expect(limit.limit == 20)
        #expect(limit.longDuration == 10 * Self.milliseconds, "yet it learns how long calls take")
    }

    /// concurrency-limits #137: calls that all time out take equally long, and the limit grew to its maximum.
    @Test func gradientTakesTimeoutsForDrops() throws {
        var limit = try gradient(100)
        play(&limit, 10, windows: 1)
        let before = limit.estimate
        limit.update(LimitSample(inFlight: 100, didDrop: true))
        #expect(limit.estimate == before * 0.9)
        for _ in 0..<100 { limit.update(LimitSample(inFlight: 100, didDrop: true)) }
        #expect(limit.limit == 1)
    }

    @Test func gradientForgetsSlownessFasterThanItLearnedIt() throws {
        var limit = try gradient(100)
        play(&limit, 100, windows: 50)
        play(&limit, 10, windows: 1)
        let expected = (100 - 90 * 2.0 / 601) * 0.95
        #expect(abs(try #require(limit.longDuration) / Self.milliseconds - expected) < 1e-6)
        play(&limit, 10, windows: 40)
        #expect(try #require(limit.longDuration) / Self.milliseconds < 20.1)
    }

    /// concurrency-limits #134: under a service that slows down little by little the limit drifted upwards.
    @Test func gradientLearnsTheShortestDurationAnew() throws {
        var limit = try gradient(40, relearnInterval: 5)
        play(&limit, 10, windows: 4)
        #expect(!limit.isRelearning)
        play(&limit, 20, windows: 1)
        let before = try #require(limit.limitBeforeRelearning)
        #expect(limit.estimate == before / 2)
        play(&limit, 12, windows: 1)
        #expect(limit.longDuration == 12 * Self.milliseconds)
        #expect(limit.estimate == before)
        #expect(!limit.isRelearning)
        play(&limit, 10, windows: 5)
        #expect(limit.isRelearning)
        let again = try #require(limit.limitBeforeRelearning)
        limit.update(LimitSample(inFlight: 20, didDrop: true))
        #expect(limit.estimate == again * 0.9, "a drop ends it")
        #expect(!limit.isRelearning)
    }

    @Test func atItsMinimumGradientHasNothingToHalve() throws {
        var limit = try gradient(1, range: 1...1, relearnInterval: 1)
        play(&limit, 10, windows: 3)
        #expect(!limit.isRelearning)
        #expect(limit.limit == 1)
    }

    @Test(arguments: [0, -1, Double.nan, .infinity, -Double.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude])
    func noDurationBreaksTheGradient(duration: Double) throws {
        var limit = try gradient(20, relearnInterval: 3)
        for _ in 0..<10 {
            limit.update(LimitSample(inFlight: 20, duration: duration))
            limit.update(LimitSample(inFlight: .max / 4, duration: 1_000))
        }
        #expect((1...200).contains(limit.limit))
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func theLimitStaysInItsRange(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var aimd = AIMDLimit(limit: 10, range: 3...17, backoffRatio: 0.5)
        var gradient = try gradient(10, range: 3...17, relearnInterval: 4)
        for _ in 0..<500 {
            let sample = LimitSample(
                inFlight: .random(in: 0...30, using: &random), duration: .random(in: 0...1e12, using: &random),
                didDrop: .random(using: &random))
            aimd.update(sample)
            gradient.update(sample)
            #expect((3...17).contains(aimd.limit))
            #expect((3...17).contains(gradient.limit))
        }
    }

    @Test func callsThatFailTogetherLowerTheLimitOnce() throws {
        var machine = AdaptiveLimiter.StateMachine(try AdaptiveLimiterConfiguration(initialLimit: 30))
        for _ in 0..<10 { machine.drop(generation: 0, inFlight: 30) }
        #expect(machine.limit == 27)
        #expect(machine.drops == 10)
        machine.drop(generation: machine.generation, inFlight: 27)
        #expect(machine.limit == 24)
    }
}
