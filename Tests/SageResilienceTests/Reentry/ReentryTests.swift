import SageTesting
import Testing

@testable import SageResilience

/// Closures of the user that use the policy that calls them: refused or served, never a deadlock, and nothing is lost.
@Suite(.timeLimit(.minutes(1)))
struct ReentryTests {
    private let clock = TestClock()

    @Test func aBulkheadOfOnePlaceRefusesWhoIsInsideAlready() async throws {
        let bulkhead = Bulkhead("b", try BulkheadConfiguration(limit: 1, maxWait: .zero), clock: clock)
        let error = await #expect(throws: BulkheadError.self) {
            try await bulkhead.execute { try await bulkhead.execute { Issue.record("ran") } }
        }
        #expect(error?.reason == .concurrencyLimited)
        #expect(bulkhead.snapshot().available == 1)
        #expect(try await bulkhead.execute { 42 } == 42)
    }

    @Test func anAdaptiveLimiterOfOnePlaceRefusesWhoIsInsideAlready() async throws {
        let limiter = AdaptiveLimiter(
            "l", try AdaptiveLimiterConfiguration(initialLimit: 1, maxLimit: 1), clock: clock)
        await #expect(throws: AdaptiveLimiterError.self) {
            try await limiter.execute { try await limiter.execute { Issue.record("ran") } }
        }
        #expect(limiter.snapshot().inFlight == 0)
        #expect(limiter.snapshot().drops == 0, "our own refusal is not the service's")
        #expect(try await limiter.execute { 42 } == 42)
    }

    @Test func theOnlyProbeIsRefusedASecondPlaceAndDecidesNothing() async throws {
        let breaker = CircuitBreaker("b", try CircuitBreakerConfiguration(halfOpenMaxCalls: 1), clock: clock)
        breaker.open(for: .zero)
        let error = await #expect(throws: CircuitBreakerError.self) {
            try await breaker.execute { try await breaker.execute { Issue.record("ran") } }
        }
        #expect(error?.reason == .halfOpenLimit)
        #expect(breaker.state == .halfOpen)
        #expect(breaker.snapshot().probesInFlight == 0)
        try await breaker.execute {}
        #expect(breaker.state == .closed)
        try await breaker.execute { try await breaker.execute {} }
        #expect(breaker.snapshot().calls == 2)
    }

    @Test func theOnlyProbeThatWaitsForItselfIsRefusedWhenTheTrialEnds() async throws {
        let breaker = CircuitBreaker(
            "b",
            try CircuitBreakerConfiguration(
                recoveryTimeout: .seconds(10), recoveryJitter: 0, halfOpenMaxCalls: 1, halfOpenMaxWait: .seconds(60),
                halfOpenMaxQueued: 1),
            clock: clock)
        breaker.open(for: .zero)
        let call = Task { try await breaker.execute { try await breaker.execute { Issue.record("ran") } } }
        await clock.waitForTimer(due: .seconds(60))
        clock.advance(by: .seconds(60))
        let error = await #expect(throws: CircuitBreakerError.self) { try await call.value }
        #expect(error?.reason == .circuitOpen)
        #expect(breaker.state == .open)
        #expect(breaker.snapshot().queued == 0)
        clock.advance(by: .seconds(300))
        try await breaker.execute {}
        #expect(breaker.state == .closed)
    }

    @Test(arguments: [Duration.zero, .seconds(1)])
    func aLimiterOfOnePermitRefusesOrLetsWait(maxWait: Duration) async throws {
        let limiter = try RateLimiter.tokenBucket(
            capacity: 1, refillInterval: .seconds(1), maxWait: maxWait, clock: clock)
        let call = Task { try await limiter.execute { try await limiter.execute { 42 } } }
        if maxWait > .zero {
            await clock.waitForTimer(due: .seconds(1))
            clock.advance(by: .seconds(1))
            #expect(try await call.value == 42)
        } else {
            let error = await #expect(throws: RateLimiterError.self) { _ = try await call.value }
            #expect(error?.reason == .rateLimited)
        }
        #expect(limiter.snapshot().queued == 0)
        #expect(limiter.snapshot().acquired == (maxWait > .zero ? 2 : 1))
    }

    /// The hook is not asynchronous: it starts a call of its own, which runs while its policy waits for the retry.
    @Test func theHookOfARetryMayUseItsPolicy() async throws {
        let budget = try RetryBudget(ratio: 1, floor: 10)
        let itself = Locked<RetryPolicy?>(nil)
        let others = Locked<[Task<Int, any Error>]>([])
        let policy = RetryPolicy(
            "r", try RetryConfiguration(maxAttempts: 3, backoff: .none, budget: budget),
            onRetry: { attempt in
                guard let policy = itself.value else { return }
                others.update { others in
                    // The calls of the hook retry as well.
                    guard others.count < 3 else { return }
                    others.append(
                        Task.detached {
                            try await policy.execute {
                                if !CallContext.current.isRetrying { throw ServiceError.transient }
                                return attempt.number
                            }
                        })
                }
            },
            clock: clock)
        itself.update { $0 = policy }
        let attempts = Locked(0)
        try await policy.execute { if attempts.increment() < 3 { throw ServiceError.transient } }
        var awaited = 0
        while awaited < others.value.count {
            _ = try await others.value[awaited].value
            awaited += 1
        }
        itself.update { $0 = nil }
        #expect(attempts.value == 3)
        #expect(awaited == 3)
        #expect(budget.activeCalls == 0)
        #expect(budget.activeRetries == 0)
    }

    @Test func aHookThatCancelsItsTaskEndsTheCallAndLeavesTheBudget() async throws {
        let budget = try RetryBudget(ratio: 1, floor: 10)
        let bulkhead = Bulkhead("b", try BulkheadConfiguration(limit: 1), clock: clock)
        let retry = RetryPolicy(
            "r", try RetryConfiguration(backoff: .none, budget: budget),
            onRetry: { _ in withUnsafeCurrentTask { $0?.cancel() } }, clock: clock)
        let pipeline = InTaskResiliencePipeline("p") {
            bulkhead
            retry
        }
        let call = Task { try await pipeline.execute { throw ServiceError.transient } }
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(budget.activeCalls == 0)
        #expect(budget.activeRetries == 0)
        #expect(bulkhead.snapshot().available == 1)
    }

    /// A classifier is asked while a policy records a failure: not under its lock.
    @Test func aClassifierMayUseThePoliciesThatAskIt() async throws {
        let known = Locked<(CircuitBreaker, Bulkhead, RateLimiter, AdaptiveLimiter, ClientThrottle, RetryBudget)?>(nil)
        let asked = Locked(0)
        let classifier = ErrorClassifier { _ in
            if let (breaker, bulkhead, limiter, adaptive, throttle, budget) = known.value {
                breaker.tryAcquire()?.ignore()
                _ = breaker.snapshot()
                bulkhead.tryAcquire()?.release()
                _ = bulkhead.snapshot()
                _ = limiter.tryAcquire()
                adaptive.tryAcquire()?.ignore()
                _ = adaptive.snapshot()
                throttle.tryAcquire()?.ignore()
                _ = throttle.snapshot()
                if budget.beginRetry() { budget.cancelRetry() }
                asked.update { $0 += 1 }
            }
            return ErrorClassification(.transient)
        }
        let breaker = CircuitBreaker("b", try CircuitBreakerConfiguration(classifier: classifier), clock: clock)
        let bulkhead = Bulkhead("b", try BulkheadConfiguration(limit: 2), clock: clock)
        let limiter = try RateLimiter.slidingWindow(limit: 100, per: .seconds(1), clock: clock)
        let adaptive = AdaptiveLimiter("l", try AdaptiveLimiterConfiguration(classifier: classifier), clock: clock)
        let throttle = ClientThrottle("t", try ClientThrottleConfiguration(classifier: classifier), clock: clock)
        let budget = try RetryBudget(ratio: 1, floor: 10)
        let retry = RetryPolicy(
            "r", try RetryConfiguration(maxAttempts: 2, backoff: .none, classifier: classifier, budget: budget),
            clock: clock)
        known.update { $0 = (breaker, bulkhead, limiter, adaptive, throttle, budget) }
        defer { known.update { $0 = nil } }
        let pipeline = InTaskResiliencePipeline("p") {
            bulkhead
            throttle
            retry
            breaker
            limiter
            adaptive
        }
        await #expect(throws: UnknownError.self) { try await pipeline.execute { throw UnknownError() } }
        // Two attempts at three policies that judge errors, and the throttle around them.
        #expect(asked.value == 7)
        #expect(budget.activeCalls == 0)
        #expect(budget.activeRetries == 0)
        #expect(bulkhead.snapshot().available == 2)
        #expect(adaptive.snapshot().inFlight == 0)
        #expect(breaker.snapshot().failures == 2)
    }

    /// The outer call holds the only place of each gate; the inner one is refused by the first of them.
    @Test func aPipelineInsideItselfIsRefusedAndGivesEverythingBack() async throws {
        let budget = try RetryBudget()
        let breaker = CircuitBreaker("b", try CircuitBreakerConfiguration(halfOpenMaxCalls: 1), clock: clock)
        breaker.open(for: .zero)
        let bulkhead = Bulkhead("b", try BulkheadConfiguration(limit: 1, maxWait: .zero), clock: clock)
        let limit = try TimeLimiter(.seconds(5), clock: clock)
        let retry = RetryPolicy("r", try RetryConfiguration(backoff: .none, budget: budget), clock: clock)
        let pipeline = ResiliencePipeline("p") {
            bulkhead
            limit
            retry
            breaker
        }
        await #expect(throws: BulkheadError.self) {
            try await pipeline.execute { try await pipeline.execute { Issue.record("ran") } }
        }
        #expect(bulkhead.snapshot().available == 1)
        #expect(breaker.snapshot().probesInFlight == 0)
        #expect(budget.activeCalls == 0)
        #expect(clock.pendingDeadlines.isEmpty)
        #expect(try await pipeline.execute { 42 } == 42)
    }

    @Test(arguments: [TimeLimiter.Mode.structured, .abandoning(maxRunning: 1)])
    func aTimeLimiterInsideItself(mode: TimeLimiter.Mode) async throws {
        let limiter = try TimeLimiter(.seconds(5), mode: mode, clock: clock)
        #expect(try await limiter.execute { try await limiter.execute { 42 } } == 42)
        #expect(limiter.snapshot().exceeded == 0)
        #expect(limiter.snapshot().abandonedRunning == 0)
    }
}
