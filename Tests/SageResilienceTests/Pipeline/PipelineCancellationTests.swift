import SageTesting
import Testing

@testable import SageResilience

/// Calls that are cancelled at a gate inside a retry inside other gates: all that was taken is given back.
@Suite(.timeLimit(.minutes(2)))
struct PipelineCancellationTests {
    /// The gate at which a call waits.
    enum Place: CaseIterable { case rateLimiter, adaptiveRateLimiter, bulkhead, breaker }

    private struct Fixture {
        let clock = TestClock()
        let budget: RetryBudget
        let outerBreaker: CircuitBreaker
        let outerBulkhead: Bulkhead
        let outerAdaptive: AdaptiveLimiter
        let outerThrottle: ClientThrottle
        let site: Site
        let pipeline: ResiliencePipeline
        let attempts = Locked(0)

        init(_ place: Place) throws {
            let clock = clock
            let site = try Site(place, clock)
            let budget = try RetryBudget(ratio: 1, floor: 3)
            // Half-open, so that a place that is not given back refuses the next call.
            let breaker = CircuitBreaker(
                "outer", try CircuitBreakerConfiguration(halfOpenMaxCalls: 1, halfOpenMaxWait: .seconds(36_000)),
                clock: clock)
            breaker.open(for: .zero)
            let bulkhead = Bulkhead("outer", try BulkheadConfiguration(limit: 1, maxWait: .zero), clock: clock)
            let adaptive = AdaptiveLimiter(
                "outer", try AdaptiveLimiterConfiguration(initialLimit: 1, maxLimit: 1), clock: clock)
            let throttle = ClientThrottle("outer", clock: clock)
            let retry = RetryPolicy(
                "r", try RetryConfiguration(backoff: .none, budget: budget), onRetry: { _ in site.block() },
                clock: clock)
            self.site = site
            self.budget = budget
            (outerBreaker, outerBulkhead, outerAdaptive, outerThrottle) = (breaker, bulkhead, adaptive, throttle)
            self.pipeline = ResiliencePipeline("p") {
                breaker
                bulkhead
                adaptive
                throttle
                retry
                switch place {
                case .rateLimiter: site.rateLimiter
                case .adaptiveRateLimiter: site.adaptiveRateLimiter
                case .bulkhead: site.bulkhead
                case .breaker: site.breaker
                }
            }
        }

        /// A call whose attempt of this number finds the gate closed.
        func call(waitsInAttempt attempt: Int, isCancelledBefore: Bool = false) -> Task<Void, any Error> {
            if attempt == 1 { site.block() }
            return Task { [pipeline, attempts] in
                if isCancelledBefore { withUnsafeCurrentTask { $0?.cancel() } }
                try await pipeline.execute {
                    if attempts.increment() < attempt { throw ServiceError.transient }
                }
            }
        }

        func expectNothingHeld(calls: Int = 0) {
            #expect(budget.activeCalls == 0)
            #expect(budget.activeRetries == 0)
            #expect(outerBreaker.snapshot().probesInFlight == 0)
            #expect(outerBreaker.snapshot().failures == 0)
            #expect(outerBulkhead.snapshot().inFlight == 0)
            #expect(outerAdaptive.snapshot().inFlight == 0)
            #expect(outerThrottle.snapshot().requests == calls)
            #expect(site.waiting == 0)
            #expect(clock.pendingDeadlines.isEmpty)
        }

        /// The next call finds all places free.
        func expectTheNextCallPasses() async throws {
            site.unblock()
            // Long enough for a permit, too short for the trial of the breaker to end.
            clock.advance(by: .seconds(20))
            try await pipeline.execute {}
            #expect(site.held == 0)
        }
    }

    /// All kinds of gates that let calls wait; one of them is in the pipeline.
    private final class Site: Sendable {
        let rateLimiter: RateLimiter
        let adaptiveRateLimiter: AdaptiveRateLimiter
        let bulkhead: Bulkhead
        let breaker: CircuitBreaker
        private let place: Place
        private let clock: TestClock
        private let bulkheadPermit = Locked<Bulkhead.SharedPermit?>(nil)
        private let probe = Locked<CircuitBreaker.SharedPermit?>(nil)

