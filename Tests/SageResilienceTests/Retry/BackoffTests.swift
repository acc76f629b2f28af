import SageTesting
import Testing

@testable import SageResilience

struct BackoffTests {
    private func seconds(
        _ backoff: Backoff, _ retries: some Sequence<Int>, random: RandomSource = .constant(0.5)
    ) -> [Double] {
        retries.map { backoff.delay(beforeRetry: $0, random: random).seconds }
    }

    @Test(
        "initial delay 1 s, no jitter: the table of the documentation",
        arguments: [
            (try Backoff.fixed(.seconds(1)), [1.0, 1, 1, 1, 1]),
            (try .linear(jitter: .none), [1, 2, 3, 4, 5]),
            (try .exponential(jitter: .none), [1, 2, 4, 8, 16]),
            (try .fibonacci(jitter: .none), [1, 1, 2, 3, 5]),
            (try .exponential(multiplier: 1.5, jitter: .none), [1, 1.5, 2.25, 3.375, 5.0625]),
            (try .exponential(multiplier: 1, jitter: .none), [1, 1, 1, 1, 1]),
            (try .custom { retry, _ in .seconds(10 * retry) }, [10, 20, 30, 40, 50]),
            (.none, [0, 0, 0, 0, 0]),
        ] as [(Backoff, [Double])])
    func table(backoff: Backoff, expected: [Double]) {
        #expect(seconds(backoff, 1...5) == expected)
    }

    @Test func theFibonacciNumbersGoOn() throws {
        let backoff = try Backoff.fibonacci(maxDelay: .seconds(1_000), jitter: .none)
        #expect(seconds(backoff, 6...17) == [8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1_000])
    }

    @Test func aNumberBelowOneCountsAsOne() throws {
        #expect(seconds(try .exponential(jitter: .none), [0, -1, .min]) == [1, 1, 1])
        #expect(seconds(try .linear(jitter: .none), [0, -1, .min]) == [1, 1, 1])
        #expect(seconds(try .fibonacci(jitter: .none), [0, -1, .min]) == [1, 1, 1])
    }

    @Test("Polly: 25 % of jitter around a constant second")
    func proportionalJitterAroundAConstant() throws {
        let backoff = try Backoff.fixed(.seconds(1), jitter: .proportional(0.25))
        let delays = [0.0, 0.4, 0.6, 1].map { seconds(backoff, [1], random: .constant($0))[0] }
        #expect(delays == [0.75, 0.95, 1.05, 1.25])
        #expect(backoff.maxDelay == .seconds(1.25))
    }

    @Test("Polly: 25 % of jitter, linear, third delay")
    func proportionalJitterOfALinearDelay() throws {
        let backoff = try Backoff.linear(jitter: .proportional(0.25))
        let delays = [0.0, 0.4, 0.6, 1].map { seconds(backoff, [3], random: .constant($0))[0] }
        #expect(delays == [2.25, 2.85, 3.15, 3.75])
    }

    @Test("Polly: exponential with base a day reaches the maximum and stays there")
    func exponentialStopsAtTheMaximum() throws {
        let day = Duration.seconds(86_400)
        let (bare, spread) = (
            try Backoff.exponential(initialDelay: day, maxDelay: day * 7, jitter: .none),
            try Backoff.exponential(initialDelay: day, maxDelay: day * 7, jitter: .full)
        )
        #expect(bare.delay(beforeRetry: 1_000) == day * 7)
        let random = RandomSource.seeded(1)
        for retry in [1, 2, 3, 4, 10, 100, 1_000, 1_024, 1_025] {
            for _ in 0..<100 {
                let delay = spread.delay(beforeRetry: retry, random: random)
                #expect(delay > .zero && delay <= day * 7)
            }
        }
    }

    @Test("tenacity: exponential up to 40")
    func exponentialWithACap() throws {
        let backoff = try Backoff.exponential(maxDelay: .seconds(40), jitter: .none)
        #expect(seconds(backoff, [1, 2, 3, 4, 5, 6, 7, 8, 50]) == [1, 2, 4, 8, 16, 32, 40, 40, 40])
    }

