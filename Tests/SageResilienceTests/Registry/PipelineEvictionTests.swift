import SageResilience
import SageTesting
import Testing

struct PipelineEvictionTests {
    @Test func aFullRegistryKeepsAPipelineThatHoldsAnOpenBreaker() throws {
        let registry = try ResilienceRegistry(capacity: 2)
        var breakers: [CircuitBreaker] = []
        for name in ["a", "b"] {
            let breaker = CircuitBreaker(name)
            try breaker.transition(to: .open)
            breakers.append(breaker)
            _ = try registry.pipeline(name) { breaker }
            _ = try registry.inTaskPipeline(name) { breaker }
        }
        #expect(throws: RegistryError.self) { try registry.pipeline("c") {} }
        #expect(throws: RegistryError.self) { try registry.inTaskPipeline("c") {} }
        // The one that was used last can go, the older one cannot.
        breakers[1].reset()
        _ = try registry.pipeline("c") {}
        _ = try registry.inTaskPipeline("c") {}
        #expect(registry.pipelines.names == ["a", "c"])
        #expect(registry.inTaskPipelines.names == ["a", "c"])
    }

    @Test func aPipelineIsForgottenOnlyWhenAllItsPoliciesCanBe() async throws {
        let clock = TestClock()
        let budget = try RetryBudget.tokenBucket(maximum: 10)
        let retry = RetryPolicy("r", try RetryConfiguration(maxAttempts: 1, budget: budget), clock: clock)
        let limiter = try RateLimiter.slidingWindow("l", limit: 2, per: .seconds(60), clock: clock)
        let bulkhead = Bulkhead("b", try BulkheadConfiguration(limit: 2), clock: clock)
        let pipeline = InTaskResiliencePipeline("p") {
            Fallback()
            retry
            limiter
            bulkhead
        }
        #expect(pipeline.isEvictable)
        let permit = try await bulkhead.acquire()
        #expect(!pipeline.isEvictable)
        permit.release()
        #expect(pipeline.isEvictable)
        await #expect(throws: ServiceError.transient) { try await pipeline.execute { throw ServiceError.transient } }
        #expect(!pipeline.isEvictable, "the limiter has granted a permit and the budget has lost a token")
        clock.advance(by: .seconds(120))
        #expect(limiter.isEvictable && !pipeline.isEvictable)
        for _ in 0..<10 { try await retry.execute {} }
        #expect(pipeline.isEvictable)
    }

    @Test func policiesThatRunChildTasksKeepTheirPipeline() async throws {
        let clock = TestClock()
        let pipeline = try ResiliencePipeline("p") {
            Hedge("h", try HedgeConfiguration(delay: .fixed(.seconds(1_000))), clock: clock)
        }
        let gate = Gate()
        async let result: Void = pipeline.execute { try await gate.pass() }
        await clock.waitForSleepers(1)
        #expect(!pipeline.isEvictable)
        gate.open()
        try await result
        #expect(pipeline.isEvictable)
    }

    @Test func aRetryIsKeptForItsBudget() async throws {
        let budget = try RetryBudget()
        let shared = RetryPolicy("r", try RetryConfiguration(budget: budget))
        let without = RetryPolicy("r", try RetryConfiguration())
        let unlimited = RetryPolicy("r", try RetryConfiguration(budget: .unlimited))
        try await shared.execute {
            #expect(!shared.isEvictable)
        }
        try await without.execute { #expect(without.isEvictable) }
        try await unlimited.execute { #expect(unlimited.isEvictable) }
        #expect(shared.isEvictable)
    }
}