        init(_ place: Place, _ clock: TestClock) throws {
            self.place = place
            self.clock = clock
            rateLimiter = try RateLimiter.tokenBucket(
                capacity: 1, refillInterval: .seconds(10), maxWait: .seconds(60), clock: clock)
            adaptiveRateLimiter = AdaptiveRateLimiter("inner", clock: clock)
            bulkhead = Bulkhead("inner", try BulkheadConfiguration(limit: 1, maxWait: .seconds(60)), clock: clock)
            breaker = CircuitBreaker(
                "inner",
                try CircuitBreakerConfiguration(
                    halfOpenMaxCalls: 1, halfOpenMaxWait: .seconds(60), halfOpenMaxQueued: 4),
                clock: clock)
        }

        var waiting: Int {
            rateLimiter.snapshot().queued + adaptiveRateLimiter.snapshot().queued + bulkhead.snapshot().queued
                + breaker.snapshot().queued
        }

        /// What is held although nobody holds it.
        var held: Int { bulkhead.snapshot().inFlight + breaker.snapshot().probesInFlight }

        func block() {
            switch place {
            case .rateLimiter: _ = rateLimiter.tryAcquire()
            case .adaptiveRateLimiter: adaptiveRateLimiter.recordThrottle()
            case .bulkhead:
                let permit = bulkhead.tryAcquire()?.shared()
                bulkheadPermit.update { $0 = permit }
            case .breaker:
                breaker.open(for: .zero)
                let permit = breaker.tryAcquire()?.shared()
                probe.update { $0 = permit }
            }
        }

        func unblock() {
            bulkheadPermit.update { $0.take() }?.release()
            probe.update { $0.take() }?.ignore()
        }

        /// Lets the call that waits in.
        func grant(at moment: TestClock.Instant) {
            switch place {
            case .rateLimiter, .adaptiveRateLimiter: clock.advance(to: moment)
            case .bulkhead, .breaker: unblock()
            }
        }
    }

    @Test(arguments: Place.allCases)
    func cancelledBeforeItWaits(place: Place) async throws {
        let fixture = try Fixture(place)
        let call = fixture.call(waitsInAttempt: 1, isCancelledBefore: true)
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(fixture.attempts.value == 0)
        fixture.expectNothingHeld()
        try await fixture.expectTheNextCallPasses()
    }

    @Test(arguments: Place.allCases, [1, 2])
    func cancelledWhileItWaits(place: Place, attempt: Int) async throws {
        let fixture = try Fixture(place)
        let call = fixture.call(waitsInAttempt: attempt)
        await fixture.clock.nextTimerScheduled()
        #expect(fixture.site.waiting == 1)
        #expect(fixture.budget.activeCalls == 1)
        #expect(fixture.budget.activeRetries == (attempt == 1 ? 0 : 1))
        #expect(fixture.outerBulkhead.snapshot().inFlight == 1)
        #expect(fixture.outerAdaptive.snapshot().inFlight == 1)
        #expect(fixture.outerBreaker.snapshot().probesInFlight == 1)
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(fixture.attempts.value == (attempt == 1 ? 0 : 1))
        fixture.expectNothingHeld()
        try await fixture.expectTheNextCallPasses()
    }

    @Test(arguments: Place.allCases, [1, 2])
    func cancelledAsItIsLetIn(place: Place, attempt: Int) async throws {
        for round in 0..<40 {
            let fixture = try Fixture(place)
            let call = fixture.call(waitsInAttempt: attempt)
            let moment = await fixture.clock.nextTimerScheduled()
            await withTaskGroup(of: Void.self) { group in
                if round % 2 == 0 { group.addTask { call.cancel() } }
                group.addTask { fixture.site.grant(at: moment) }
                if round % 2 == 1 { group.addTask { call.cancel() } }
            }
            switch await call.result {
            case .success:
                #expect(fixture.attempts.value == attempt)
                fixture.expectNothingHeld(calls: 1)
            case .failure(let error):
                #expect(error is CancellationError)
                #expect(fixture.attempts.value == attempt - 1)
                fixture.expectNothingHeld()
            }
            try await fixture.expectTheNextCallPasses()
        }
    }

