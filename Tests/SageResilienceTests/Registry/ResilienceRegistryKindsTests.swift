import SageResilience
import SageTesting
import Testing

struct ResilienceRegistryKindsTests {
    private func fill(_ registry: ResilienceRegistry, _ name: String) throws {
        _ = try registry.circuitBreaker(name)
        _ = try registry.retry(name) { .default }
        _ = try registry.rateLimiter(name) { .anthropic }
        _ = try registry.adaptiveRateLimiter(name)
        _ = try registry.bulkhead(name) { try BulkheadConfiguration(limit: 3) }
        _ = try registry.adaptiveLimiter(name) { try AdaptiveLimiterConfiguration(initialLimit: 7) }
        _ = try registry.clientThrottle(name)
        _ = try registry.timeLimiter(name) { .seconds(5) }
        _ = try registry.hedge(name) { try HedgeConfiguration(delay: .fixed(.seconds(2))) }
        _ = try registry.fallback(name)
        _ = try registry.pipeline(name) {}
        _ = try registry.inTaskPipeline(name) {}
    }

    /// The names of each kind, as a status page shows them.
    private func names(_ registry: ResilienceRegistry) -> [[String]] {
        let snapshot = registry.snapshot()
        return [
            snapshot.circuitBreakers.keys.sorted(), snapshot.retries, snapshot.rateLimiters.keys.sorted(),
            snapshot.adaptiveRateLimiters.keys.sorted(), snapshot.bulkheads.keys.sorted(),
            snapshot.adaptiveLimiters.keys.sorted(), snapshot.clientThrottles.keys.sorted(),
            snapshot.timeLimiters.keys.sorted(), snapshot.hedges.keys.sorted(), snapshot.fallbacks, snapshot.pipelines,
            snapshot.inTaskPipelines,
        ]
    }

    @Test func everyKindIsCreatedShownBoundedAndForgotten() throws {
        let registry = try ResilienceRegistry(capacity: 2)
        for name in ["a", "b", "c"] { try fill(registry, name) }
        #expect(names(registry) == Array(repeating: ["b", "c"], count: 12))
        let snapshot = registry.snapshot()
        #expect(snapshot.bulkheads["c"]?.limit == 3)
        #expect(snapshot.adaptiveLimiters["c"]?.limit == 7)
        #expect(snapshot.timeLimiters["c"]?.limit == .seconds(5))
        #expect(snapshot.hedges["c"]?.delay == .seconds(2))
        registry.removeAll()
        #expect(names(registry) == Array(repeating: [], count: 12))
    }

    @Test func theFirstConfigurationOfANameStays() throws {
        let registry = try ResilienceRegistry()
        let bulkhead = try registry.bulkhead("x") { try BulkheadConfiguration(limit: 3) }
        #expect(try registry.bulkhead("x") { try BulkheadConfiguration(limit: 9) } === bulkhead)
        let throttle = try registry.clientThrottle("x") { .llm }
        #expect(try registry.clientThrottle("x") === throttle)
        #expect(!throttle.configuration.countsPendingCalls)
        let limit = try registry.timeLimiter("x", mode: .abandoning(maxRunning: 4)) { .seconds(5) }
        #expect(try registry.timeLimiter("x") { .seconds(9) }.limit == .seconds(5))
        #expect(limit.name == "x" && limit.mode == .abandoning(maxRunning: 4))
        #expect(throws: ConfigurationError.self) { try registry.timeLimiter("y") { .zero } }
        #expect(try registry.fallback("x") { [.contextWindow] }.name == "x")
        let pipeline = try registry.inTaskPipeline("x") { bulkhead }
        #expect(try registry.inTaskPipeline("x") {} === pipeline)
        #expect(registry.pipelines.count == 0, "the two kinds of pipelines have names of their own")
    }

    @Test func policiesHaveTheRegistrysClockAndListener() async throws {
        let clock = TestClock()
        let recorder = EventRecorder()
        let registry = try ResilienceRegistry(clock: clock, random: .constant(0), listener: recorder)
        let bulkhead = try registry.bulkhead("x") { try BulkheadConfiguration(limit: 1, maxQueued: 0) }
        let permit = try await bulkhead.acquire()
        let isRefused = bulkhead.tryAcquire() == nil
        #expect(isRefused)
        permit.release()
        let limiter = try registry.adaptiveLimiter("x") { try AdaptiveLimiterConfiguration(initialLimit: 10) }
        try limiter.acquire().fail(ServiceError(.overloaded))
        let throttle = try registry.clientThrottle("x")
        for _ in 0..<20 { _ = try? await throttle.execute { throw ServiceError.transient } }
        let limit = try registry.timeLimiter("x") { .seconds(5) }
        let call = Task { try await limit.execute { try await clock.sleep(for: .seconds(60)) } }
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(5))
        await #expect(throws: TimeLimiterError.self) { try await call.value }
        let kinds = Set(recorder.events.map(\.policy.kind))
        #expect(kinds == [.bulkhead, .adaptiveLimiter, .clientThrottle, .timeLimiter])
    }

    @Test func aWrongOrderIsToldToTheRegistrysListener() throws {
        let recorder = EventRecorder()
        let registry = try ResilienceRegistry(listener: recorder)
        let limiter = try registry.rateLimiter("l") { .anthropic }
        let retry = try registry.retry("r") { .default }
        _ = try registry.pipeline("p") {
            limiter
            retry
        }
        _ = try registry.inTaskPipeline("q") {
            limiter
            retry
        }
        #expect(
            recorder.events.map(\.policy) == [PolicyIdentity(.pipeline, "p"), PolicyIdentity(.pipeline, "q")])
    }
}
