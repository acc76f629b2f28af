import SageTesting
import Testing

@testable import SageResilience

/// Numbers that nobody should pass, in every field of every configuration: refused by the field's name, or borne.
@Suite(.timeLimit(.minutes(1)))
struct ConfigurationSweepTests {
    /// One field; the closure builds what it belongs to with the value, and uses it.
    struct Field<Value: Sendable>: Sendable, CustomTestStringConvertible {
        let owner: String
        let name: String
        let use: @Sendable (Value) async throws -> Void

        init(_ owner: String, _ name: String, _ use: @escaping @Sendable (Value) async throws -> Void) {
            self.owner = owner
            self.name = name
            self.use = use
        }

        var testDescription: String { "\(owner).\(name)" }
    }

    private func isBorne<Value>(_ value: Value, by field: Field<Value>) async throws -> Bool {
        do {
            try await field.use(value)
            return true
        } catch let error as ConfigurationError {
            #expect(error.field == field.name)
            #expect(error.value == "\(value)")
            #expect(!error.allowed.isEmpty)
            return false
        }
    }

    // MARK: Numbers

    static let numbers: [Field<Double>] = [
        Field("CircuitBreaker", "failureRate") { use(try CircuitBreakerConfiguration(failureRate: $0)) },
        Field("CircuitBreaker", "slowCallRate") {
            use(try CircuitBreakerConfiguration(slowCallDuration: .zero, slowCallRate: $0))
        },
        Field("CircuitBreaker", "recoveryJitter") { use(try CircuitBreakerConfiguration(recoveryJitter: $0)) },
        Field("CircuitBreaker", "recoveryMultiplier") { use(try CircuitBreakerConfiguration(recoveryMultiplier: $0)) },
        Field("CircuitBreaker", "halfOpenFailureRate") {
            use(try CircuitBreakerConfiguration(halfOpenFailureRate: $0))
        },
        Field("CircuitBreaker", "ramp.initialShare") {
            use(try CircuitBreakerConfiguration(ramp: .init(over: .seconds(1), from: $0)))
        },
        Field("CircuitBreaker", "adaptiveThreshold.deviations") {
            use(try CircuitBreakerConfiguration(adaptiveThreshold: .init(deviations: $0)))
        },
        Field("CircuitBreaker", "adaptiveThreshold.floor") {
            use(try CircuitBreakerConfiguration(adaptiveThreshold: .init(floor: $0)))
        },
        Field("CircuitBreaker", "successRateThreshold") {
            use(try CircuitBreakerConfiguration(failureThreshold: 1, successRateThreshold: $0))
        },
        Field("Backoff", "multiplier") { use(try Backoff.exponential(multiplier: $0)) },
        Field("Backoff", "jitter") { use(try Backoff.linear(jitter: .proportional($0))) },
        Field("RetryBudget", "ratio") { use(try RetryBudget(ratio: $0)) },
        Field("RetryBudget.tokenBucket", "ratio") { use(try RetryBudget.tokenBucket(ratio: $0)) },
        Field("RetryBudget.deposits", "ratio") { use(try RetryBudget.deposits(ratio: $0, clock: TestClock())) },
        Field("Hedge", "share") { try await use(try HedgeConfiguration(delay: .percentile($0))) },
        Field("ClientThrottle", "acceptsMultiplier") { use(try ClientThrottleConfiguration(acceptsMultiplier: $0)) },
        Field("ClientThrottle", "maxRejectionProbability") {
            use(try ClientThrottleConfiguration(maxRejectionProbability: $0))
        },
        Field("ClientThrottle", "failureRate") { use(try ClientThrottleConfiguration(failureRate: $0)) },
        Field("AdaptiveLimiter", "backoffRatio") { use(try AdaptiveLimiterConfiguration(.aimd(backoffRatio: $0))) },
        Field("AdaptiveLimiter", "partitions[a]") { use(try AdaptiveLimiterConfiguration(partitions: ["a": $0])) },
        Field("AdaptiveLimiter.Gradient", "tolerance") { try use(.init(tolerance: $0)) },
        Field("AdaptiveLimiter.Gradient", "smoothing") { try use(.init(smoothing: $0)) },
        Field("AdaptiveLimiter.Gradient", "backoffRatio") { try use(.init(backoffRatio: $0)) },
        Field("AdaptiveRateLimiter", "beta") { use(try AdaptiveRateLimiterConfiguration(beta: $0)) },
        Field("AdaptiveRateLimiter", "scale") { use(try AdaptiveRateLimiterConfiguration(scale: $0)) },
        Field("AdaptiveRateLimiter", "smoothing") { use(try AdaptiveRateLimiterConfiguration(smoothing: $0)) },
        Field("AdaptiveRateLimiter", "minimumRate") { use(try AdaptiveRateLimiterConfiguration(minimumRate: $0)) },
    ]

