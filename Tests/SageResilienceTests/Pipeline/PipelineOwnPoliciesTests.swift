import SageResilience
import SageTesting
import Testing

/// Configurations in a pipeline become policies of its own.
struct PipelineOwnPoliciesTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()

    private func identities() -> Set<PolicyIdentity> { Set(recorder.events.map(\.policy)) }

    @Test func takeNameClockAndListenerOfThePipeline() async throws {
        let pipeline = try ResiliencePipeline("openai", clock: clock, random: .constant(0.5), listener: recorder) {
            Fallback()
            try TimeLimiter(.seconds(100))
            try RetryConfiguration(maxAttempts: 2, backoff: .fixed(.seconds(3)))
            try CircuitBreakerConfiguration(consecutiveFailures: 2, recoveryTimeout: .seconds(60))
            try BulkheadConfiguration(limit: 1)
            try RateLimiterConfiguration(.tokenBucket(capacity: 10, refillInterval: .seconds(1)))
        }
        let call = Task {
            try await pipeline.execute { () -> String in
                throw ServiceError.transient
            } fallback: { _ in
                "elsewhere"
            }
        }
        await clock.waitForTimer(due: .seconds(3))
        clock.advance(by: .seconds(3))
        #expect(try await call.value == "elsewhere")
        #expect(
            identities() == [
                PolicyIdentity(.retry, "openai"), PolicyIdentity(.circuitBreaker, "openai"),
                PolicyIdentity(.fallback, "openai"),
            ])
    }

    @Test func namedPoliciesKeepWhatTheyAre() async throws {
        let own = EventRecorder()
        let pipeline = try ResiliencePipeline("p", clock: clock, listener: recorder) {
            Fallback("alternatives", listener: own)
            try TimeLimiter("limit", .seconds(1), clock: clock, listener: own)
            CircuitBreaker("breaker")
        }
        let reply = try await pipeline.execute {
            throw ServiceError.transient
        } fallback: { _ in
            "elsewhere"
        }
        #expect(reply == "elsewhere")
        #expect(own.events.map(\.policy) == [PolicyIdentity(.fallback, "alternatives")])
        #expect(recorder.events.isEmpty)
    }

    @Test func aTimeLimitKeepsItsOwnClockAndListener() async throws {
        let (slow, own) = (TestClock(), EventRecorder())
        let pipeline = try ResiliencePipeline("p", clock: clock, listener: recorder) {
            try TimeLimiter(.seconds(1), clock: slow, listener: own)
        }
        let call = Task { try await pipeline.execute { try await Gate().pass() } }
        await slow.waitForTimer(due: .seconds(1))
        slow.advance(by: .seconds(1))
        let error = await #expect(throws: TimeLimiterError.self) { try await call.value }
        #expect(error?.policyName == "p")
        #expect(own.events.map(\.policy) == [PolicyIdentity(.timeLimiter, "p")])
        #expect(recorder.events.isEmpty)
    }

    @Test func everyPipelineGetsItsOwn() async throws {
        let configuration = try CircuitBreakerConfiguration(consecutiveFailures: 1, recoveryTimeout: .seconds(60))
        let pipelines = ["a", "b"].map { name in
            InTaskResiliencePipeline(name, clock: clock) { configuration }
        }
        await #expect(throws: ServiceError.self) { try await pipelines[0].execute { throw ServiceError.transient } }
        await #expect(throws: CircuitBreakerError.self) { try await pipelines[0].execute {} }
        try await pipelines[1].execute {}
    }

    @Test func areWithoutTheirNameInTheDescription() throws {
        let pipeline = try ResiliencePipeline("openai") {
            try TimeLimiter(.seconds(60))
            try BulkheadConfiguration(limit: 4)
        }
        #expect(
            pipeline.describe() == """
                openai
                └─ time limiter: 60.0 seconds
                   └─ bulkhead: 4 at once, 1000 wait up to 5.0 seconds
                      └─ the call
                """)
    }

    @Test func comeFromTheRegistryWithItsClockAndListener() async throws {
        let registry = try ResilienceRegistry(clock: clock, listener: recorder)
        let pipeline = try registry.inTaskPipeline("db") {
            try CircuitBreakerConfiguration(consecutiveFailures: 1, recoveryTimeout: .seconds(60))
        }
        await #expect(throws: ServiceError.self) { try await pipeline.execute { throw ServiceError.transient } }
        #expect(recorder.events.map(\.policy) == [PolicyIdentity(.circuitBreaker, "db")])
        clock.advance(by: .seconds(120))
        try await pipeline.execute {}
    }
}
