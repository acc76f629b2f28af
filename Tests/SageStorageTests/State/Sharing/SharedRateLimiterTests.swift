import SageResilience
import SageStorage
import SageTesting
import Testing

struct SharedRateLimiterTests {
    private let clock = TestClock()

    private func limiter(
        _ store: any StateStore, limit: Int = 20, maxWait: Duration = .seconds(5)
    ) throws -> SharedRateLimiter {
        let store = try RateLimitStore(store, SharedRateLimiterConfiguration(), clock: clock)
        return try SharedRateLimiter(
            "openai", RateLimiterConfiguration(.slidingWindow(limit: limit, per: .seconds(60)), maxWait: maxWait),
            store,
            clock: clock)
    }

    @Test func instancesTogetherLetExactlyTheLimitThrough() async throws {
        let store = InMemoryStateStore(clock: clock.storeClock)
        let limiters = try (0..<3).map { _ in try limiter(store) }
        var granted = 0
        for index in 0..<60 where try await limiters[index % 3].tryAcquire() { granted += 1 }
        #expect(granted == 20)
        clock.advance(by: .seconds(60))
        #expect(try await limiters[0].tryAcquire())
    }

    @Test func whoMustWaitTooLongIsRefusedAtOnce() async throws {
        let limiter = try limiter(InMemoryStateStore(clock: clock.storeClock), limit: 1)
        try await limiter.acquire()
        let expected = RateLimiterError(policyName: "openai", reason: .waitTooLong, retryAfter: .seconds(60))
        await #expect(throws: expected) { try await limiter.acquire() }
        await #expect(throws: RateLimiterError.self) { try await limiter.acquire(2) }
    }

    @Test func whoMayWaitWaitsAsLongAsTheStoreSays() async throws {
        let limiter = try limiter(InMemoryStateStore(clock: clock.storeClock), limit: 1, maxWait: .seconds(60))
        try await limiter.acquire()
        async let second: Void = limiter.acquire()
        await clock.waitForTimer(at: .init(offset: .seconds(60)))
        clock.advance(by: .seconds(60))
        try await second
    }

    @Test func whileTheStoreIsAwayEachInstanceHasItsOwnLimit() async throws {
        let fickle = FickleStore(InMemoryStateStore(clock: clock.storeClock))
        let limiters = try (0..<2).map { _ in try limiter(fickle) }
        for _ in 0..<4 { try await limiters[0].acquire() }
        fickle.goAway()
        var granted = [0, 0]
        for index in 0..<100 where try await limiters[index % 2].tryAcquire() { granted[index % 2] += 1 }
        // The first one knows what it has used.
        #expect(granted == [16, 20])
        fickle.comeBack()
        clock.advance(by: .seconds(10))
        #expect(try await limiters[1].tryAcquire())
    }

    @Test func anEstimateIsCorrectedForAll() async throws {
        let store = InMemoryStateStore(clock: clock.storeClock)
        let (one, two) = (try limiter(store), try limiter(store))
        let reservation = try await one.reserve(20)
        #expect(reservation.isShared)
        #expect(try await two.tryAcquire() == false)
        await reservation.settle(actual: 5)
        await reservation.settle(actual: 0)
        #expect(try await two.tryAcquire(15))
        #expect(try await two.tryAcquire() == false)
    }
}