    /// No field takes what is below nothing, endless or no number at all.
    @Test(arguments: numbers)
    func numbersAreRefusedOrBorne(field: Field<Double>) async throws {
        for value: Double in [
            Double.nan, .infinity, -.infinity, -1, -.greatestFiniteMagnitude, -.leastNonzeroMagnitude, -0.0, 0,
            .leastNonzeroMagnitude, 1, 2, .greatestFiniteMagnitude,
        ] {
            let isBorne = try await isBorne(value, by: field)
            if !value.isFinite || value < 0 { #expect(!isBorne, "\(value)") }
        }
    }

    // MARK: Counts

    static let counts: [Field<Int>] = [
        Field("CircuitBreaker", "window") { use(try CircuitBreakerConfiguration(window: .calls($0))) },
        Field("CircuitBreaker", "window.buckets") {
            use(try CircuitBreakerConfiguration(window: .time(.seconds(1), buckets: $0)))
        },
        Field("CircuitBreaker", "minimumCalls") { use(try CircuitBreakerConfiguration(minimumCalls: $0)) },
        Field("CircuitBreaker", "failureCount") { use(try CircuitBreakerConfiguration(failureCount: $0)) },
        Field("CircuitBreaker", "consecutiveFailures") {
            use(try CircuitBreakerConfiguration(consecutiveFailures: $0))
        },
        Field("CircuitBreaker", "halfOpenMaxCalls") {
            use(try CircuitBreakerConfiguration(halfOpenMaxCalls: $0, successesToClose: 1))
        },
        Field("CircuitBreaker", "successesToClose") { use(try CircuitBreakerConfiguration(successesToClose: $0)) },
        Field("CircuitBreaker", "halfOpenMaxQueued") { use(try CircuitBreakerConfiguration(halfOpenMaxQueued: $0)) },
        Field("CircuitBreaker", "adaptiveThreshold.memory") {
            use(try CircuitBreakerConfiguration(adaptiveThreshold: .init(memory: $0)))
        },
        Field("CircuitBreaker", "failureThreshold") { use(try CircuitBreakerConfiguration(failureThreshold: $0)) },
        Field("Retry", "maxAttempts") { try await use(RetryConfiguration(maxAttempts: $0, backoff: .none)) },
        Field("Retry", "maxUnknownRetries") {
            try await use(RetryConfiguration(backoff: .none, maxUnknownRetries: $0))
        },
        Field("Retry", "maxRetries") { _ = try RetryPolicy.fixed(maxRetries: $0) },
        Field("ClassBackoffs.Schedule", "maxRetries") { _ = try ClassBackoffs.Schedule(.none, maxRetries: $0) },
        Field("RetryBudget", "floor") { use(try RetryBudget(floor: $0)) },
        Field("RetryBudget.tokenBucket", "maximum") { use(try RetryBudget.tokenBucket(maximum: $0)) },
        Field("RetryBudget.deposits", "minRetriesPerSecond") {
            use(try RetryBudget.deposits(minRetriesPerSecond: $0, clock: TestClock()))
        },
        Field("RateLimiter", "limit") { use(try .init(.slidingWindow(limit: $0, per: .seconds(1)))) },
        Field("RateLimiter", "capacity") { use(try .init(.tokenBucket(capacity: $0, refillInterval: .seconds(1)))) },
        Field("RateLimiter.rate", "limit") {
            use(try RateLimiterConfiguration.tokenBucket(limit: $0, per: .seconds(1)))
        },
        Field("RateLimiter.rate", "burst") {
            use(try RateLimiterConfiguration.tokenBucket(limit: 1, per: .seconds(1), burst: $0))
        },
        Field("RateLimiter.tokensPerMinute", "limit") { use(try RateLimiterConfiguration.tokensPerMinute(limit: $0)) },
        Field("RateLimiter", "maxQueued") {
            use(try .init(.slidingWindow(limit: 1, per: .seconds(1)), maxQueued: $0))
        },
        Field("KeyedRateLimiter", "capacity") {
            _ = try KeyedRateLimiter("k", .openAI, capacity: $0, clock: TestClock())
        },
        Field("Registry", "capacity") { _ = try Registry<Int>(capacity: $0) },
        Field("ResilienceRegistry", "capacity") { _ = try ResilienceRegistry(capacity: $0).circuitBreaker("a") },
        Field("Bulkhead", "limit") { try await use(try BulkheadConfiguration(limit: $0)) },
        Field("Bulkhead", "maxQueued") { try await use(try BulkheadConfiguration(limit: 1, maxQueued: $0)) },
        Field("TimeLimiter", "maxRunning") {
            try await TimeLimiter(.seconds(1), mode: .abandoning(maxRunning: $0), clock: TestClock()).execute {}
        },
        Field("Hedge", "maxHedges") { try await use(try HedgeConfiguration(delay: .fixed(.zero), maxHedges: $0)) },
        Field("Hedge", "window") {
            try await use(
                try HedgeConfiguration(
                    delay: .percentile(share: 0.5, window: $0, minimumSamples: 1, atLeast: .zero)))
        },
        Field("Hedge", "minimumSamples") {
            try await use(
                try HedgeConfiguration(
                    delay: .percentile(share: 0.5, window: 9, minimumSamples: $0, atLeast: .zero)))
        },
        Field("ClientThrottle", "buckets") { use(try ClientThrottleConfiguration(buckets: $0)) },
        Field("ClientThrottle", "minimumRequests") { use(try ClientThrottleConfiguration(minimumRequests: $0)) },
        Field("AdaptiveLimiter", "initialLimit") { use(try AdaptiveLimiterConfiguration(initialLimit: $0)) },
        Field("AdaptiveLimiter", "minLimit") { use(try AdaptiveLimiterConfiguration(minLimit: $0)) },
        Field("AdaptiveLimiter", "maxLimit") {
            use(try AdaptiveLimiterConfiguration(initialLimit: 1, maxLimit: $0))
        },
        Field("AdaptiveLimiter", "window") { use(try AdaptiveLimiterConfiguration(window: $0)) },
        Field("AdaptiveLimiter.Gradient", "queueSize") { try use(.init(queueSize: $0)) },
        Field("AdaptiveLimiter.Gradient", "longWindow") { try use(.init(longWindow: $0)) },
        Field("AdaptiveLimiter.Gradient", "relearnInterval") { try use(.init(relearnInterval: $0)) },
        Field("AdaptiveRateLimiter", "maxQueued") { use(try AdaptiveRateLimiterConfiguration(maxQueued: $0)) },
        Field("RestartIntensity", "maxRestarts") { try await use(RestartIntensity(maxRestarts: $0)) },
    ]

    @Test(arguments: counts)
    func countsAreRefusedOrBorne(field: Field<Int>) async throws {
        for value: Int in [Int.min, -1, 0, 1, 2, 1_000_000, .max - 1, .max] {
            let isBorne = try await isBorne(value, by: field)
            if value < 0 { #expect(!isBorne, "\(value)") }
        }
    }

    // MARK: Durations

    static let durations: [Field<Duration>] = [
        Field("CircuitBreaker", "window") { use(try CircuitBreakerConfiguration(window: .time($0))) },
        Field("CircuitBreaker", "slowCallDuration") { use(try CircuitBreakerConfiguration(slowCallDuration: $0)) },
        Field("CircuitBreaker", "recoveryTimeout") { use(try CircuitBreakerConfiguration(recoveryTimeout: $0)) },
        Field("CircuitBreaker", "maxRecoveryTimeout") { use(try CircuitBreakerConfiguration(maxRecoveryTimeout: $0)) },
        Field("CircuitBreaker", "stableAfter") { use(try CircuitBreakerConfiguration(stableAfter: $0)) },
        Field("CircuitBreaker", "halfOpenMaxWait") { use(try CircuitBreakerConfiguration(halfOpenMaxWait: $0)) },
        Field("CircuitBreaker", "ramp.duration") { use(try CircuitBreakerConfiguration(ramp: .init(over: $0))) },
        Field("CircuitBreaker", "rateLimitTolerance") { use(try CircuitBreakerConfiguration(rateLimitTolerance: $0)) },
        Field("CircuitBreaker", "maxServerHint") { use(try CircuitBreakerConfiguration(maxServerHint: $0)) },
        Field("Backoff.fixed", "delay") { use(try Backoff.fixed($0)) },
        Field("Backoff.linear", "initialDelay") { use(try Backoff.linear(initialDelay: $0)) },
        Field("Backoff.linear", "maxDelay") { use(try Backoff.linear(maxDelay: $0)) },
        Field("Backoff.exponential", "initialDelay") { use(try Backoff.exponential(initialDelay: $0)) },
        Field("Backoff.exponential", "maxDelay") { use(try Backoff.exponential(maxDelay: $0)) },
        Field("Backoff.fibonacci", "initialDelay") { use(try Backoff.fibonacci(initialDelay: $0)) },
        Field("Backoff.fibonacci", "maxDelay") { use(try Backoff.fibonacci(maxDelay: $0)) },
        Field("Backoff.decorrelated", "baseDelay") { use(try Backoff.decorrelated(baseDelay: $0)) },
        Field("Backoff.decorrelated", "maxDelay") { use(try Backoff.decorrelated(maxDelay: $0)) },
        Field("Backoff.custom", "maxDelay") { use(try Backoff.custom(maxDelay: $0) { _, _ in .seconds(1) }) },
        Field("Retry", "totalTimeLimit") { try await use(RetryConfiguration(totalTimeLimit: $0, backoff: .none)) },
        Field("Retry", "maxServerHint") { try await use(RetryConfiguration(backoff: .none, maxServerHint: $0)) },
        Field("RetryBudget.deposits", "timeToLive") {
            use(try RetryBudget.deposits(timeToLive: $0, clock: TestClock()))
        },
        Field("RateLimiter", "per") { use(try .init(.slidingWindow(limit: 1, per: $0))) },
        Field("RateLimiter", "refillInterval") { use(try .init(.tokenBucket(capacity: 1, refillInterval: $0))) },
        Field("RateLimiter.rate", "per") { use(try RateLimiterConfiguration.tokenBucket(limit: 7, per: $0)) },
        Field("RateLimiter", "maxWait") { use(try .init(.slidingWindow(limit: 1, per: .seconds(1)), maxWait: $0)) },
        Field("Bulkhead", "maxWait") { try await use(try BulkheadConfiguration(limit: 1, maxWait: $0)) },
        Field("Bulkhead", "ageing") { try await use(try BulkheadConfiguration(limit: 1, ageing: $0)) },
        Field("TimeLimiter", "limit") { try await TimeLimiter($0, clock: TestClock()).execute {} },
        Field("StreamLimits", "firstElement") { try await use(StreamLimits(firstElement: $0, clock: TestClock())) },
        Field("StreamLimits", "betweenElements") {
            try await use(StreamLimits(betweenElements: $0, clock: TestClock()))
        },
        Field("StreamLimits", "total") { try await use(StreamLimits(total: $0, clock: TestClock())) },
        Field("Hedge", "delay") { try await use(try HedgeConfiguration(delay: .fixed($0))) },
        Field("Hedge", "atLeast") {
            try await use(
                try HedgeConfiguration(delay: .percentile(share: 0.5, window: 1, minimumSamples: 1, atLeast: $0)))
        },
        Field("Hedge", "maxServerHint") {
            try await use(try HedgeConfiguration(delay: .fixed(.seconds(1)), maxServerHint: $0))
        },
        Field("ClientThrottle", "window") { use(try ClientThrottleConfiguration(window: $0)) },
        Field("AdaptiveRateLimiter", "maxWait") { use(try AdaptiveRateLimiterConfiguration(maxWait: $0)) },
        Field("RestartIntensity", "within") { try await use(RestartIntensity(within: $0)) },
        Field("SupervisionPolicy", "stableAfter") {
            try await use(.default, stableAfter: $0)
        },
        Field("Supervisor", "shutdownGrace") {
            try await Supervisor("s", shutdownGrace: $0, clock: TestClock()).run()
        },
        Field("Supervisor", "shutdownLimit") {
            try await Supervisor("s", shutdownLimit: $0, clock: TestClock()).run()
        },
        Field("HealthChecker", "timeLimit") {
            let checker = HealthChecker(clock: TestClock())
            try checker.addCheck("c", timeLimit: $0) {}
            _ = await checker.report()
        },
        Field("HealthChecker", "freshness") {
            let checker = HealthChecker(clock: TestClock())
            try checker.addCheck("c", freshness: $0) {}
            _ = await checker.report()
        },
    ]

    @Test(arguments: durations)
    func durationsAreRefusedOrBorne(field: Field<Duration>) async throws {
        for value: Duration in [
            Duration(attoseconds: .min), .seconds(Int64.min), .seconds(-1), .nanoseconds(-1), .zero,
            Duration(attoseconds: 1), .nanoseconds(1), .seconds(1), .seconds(Int64.max), Duration(attoseconds: .max),
        ] {
            let isBorne = try await isBorne(value, by: field)
            if value < .zero { #expect(!isBorne, "\(value)") }
        }
    }
}

// MARK: - Uses

extension ConfigurationSweepTests {
    private static let longest = Duration.seconds(1_000_000_000)

    private static func use(_ configuration: CircuitBreakerConfiguration) {
        let clock = TestClock()
        let breaker = CircuitBreaker("b", configuration, clock: clock, random: .constant(0.5))
        for _ in 1...3 {
            for _ in 1...20 {
                breaker.tryAcquire()?.succeed()
                breaker.tryAcquire()?.fail(ServiceError(.rateLimited, hint: .wait(longest)))
                breaker.tryAcquire()?.fail(ServiceError.transient)
                clock.advance(by: .seconds(1))
            }
            breaker.open(for: .zero)
            breaker.tryAcquire()?.fail(ServiceError.transient)
            clock.advance(by: longest)
        }
        _ = breaker.snapshot()
    }

    private static func use(_ backoff: Backoff) {
        for retry in [1, 2, 100, Int.max] { _ = backoff.delay(beforeRetry: retry, random: .constant(1)) }
    }

    private static func use(_ configuration: RetryConfiguration) async throws {
        let policy = RetryPolicy("r", configuration, clock: TestClock())
        for error in [ServiceError.transient, ServiceError(.rateLimited, hint: .wait(.zero)), ServiceError(.unknown)] {
            let attempts = Locked(0)
            do {
                try await policy.execute { if attempts.increment() < 3 { throw error } }
            } catch is ServiceError {}
        }
    }

    private static func use(_ budget: RetryBudget) {
        for _ in 1...20 {
            budget.beginCall()
            if budget.beginRetry() { budget.endRetry() }
            budget.recordFailure(of: ErrorClassification(.transient))
            budget.endSuccessfulCall()
        }
        _ = budget.snapshot()
    }

    private static func use(_ configuration: RateLimiterConfiguration) {
        let clock = TestClock()
        let limiter = RateLimiter("l", configuration, clock: clock)
        for permits in [1, 1, 2, .max, 0, .min] {
            _ = limiter.tryAcquire(permits)
            clock.advance(by: longest)
        }
        limiter.pause(for: longest)
        _ = limiter.snapshot()
    }

    private static func use(_ configuration: BulkheadConfiguration) async throws {
        let bulkhead = Bulkhead("b", configuration, clock: TestClock())
        try await bulkhead.execute {}
        _ = bulkhead.snapshot()
    }

    private static func use(_ limits: StreamLimits) async throws {
        let stream = AsyncStream { continuation in
            for element in 1...3 { continuation.yield(element) }
            continuation.finish()
        }
        for try await _ in limits.apply(to: stream) {}
    }

    private static func use(_ configuration: HedgeConfiguration) async throws {
        let hedge = Hedge("h", configuration, clock: TestClock())
        for _ in 1...3 { try await hedge.execute {} }
        _ = hedge.snapshot()
    }

    private static func use(_ configuration: ClientThrottleConfiguration) {
        let clock = TestClock()
        let throttle = ClientThrottle("t", configuration, clock: clock, random: .constant(0.5))
        for _ in 1...30 {
            throttle.tryAcquire()?.succeed()
            throttle.tryAcquire()?.fail(ServiceError.transient)
            clock.advance(by: .seconds(1))
        }
        clock.advance(by: longest)
        _ = throttle.snapshot()
    }

    private static func use(_ gradient: AdaptiveLimiterConfiguration.Gradient) throws {
        use(try AdaptiveLimiterConfiguration(.gradient(gradient), window: 1))
    }

    private static func use(_ configuration: AdaptiveLimiterConfiguration) {
        let clock = TestClock()
        let limiter = AdaptiveLimiter("l", configuration, clock: clock)
        for partition in [nil, "a", "b"] {
            for _ in 1...20 {
                let permit = limiter.tryAcquire(partition: partition)
                clock.advance(by: .milliseconds(10))
                permit?.succeed()
                limiter.tryAcquire(partition: partition)?.fail(ServiceError(.overloaded))
            }
        }
        _ = limiter.snapshot()
    }

    private static func use(_ configuration: AdaptiveRateLimiterConfiguration) {
        let clock = TestClock()
        let limiter = AdaptiveRateLimiter("l", configuration, clock: clock)
        for _ in 1...3 {
            for _ in 1...20 {
                limiter.recordSuccess()
                clock.advance(by: .milliseconds(100))
            }
            limiter.recordThrottle()
            _ = limiter.tryAcquire()
            clock.advance(by: longest)
        }
        _ = limiter.snapshot()
    }

    /// A child that fails once and then ends well, if it is restarted.
    private static func use(_ intensity: RestartIntensity, stableAfter: Duration? = nil) async throws {
        let runs = Locked(0)
        let policy = try SupervisionPolicy(
            intensity: intensity, backoff: .none, stableAfter: stableAfter, onExcess: .stop)
        try? await Supervisor("s", policy: policy, clock: TestClock()) {
            Child("c", restart: .transient) { if runs.increment() == 1 { throw UnknownError() } }
        }.run()
    }
}
