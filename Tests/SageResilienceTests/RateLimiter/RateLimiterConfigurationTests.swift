import SageResilience
import SageTesting
import Testing

struct RateLimiterConfigurationTests {
    static let invalid: [(RateLimiterConfiguration.Algorithm, Duration, Int, String)] = [
        (.slidingWindow(limit: 0, per: .seconds(1)), .zero, 0, "limit"),
        (.slidingWindow(limit: .min, per: .seconds(1)), .zero, 0, "limit"),
        (.slidingWindow(limit: 1, per: .zero), .zero, 0, "per"),
        (.tokenBucket(capacity: 0, refillInterval: .seconds(1)), .zero, 0, "capacity"),
        (.tokenBucket(capacity: 1, refillInterval: .seconds(-1)), .zero, 0, "refillInterval"),
        (.tokenBucket(capacity: 1, refillInterval: .seconds(1)), .seconds(-1), 0, "maxWait"),
        (.tokenBucket(capacity: 1, refillInterval: .seconds(1)), .zero, -1, "maxQueued"),
    ]

    @Test(arguments: invalid.indices)
    func aValueOutOfRangeIsNamed(index: Int) {
        let (algorithm, maxWait, maxQueued, field) = Self.invalid[index]
        let error = #expect(throws: ConfigurationError.self) {
            try RateLimiterConfiguration(algorithm, maxWait: maxWait, maxQueued: maxQueued)
        }
        #expect(error?.field == field)
    }

    @Test func theLongestHintIsNotNegative() {
        let error = #expect(throws: ConfigurationError.self) {
            try RateLimiterConfiguration(.slidingWindow(limit: 1, per: .seconds(1)), maxServerHint: .seconds(-1))
        }
        #expect(error?.field == "maxServerHint")
    }

    @Test func aRateBecomesTheTimeOfOnePermitRoundedUp() throws {
        let sevenths = try RateLimiterConfiguration.tokenBucket(limit: 7, per: .seconds(1))
        #expect(sevenths.algorithm == .tokenBucket(capacity: 7, refillInterval: .nanoseconds(142_857_143)))
        let highest = try RateLimiterConfiguration.tokenBucket(limit: .max, per: .nanoseconds(1), burst: 3)
        #expect(highest.algorithm == .tokenBucket(capacity: 3, refillInterval: .nanoseconds(1)))
        let error = #expect(throws: ConfigurationError.self) {
            try RateLimiterConfiguration.tokenBucket(limit: 1, per: .seconds(1), burst: 0)
        }
        #expect(error?.field == "burst")
    }

    @Test(arguments: [(RateLimiterConfiguration.anthropic, 60), (.openAI, 100), (.google, 30)])
    func aPresetAdmitsItsCallsAMinute(configuration: RateLimiterConfiguration, limit: Int) {
        let clock = TestClock()
        let limiter = RateLimiter("preset", configuration, clock: clock)
        for _ in 0..<limit { #expect(limiter.tryAcquire()) }
        #expect(!limiter.tryAcquire())
        clock.advance(by: .seconds(60))
        #expect(limiter.tryAcquire(limit))
    }

    @Test func enormousValuesDoNotTrap() throws {
        let huge = Duration.seconds(Int64.max)
        for limiter in [
            try RateLimiter.slidingWindow(limit: .max, per: huge, maxWait: huge, maxQueued: .max),
            try RateLimiter.tokenBucket(capacity: .max, refillInterval: huge, maxWait: huge, maxQueued: .max),
            try RateLimiter.tokenBucket(limit: .max, per: huge, burst: .max),
        ] {
            #expect(limiter.tryAcquire())
            _ = limiter.tryAcquire(.max)
            limiter.pause(for: huge)
            #expect(!limiter.tryAcquire())
            #expect(limiter.snapshot().retryAfter != nil)
        }
    }
}
