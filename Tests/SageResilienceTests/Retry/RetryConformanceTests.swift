import SageTesting
import Testing

@testable import SageResilience

/// The cases that other libraries publish about retries, backoff and budgets.
struct RetryConformanceTests {
    private typealias Machine = RetryPolicy.StateMachine

    @Test(
        "case 22, Polly: 25 % of jitter around a constant second, and around the third linear delay",
        arguments: [
            (unit: 0.0, constant: 0.75, linear: 2.25), (0.4, 0.95, 2.85), (0.6, 1.05, 3.15), (1, 1.25, 3.75),
        ])
    func proportionalJitter(unit: Double, constant: Double, linear: Double) throws {
        let fixed = try Backoff.fixed(.seconds(1), jitter: .proportional(0.25))
        #expect(fixed.delay(beforeRetry: 1, random: .constant(unit)).seconds == constant)
        let growing = try Backoff.linear(jitter: .proportional(0.25))
        #expect(growing.delay(beforeRetry: 3, random: .constant(unit)).seconds == linear)
    }

    @Test(
        "case 23, Polly: exponential with a base of a day stays within the maximum",
        arguments: [1, 2, 3, 4, 10, 100, 1_000, 1_024, 1_025])
    func enormousExponents(retry: Int) throws {
        let day = Duration.seconds(86_400)
        let random = RandomSource.seeded(UInt64(retry))
        let spread = try Backoff.exponential(initialDelay: day, maxDelay: day * 7)
        for _ in 0..<100 {
            let delay = spread.delay(beforeRetry: retry, random: random)
            #expect(delay > .zero && delay <= day * 7)
        }
        let bare = try Backoff.exponential(initialDelay: day, maxDelay: day * 7, jitter: .none)
        #expect(bare.delay(beforeRetry: retry) == (retry > 3 ? day * 7 : day * (1 << (retry - 1))))
    }

    @Test(
        "case 25, tenacity: exponential up to 40 s; and a multiplier of 1e300 with a tiny maximum",
        arguments: zip([1, 2, 3, 4, 5, 6, 7, 8, 50], [1.0, 2, 4, 8, 16, 32, 40, 40, 40]))
    func exponentialWithAMaximum(retry: Int, seconds: Double) throws {
        let backoff = try Backoff.exponential(maxDelay: .seconds(40), jitter: .none)
        #expect(backoff.delay(beforeRetry: retry).seconds == seconds)
        let enormous = try Backoff.exponential(multiplier: 1e300, maxDelay: .nanoseconds(7), jitter: .none)
        #expect(enormous.delay(beforeRetry: retry) == .nanoseconds(7))
    }

    @Test(
        "case 26, tenacity: means of full jitter from 0.5 s up to 60 s, over 4,000",
        arguments: zip(1...8, [0.25, 0.5, 1, 2, 4, 8, 16, 30]))
    func meansOfFullJitter(retry: Int, mean: Double) throws {
        let backoff = try Backoff.exponential(initialDelay: .milliseconds(500), maxDelay: .seconds(60))
        let random = RandomSource.seeded(UInt64(retry) * 31)
        let sum = (0..<4_000).reduce(0.0) { sum, _ in sum + backoff.delay(beforeRetry: retry, random: random).seconds }
        #expect(abs(sum / 4_000 - mean) < 0.08 * mean)
    }

    @Test(
        "case 27, resilience4j: 100 ms doubled up to 100 s",
        arguments: [(1, 0.1), (2, 0.2), (10, 51.2), (11, 100), (12, 100), (13, 100)])
    func doubledMilliseconds(retry: Int, seconds: Double) throws {
        let backoff = try Backoff.exponential(
            initialDelay: .milliseconds(100), maxDelay: .seconds(100), jitter: .none)
        #expect(backoff.delay(beforeRetry: retry).seconds == seconds)
    }

    @Test("case 27, resilience4j: a factor outside 0 to 1 is an error", arguments: [-0.1, 1.1, .nan, .infinity])
    func randomizationFactor(factor: Double) {
        #expect(throws: ConfigurationError.self) { try Backoff.exponential(jitter: .proportional(factor)) }
    }

    private func decide(_ hint: ServerHint?, maxServerHint: Duration) throws -> Machine.Decision {
        var machine = Machine(
            try RetryConfiguration(backoff: .fixed(.milliseconds(500)), maxServerHint: maxServerHint), startedAt: .zero)
        return machine.decide(
            Machine.Failure(
                ErrorClassification(.rateLimited, hint: hint), isRejection: false, isCallerCancelled: false),
            now: .zero, random: .constant(0), reserve: { true }, release: {})
    }