    @Test("tenacity: a multiplier of 1e300 and a tiny maximum", arguments: [2, 3, 10, 1_000, .max])
    func anEnormousMultiplier(retry: Int) throws {
        let backoff = try Backoff.exponential(multiplier: 1e300, maxDelay: .nanoseconds(7), jitter: .none)
        #expect(backoff.delay(beforeRetry: retry) == .nanoseconds(7))
    }

    @Test("tenacity: means of full jitter", arguments: zip(1...8, [0.25, 0.5, 1, 2, 4, 8, 16, 30]))
    func meansOfFullJitter(retry: Int, mean: Double) throws {
        let backoff = try Backoff.exponential(initialDelay: .milliseconds(500), maxDelay: .seconds(60), jitter: .full)
        let random = RandomSource.seeded(UInt64(retry))
        let delays = (0..<4_000).map { _ in backoff.delay(beforeRetry: retry, random: random).seconds }
        #expect(abs(delays.reduce(0, +) / 4_000 - mean) < 0.08 * mean)
        #expect(delays.allSatisfy { $0 >= 0 && $0 < 2 * mean })
    }

    @Test("resilience4j: 100 ms doubled up to 100 s")
    func exponentialInMilliseconds() throws {
        let backoff = try Backoff.exponential(
            initialDelay: .milliseconds(100), maxDelay: .seconds(100), jitter: .none)
        #expect(seconds(backoff, [1, 2, 10, 11, 12, 13]) == [0.1, 0.2, 51.2, 100, 100, 100])
    }

    @Test(
        "jitter stays within its formula",
        arguments: [
            (Jitter.none, 8.0, 8.0, 8.0), (.full, 0, 4, 8), (.equal, 4, 6, 8), (.proportional(0.25), 6, 8, 10),
            (.wide, 4, 8, 12), (.proportional(0), 8, 8, 8), (.proportional(1), 0, 8, 16),
        ])
    func jitterFormulas(jitter: Jitter, lowest: Double, middle: Double, highest: Double) throws {
        let backoff = try Backoff.exponential(jitter: jitter)
        let delays = [0.0, 0.5, 1].map { seconds(backoff, [4], random: .constant($0))[0] }
        #expect(delays == [lowest, middle, highest])
    }

    @Test("capped clients spread, and below the maximum unless asked", arguments: [Jitter.wide, .proportional(1)])
    func jitterExceedsTheMaximumOnlyWhenAsked(jitter: Jitter) throws {
        let backoff = try Backoff.exponential(maxDelay: .seconds(10), jitter: jitter)
        let random = RandomSource.seeded(3)
        let delays = Set((0..<200).map { _ in seconds(backoff, [20], random: random)[0] })
        #expect(delays.allSatisfy { $0 <= 10 })
        #expect(delays.count > 150, "still spread")
        let asked = backoff.allowingJitterBeyondMaximum()
        #expect(seconds(asked, [20], random: .constant(1))[0] == (jitter == .wide ? 15 : 20))
        #expect(asked.maxDelay == .seconds(10))
    }

    @Test func decorrelatedStaysBetweenTheBaseAndThreeTimesThePrevious() throws {
        let backoff = try Backoff.decorrelated(maxDelay: .seconds(20))
        let random = RandomSource.seeded(9)
        var previous: Duration?
        for retry in 1...500 {
            let delay = backoff.delay(beforeRetry: retry, previous: previous, random: random)
            let upper = min(.seconds(20), (previous ?? .seconds(1)) * 3)
            #expect(delay >= .seconds(1) && delay <= upper)
            previous = delay
        }
        let steps = [0.0, 0.5, 1].map { backoff.delay(beforeRetry: 2, previous: .seconds(2), random: .constant($0)) }
        #expect(steps == [.seconds(1), .seconds(3.5), .seconds(6)])
        #expect(backoff.delay(beforeRetry: 1, random: .constant(1)) == .seconds(3))
    }
}
