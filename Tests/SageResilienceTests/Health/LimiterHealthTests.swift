import SageResilience
import SageTesting
import Testing

/// What the limiters of concurrency and the throttle say about the service behind them.
@Suite(.timeLimit(.minutes(1)))
struct LimiterHealthTests {
    private let clock = TestClock()

    @Test func aBulkheadIsDegradedOnceItsQueueIsFull() async throws {
        let bulkhead = Bulkhead("b", try BulkheadConfiguration(limit: 2, maxQueued: 1), clock: clock)
        #expect(bulkhead.health.status == .healthy)
        #expect(bulkhead.health.state == "available")
        let first = try await bulkhead.acquire()
        #expect(bulkhead.health.measurements["available"] == 1)
        let second = try await bulkhead.acquire()
        #expect(bulkhead.health.status == .healthy, "the next call waits")
        #expect(bulkhead.health.state == "full")
        async let third: Void = bulkhead.execute {}
        await clock.waitForSleepers(1)
        let full = bulkhead.health
        #expect(full.status == .degraded)
        #expect(full.state == "refusing")
        #expect(full.reason == "2 calls are in flight and 1 wait")
        #expect(full.measurements["queued"] == 1 && full.measurements["in_flight"] == 2)
        first.release()
        try await third
        #expect(bulkhead.health.status == .healthy)
        second.release()
        #expect(bulkhead.health.reason == nil)
    }

    @Test func aBulkheadWithRoomInItsQueueIsHealthy() async throws {
        let bulkhead = Bulkhead("b", try BulkheadConfiguration(limit: 1, maxQueued: 2), clock: clock)
        let permit = try await bulkhead.acquire()
        async let waiting: Void = bulkhead.execute {}
        await clock.waitForSleepers(1)
        #expect(bulkhead.health.state == "waiting")
        #expect(bulkhead.health.status == .healthy)
        permit.release()
        try await waiting
    }

    @Test("a bulkhead without a queue is degraded when it is full", arguments: [(0, 5), (100, 0)])
    func noQueue(maxQueued: Int, maxWait: Int) async throws {
        let bulkhead = Bulkhead(
            "b", try BulkheadConfiguration(limit: 1, maxQueued: maxQueued, maxWait: .seconds(maxWait)), clock: clock)
        #expect(bulkhead.health.status == .healthy)
        let permit = try await bulkhead.acquire()
        #expect(bulkhead.health.status == .degraded)
        permit.release()
        #expect(bulkhead.health.status == .healthy)
    }

    @Test func anAdaptiveLimiterIsDegradedWhileItRefuses() throws {
        let limiter = AdaptiveLimiter("a", try AdaptiveLimiterConfiguration(initialLimit: 2), clock: clock)
        let first = try limiter.acquire()
        #expect(limiter.health.status == .healthy)
        #expect(limiter.health.state == "available")
        let second = try limiter.acquire()
        #expect(limiter.health.status == .degraded)
        #expect(limiter.health.state == "refusing")
        #expect(limiter.health.measurements["in_flight"] == 2)
        first.ignore()
        #expect(limiter.health.status == .healthy)
        second.ignore()
    }

    @Test func anAdaptiveLimiterIsDegradedAtItsMinimumUnlessItBeganThere() throws {
        let limiter = AdaptiveLimiter(
            "a", try AdaptiveLimiterConfiguration(initialLimit: 4, minLimit: 3, window: 1), clock: clock)
        try limiter.acquire().fail(ServiceError(.overloaded))
        #expect(limiter.limit == 3)
        #expect(limiter.health.status == .degraded)
        #expect(limiter.health.state == "at_minimum")
        #expect(limiter.health.reason == "the limit has come down to 3")
        let idle = try limiter.acquire()
        try limiter.acquire().succeed()
        idle.ignore()
        #expect(limiter.limit == 4)
        #expect(limiter.health.status == .healthy)
        let low = AdaptiveLimiter("a", try AdaptiveLimiterConfiguration(initialLimit: 3, minLimit: 3), clock: clock)
        #expect(low.health.status == .healthy)
    }

    @Test func aThrottleIsDegradedWhileItRefuses() async throws {
        let throttle = ClientThrottle("t", clock: clock, random: .constant(1))
        for _ in 0..<9 { _ = try? await throttle.execute { throw ServiceError.transient } }
        #expect(throttle.health.status == .healthy, "too few calls to say anything")
        #expect(throttle.health.state == "admitting")
        _ = try? await throttle.execute { throw ServiceError.transient }
        let throttling = throttle.health
        #expect(throttling.status == .degraded)
        #expect(throttling.state == "throttling")
        #expect(throttling.reason == "the service accepts 0 of 10 calls")
        #expect(throttling.measurements["rejection_probability"] == 0.9)
        clock.advance(by: .seconds(121))
        #expect(throttle.health.status == .healthy)
    }

    @Test func anAdaptiveRateLimiterIsDegradedWhileItPauses() throws {
        let limiter = AdaptiveRateLimiter("r", clock: clock)
        #expect(limiter.health.status == .healthy)
        #expect(limiter.health.state == "available")
        #expect(limiter.health.measurements["rate"] == nil)
        limiter.recordThrottle()
        let limiting = limiter.health
        #expect(limiting.status == .healthy, "it does what it is there for")
        #expect(limiting.state == "limiting")
        #expect(limiting.measurements["rate"] == limiter.snapshot().rate)
        #expect(limiting.measurements["throttled"] == 1)
        limiter.pause(for: .seconds(7))
        let paused = limiter.health
        #expect(paused.status == .degraded)
        #expect(paused.state == "paused")
        #expect(paused.reason == "the service asked for a pause")
        #expect(paused.measurements["paused_seconds"] == 7)
        clock.advance(by: .seconds(7))
        #expect(limiter.health.status == .healthy)
    }

    @Test func registriesOfThemCanBeAddedToAChecker() async throws {
        let registry = try ResilienceRegistry(clock: clock)
        let checker = HealthChecker(clock: clock)
        try checker.add(registry.bulkheads)
        try checker.add(registry.adaptiveLimiters)
        try checker.add(registry.adaptiveRateLimiters)
        try checker.add(registry.clientThrottles, importance: .optional)
        let bulkhead = try registry.bulkhead("x") { try BulkheadConfiguration(limit: 1, maxQueued: 0) }
        _ = try registry.adaptiveLimiter("x")
        _ = try registry.adaptiveRateLimiter("x")
        _ = try registry.clientThrottle("x")
        let permit = try await bulkhead.acquire()
        let report = await checker.report()
        #expect(
            report.services.keys.sorted() == [
                "adaptive_limiter/x", "adaptive_rate_limiter/x", "bulkhead/x", "client_throttle/x",
            ])
        #expect(report.status == .degraded)
        #expect(report.problems == ["bulkhead/x"])
        permit.release()
    }
}