    @Test func cancelledWhileItWaitsForItsPermitOrForItsStream() async throws {
        for place in Place.allCases {
            let fixture = try Fixture(place)
            fixture.site.block()
            let call = Task { [pipeline = fixture.pipeline] in _ = try await pipeline.acquire() }
            await fixture.clock.nextTimerScheduled()
            #expect(fixture.outerBulkhead.snapshot().inFlight == 1)
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            fixture.expectNothingHeld()
            try await fixture.expectTheNextCallPasses()
        }
        let (clock, budget) = (TestClock(), try RetryBudget())
        let bulkhead = Bulkhead("b", try BulkheadConfiguration(limit: 1), clock: clock)
        let limiter = try RateLimiter.tokenBucket(capacity: 1, refillInterval: .seconds(1), clock: clock)
        let retry = RetryPolicy("r", try RetryConfiguration(budget: budget), clock: clock)
        let pipeline = InTaskResiliencePipeline("p") {
            bulkhead
            retry
            limiter
        }
        #expect(limiter.tryAcquire())
        let call = Task {
            _ = try await pipeline.stream { () -> AsyncStream<Int> in AsyncStream { $0.finish() } }
        }
        await clock.nextTimerScheduled()
        #expect(bulkhead.snapshot().inFlight == 1)
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(bulkhead.snapshot().inFlight == 0)
        #expect(budget.activeCalls == 0)
        #expect(limiter.snapshot().queued == 0)
    }

    /// Both copies of a call wait for places, inside two limits of time.
    @Test func copiesThatWaitLeaveWithTheirCall() async throws {
        let (clock, budget) = (TestClock(), try RetryBudget(ratio: 1, floor: 3))
        let outer = Bulkhead("outer", try BulkheadConfiguration(limit: 1), clock: clock)
        let inner = Bulkhead("inner", try BulkheadConfiguration(limit: 1, maxWait: .seconds(60)), clock: clock)
        let hedge = Hedge("h", try HedgeConfiguration(delay: .fixed(.seconds(1))), clock: clock)
        let retry = RetryPolicy("r", try RetryConfiguration(budget: budget), clock: clock)
        let limits = (
            try TimeLimiter(.seconds(3_600), clock: clock), try TimeLimiter(.seconds(1_800), clock: clock)
        )
        let pipeline = ResiliencePipeline("p") {
            outer
            limits.0
            retry
            hedge
            inner
            limits.1
        }
        let permit = try await inner.acquire()
        let call = Task { try await pipeline.execute { Issue.record("ran") } }
        // The first copy is in the queue before time passes, so that the second one waits for a later instant.
        await clock.waitForTimer(due: .seconds(60))
        await clock.waitForTimer(due: .seconds(1))
        clock.advance(by: .seconds(1))
        await clock.waitForTimer(due: .seconds(60))
        #expect(inner.snapshot().queued == 2)
        #expect(outer.snapshot().inFlight == 1)
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(inner.snapshot().queued == 0)
        #expect(outer.snapshot().inFlight == 0)
        #expect(hedge.snapshot().inFlight == 0)
        #expect(budget.activeCalls == 0)
        #expect(budget.activeRetries == 0)
        #expect(clock.pendingDeadlines.isEmpty)
        permit.release()
        #expect(inner.snapshot().available == 1)
    }

    /// The caller's cancellation, the limit and the end of the operation may come at the same time.
    @Test(arguments: [TimeLimiter.Mode.structured, .abandoning(maxRunning: 100)])
    func aLimitRacesCancellationAndTheEnd(mode: TimeLimiter.Mode) async throws {
        for _ in 0..<60 {
            let (clock, gate, ended) = (TestClock(), Gate(), Gate())
            let limiter = try TimeLimiter(.seconds(1), mode: mode, clock: clock)
            let call = Task {
                try await limiter.execute({ try await gate.pass() }, whenEnded: { ended.open() })
            }
            await clock.nextTimerScheduled()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { call.cancel() }
                group.addTask { clock.advance(by: .seconds(1)) }
                group.addTask { gate.open() }
            }
            switch await call.result {
            case .success: break
            case .failure(let error): #expect(error is CancellationError || error is TimeLimiterError)
            }
            try await ended.pass()
            #expect(limiter.snapshot().abandonedRunning == 0)
            #expect(clock.pendingDeadlines.isEmpty || mode != .structured)
        }
    }

    /// Whoever asks for a report may be cancelled as the check ends; the others get their answer.
    @Test func anAnswerRacesTheCancellationOfWhoeverAskedForIt() async throws {
        for _ in 0..<60 {
            let (clock, gate, begun) = (TestClock(), Gate(), Gate())
            let checker = HealthChecker(clock: clock)
            try checker.addCheck("c") {
                begun.open()
                await gate.passStubbornly()
            }
            let asking = (0..<2).map { _ in Task { await checker.report() } }
            try await begun.pass()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { asking[0].cancel() }
                group.addTask { gate.open() }
            }
            _ = await asking[0].value
            #expect(await asking[1].value.isHealthy)
        }
    }
}