    @Test(
        "case 33, openai-python: a hint up to 120 s is waited for, a longer one ends the retry",
        arguments: [
            (20, 20), (120, 120), (121, nil), (120.001, nil), (0, 0.5), (-10, 0.5), (1e300, nil),
        ] as [(Double, Double?)])
    func hints(hint: Double, waited: Double?) throws {
        let wait = hint > 1e9 ? BackoffLimitsTests.huge : Duration.seconds(hint)
        let expected = waited.map { Machine.Decision.retry(afterNanoseconds: .seconds($0)) }
        #expect(try decide(.wait(wait), maxServerHint: .seconds(120)) == expected ?? .stop(.hintExceedsMaximum))
    }

    @Test(
        "case 34, gRPC: of ten tokens, four failures are retried and the fifth is not",
        arguments: [(1, 9, true), (2, 8, true), (3, 7, true), (4, 6, true), (5, 5, false), (9, 1, false)])
    func tokens(failures: Int, tokens: Double, isRetried: Bool) throws {
        let budget = try RetryBudget.tokenBucket(maximum: 10, ratio: 0.1)
        for _ in 0..<failures { budget.recordFailure(of: ErrorClassification(.transient)) }
        #expect(budget.snapshot().tokens == tokens)
        #expect(budget.beginRetry() == isRetried)
    }

    @Test("case 34, gRPC: from nothing, successes give back tenths", arguments: zip(1...3, [0.1, 0.2, 0.3]))
    func tokensComeBack(successes: Int, tokens: Double) throws {
        let budget = try RetryBudget.tokenBucket(maximum: 10, ratio: 0.1)
        for _ in 0..<12 { budget.recordFailure(of: ErrorClassification(.transient)) }
        #expect(budget.snapshot().tokens == 0, "never below nothing")
        for _ in 0..<successes { budget.recordSuccess() }
        #expect(budget.snapshot().tokens == tokens)
        for _ in 0..<200 { budget.recordSuccess() }
        #expect(budget.snapshot().tokens == 10, "never above full")
    }

    @Test(
        "case 35, gRPC A6: a push-back is waited for exactly, and a negative one ends the retry",
        arguments: [(0, 0), (1, 1), (5_000, 5_000), (60_000, 60_000), (60_001, nil), (-1, nil)] as [(Int, Int?)])
    func pushBack(milliseconds: Int, waited: Int?) throws {
        let decision = try decide(.pushBack(.milliseconds(milliseconds)), maxServerHint: .seconds(60))
        let ending = Machine.Decision.stop(milliseconds < 0 ? .serverSaysStop : .hintExceedsMaximum)
        #expect(decision == waited.map { .retry(afterNanoseconds: Int64($0) * 1_000_000) } ?? ending)
    }

    @Test("case 35, gRPC A6: after a push-back the backoff begins again", arguments: [0, 1, 2, 3])
    func theBackoffBeginsAgain(before: Int) throws {
        var machine = Machine(
            try RetryConfiguration(maxAttempts: 20, backoff: .exponential(jitter: .none)), startedAt: .zero)
        func delay(_ hint: ServerHint?) -> Machine.Decision {
            machine.decide(
                Machine.Failure(
                    ErrorClassification(.transient, hint: hint), isRejection: false, isCallerCancelled: false),
                now: .zero, random: .constant(0.5), reserve: { true }, release: {})
        }
        for number in 0..<before { #expect(delay(nil) == .retry(afterNanoseconds: .seconds(Double(1 << number)))) }
        #expect(delay(.pushBack(.milliseconds(77))) == .retry(afterNanoseconds: 77_000_000))
        #expect(delay(nil) == .retry(afterNanoseconds: .seconds(1)))
        #expect(delay(nil) == .retry(afterNanoseconds: .seconds(2)))
    }

    @Test(
        "case 37, Finagle: what 10,000 deposits allow",
        arguments: [(0.1, 1_000), (0.25, 2_500), (0.5, 5_000), (0.75, 7_500), (0, 0), (1, 10_000), (1.0 / 3, 3_333)]
            as [(Double, Int)])
    func deposits(ratio: Double, withdrawals: Int) throws {
        let budget = try RetryBudget.deposits(ratio: ratio, minRetriesPerSecond: 0, clock: TestClock())
        for _ in 0..<10_000 { budget.beginCall() }
        var begun = 0
        while begun < 20_000, budget.beginRetry() { begun += 1 }
        #expect(abs(begun - withdrawals) <= 1)
    }

    @Test(
        "case 39, Envoy and failsafe-go: 20 % of the active calls, and at least 3",
        arguments: [(25, 5), (2, 3), (0, 3), (100, 20)])
    func share(active: Int, retries: Int) throws {
        let budget = try RetryBudget(ratio: 0.2, floor: 3)
        for _ in 0..<active { budget.beginCall() }
        #expect(budget.snapshot().availableRetries == retries)
        for _ in 0..<retries { #expect(budget.beginRetry()) }
        #expect(!budget.beginRetry())
        #expect(budget.snapshot().availableRetries == 0)
    }
}
