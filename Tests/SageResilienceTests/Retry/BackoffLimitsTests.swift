import SageTesting
import Testing

@testable import SageResilience

/// Numbers that nobody should pass, and what they lead to: an error or a bounded delay, never a trap.
struct BackoffLimitsTests {
    typealias Make = @Sendable () throws -> Backoff

    static let huge = Duration(attoseconds: .max)

    static let refused: [(field: String, value: String, make: Make)] = [
        ("delay", "-1.0 seconds", { try .fixed(.seconds(-1)) }),
        ("initialDelay", "-1.0 seconds", { try .linear(initialDelay: .seconds(-1)) }),
        ("initialDelay", "-1.0 seconds", { try .exponential(initialDelay: .seconds(-1)) }),
        ("initialDelay", "-1.0 seconds", { try .fibonacci(initialDelay: .seconds(-1)) }),
        ("baseDelay", "-1.0 seconds", { try .decorrelated(baseDelay: .seconds(-1)) }),
        ("maxDelay", "-1.0 seconds", { try .exponential(maxDelay: .seconds(-1)) }),
        ("maxDelay", "-1.0 seconds", { try .custom(maxDelay: .seconds(-1)) { _, _ in .zero } }),
        ("multiplier", "0.5", { try .exponential(multiplier: 0.5) }),
        ("multiplier", "-2.0", { try .exponential(multiplier: -2) }),
        ("multiplier", "nan", { try .exponential(multiplier: .nan) }),
        ("multiplier", "inf", { try .exponential(multiplier: .infinity) }),
        ("jitter", "1.1", { try .fixed(.seconds(1), jitter: .proportional(1.1)) }),
        ("jitter", "-0.1", { try .exponential(jitter: .proportional(-0.1)) }),
        ("jitter", "nan", { try .fixed(.seconds(1), jitter: .proportional(.nan)) }),
        ("jitter", "inf", { try .linear(jitter: .proportional(.infinity)) }),
    ]

    @Test("resilience4j: a factor outside its range is an error that names it", arguments: refused.indices)
    func refusesByNameAndValue(index: Int) {
        let (field, value, make) = Self.refused[index]
        let error = #expect(throws: ConfigurationError.self) { _ = try make() }
        #expect(error?.field == field)
        #expect(error?.value == value)
        #expect(error?.allowed.isEmpty == false)
    }

    static let extremes: [Make] = [
        { try .fixed(huge, jitter: .wide) },
        { try .fixed(.nanoseconds(Int64.max), jitter: .proportional(1)) },
        { try .linear(initialDelay: huge, maxDelay: huge) },
        { try .exponential(initialDelay: .nanoseconds(1), multiplier: 1e300, maxDelay: huge) },
        { try .exponential(initialDelay: huge, multiplier: .greatestFiniteMagnitude, maxDelay: huge, jitter: .wide) },
        { try .exponential(initialDelay: .zero, multiplier: .greatestFiniteMagnitude, maxDelay: huge) },
        { try .exponential(multiplier: 1.000_000_001, maxDelay: huge) },
        { try .fibonacci(initialDelay: huge, maxDelay: huge) },
        { try .fibonacci(initialDelay: .zero, maxDelay: huge) },
        { try .fibonacci(initialDelay: .nanoseconds(1), maxDelay: huge) },
        { try .decorrelated(baseDelay: huge, maxDelay: huge) },
        { try .decorrelated(baseDelay: .seconds(1), maxDelay: huge) },
        { try .custom(maxDelay: huge) { _, _ in huge } },
        { try .custom(maxDelay: huge, jitter: .wide) { _, _ in .zero - huge } },
    ]

    @Test(arguments: extremes.indices)
    func nothingTrapsOrLeavesTheRange(index: Int) throws {
        let backoff = try Self.extremes[index]()
        for backoff in [backoff, backoff.allowingJitterBeyondMaximum()] {
            for retry in [Int.min, 0, 1, 2, 3, 64, 1_000, .max - 1, .max] {
                for previous in [nil, Duration.zero, .seconds(-5), Self.huge, .zero - Self.huge] {
                    for unit in [0, 0.5, 1] {
                        let delay = backoff.delay(beforeRetry: retry, previous: previous, random: .constant(unit))
                        #expect(delay >= .zero && delay <= .nanoseconds(Int64.max))
                    }
                }
            }
        }
    }

    @Test(
        "what a function of the user returns is limited to the range",
        arguments: [
            (Duration.seconds(-5), 0.0), (.zero, 0), (.seconds(7), 7), (.seconds(61), 60), (huge, 60),
            (.zero - huge, 0),
        ])
    func customDelays(returned: Duration, expected: Double) throws {
        let backoff = try Backoff.custom { _, _ in returned }
        #expect(backoff.delay(beforeRetry: 1).seconds == expected)
    }

    @Test func aCustomDelayIsToldTheRetryAndThePreviousDelay() throws {
        let backoff = try Backoff.custom { retry, previous in .seconds(retry) + (previous ?? .seconds(30)) }
        #expect(backoff.delay(beforeRetry: 2) == .seconds(32))
        #expect(backoff.delay(beforeRetry: 2, previous: .seconds(4)) == .seconds(6))
    }

    @Test func zeroStaysZero() throws {
        for backoff in [
            try Backoff.exponential(initialDelay: .zero), try .linear(initialDelay: .zero),
            try .fibonacci(initialDelay: .zero), try .exponential(maxDelay: .zero), try .fixed(.zero, jitter: .wide),
        ] {
            for retry in [1, 2, 100, Int.max] { #expect(backoff.delay(beforeRetry: retry) == .zero) }
        }
    }
}
