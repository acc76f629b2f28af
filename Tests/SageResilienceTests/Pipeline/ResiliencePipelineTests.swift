import SageTesting
import Testing

@testable import SageResilience

@Suite(.timeLimit(.minutes(1)))
struct ResiliencePipelineTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()
    private let attempts = Locked(0)

    private func breaker(_ name: String = "b", failures: Int = 100) throws -> CircuitBreaker {
        CircuitBreaker(
            name,
            try CircuitBreakerConfiguration(
                failureRate: nil, failureCount: failures, recoveryTimeout: .seconds(10), recoveryJitter: 0),
            clock: clock, listener: recorder)
    }

    private func retry(maxAttempts: Int = 3, waitsForRejections: Bool = false) throws -> RetryPolicy {
        RetryPolicy(
            "r",
            try RetryConfiguration(
                maxAttempts: maxAttempts, backoff: .none, waitsForRejections: waitsForRejections),
            clock: clock, random: .constant(0), listener: recorder)
    }

    private func limiter(_ seconds: Double, _ name: String = "t") throws -> TimeLimiter {
        try TimeLimiter(name, .seconds(seconds), clock: clock, listener: recorder)
    }

    private func attempt() -> Int {
        attempts.update { attempts in
            attempts += 1
            return attempts
        }
    }

    /// The kinds of policies in the order in which they spoke.
    private var speakers: [String] { recorder.events.map { "\($0.policy.kind.rawValue) \($0.policy.name)" } }

    @Test func anEmptyPipelineIsTheOperation() async throws {
        let pipeline = ResiliencePipeline("empty") {}
        #expect(try await pipeline.execute { 42 } == 42)
        await #expect(throws: UnknownError(number: 1)) { try await pipeline.execute { throw UnknownError(number: 1) } }
        #expect(pipeline.name == "empty")
    }

    @Test func eachAttemptIsRecordedByABreakerInsideTheRetry() async throws {
        let (inner, outer) = (try breaker("inner"), try breaker("outer"))
        let pipeline = try ResiliencePipeline("p") {
            outer
            try retry()
            inner
        }
        let value = try await pipeline.execute {
            if attempt() < 3 { throw ServiceError.transient }
            return 7
        }
        #expect(value == 7)
        #expect(inner.snapshot().calls == 3)
        #expect(inner.snapshot().failures == 2)
        #expect(outer.snapshot().calls == 1)
        #expect(outer.snapshot().failures == 0)
    }

    @Test func theRefusalOfABreakerStopsTheRetry() async throws {
        let (inner, outer) = (try breaker("inner", failures: 2), try breaker("outer"))
        let pipeline = try ResiliencePipeline("p") {
            outer
            try retry(maxAttempts: 10)
            inner
        }
        await #expect(throws: ServiceError.transient, "why the breaker opened, not that it is open") {
            try await pipeline.execute {
                _ = attempt()
                throw ServiceError.transient
            }
        }
        #expect(attempts.value == 2)
        #expect(outer.snapshot().calls == 1 && outer.snapshot().failures == 1)
        guard case .retryStopped(2, .rejected, is ServiceError) = recorder.kinds.last else {
            Issue.record("\(recorder.kinds)")
            return
        }
        let error = await #expect(throws: CircuitBreakerError.self) { try await pipeline.execute {} }
        #expect(error?.policyName == "inner")
        #expect(outer.snapshot().calls == 1, "a call whose only attempt was refused further in is ignored")
    }

    @Test func aRetryMayWaitForTheBreaker() async throws {
        let inner = try breaker("inner", failures: 1)
        let pipeline = try ResiliencePipeline("p") {
            try retry(waitsForRejections: true)
            inner
        }
        let task = Task {
            try await pipeline.execute {
                if attempt() == 1 { throw ServiceError.transient }
            }
        }
        // The first attempt opens the breaker, the second is refused and waits for the probe.
        let deadline = await clock.nextTimerScheduled()
        #expect(deadline.offset == .seconds(10))
        clock.advance(to: deadline)
        try await task.value
        #expect(attempts.value == 2)
        #expect(inner.state == .halfOpen)
    }

    @Test func theOuterGateIsAskedFirst() async throws {
        let (first, second) = (try breaker("first"), try breaker("second"))
        let pipeline = ResiliencePipeline("p") {
            first
            second
        }
        try first.transition(to: .forcedOpen)
        try second.transition(to: .forcedOpen)
        recorder.reset()
        let error = await #expect(throws: CircuitBreakerError.self) { try await pipeline.execute {} }
        #expect(error?.policyName == "first")
        #expect(speakers == ["circuit_breaker first"])
    }

    @Test func aRefusalFurtherInGivesTheOuterPlacesBack() async throws {
        let outer = try (0..<4).map { try breaker("\($0)") }
        let inner = try breaker("inner")
        let limiter = try RateLimiter.slidingWindow(limit: 1, per: .seconds(60), maxWait: .zero, clock: clock)
        let behindLimiter = ResiliencePipeline("l") {
            for breaker in outer { breaker }
            limiter
        }
        let behindBreaker = ResiliencePipeline("b") {
            for breaker in outer { breaker }
            inner
        }
        for breaker in outer { breaker.open(for: .zero) }
        try inner.transition(to: .forcedOpen)
        await #expect(throws: CircuitBreakerError.self) { try await behindBreaker.execute {} }
        #expect(limiter.tryAcquire())
        await #expect(throws: RateLimiterError.self) { try await behindLimiter.execute {} }
        for breaker in outer {
            #expect(breaker.state == .halfOpen)
            #expect(breaker.snapshot().probesInFlight == 0)
            #expect(breaker.snapshot().calls == 0)
        }
    }

    @Test func gatesRecordFromTheInside() async throws {
        let breakers = try (1...4).map { try breaker("\($0)", failures: 1) }
        let pipeline = ResiliencePipeline("p") { for breaker in breakers { breaker } }
        await #expect(throws: ServiceError.transient) { try await pipeline.execute { throw ServiceError.transient } }
        #expect(speakers == [4, 3, 2, 1].map { "circuit_breaker \($0)" })
    }

    @Test func aLimitOfEachAttemptIsRetriedAndCountsAgainstTheService() async throws {
        let (inner, gate) = (try breaker(), Gate())
        let pipeline = try ResiliencePipeline("p") {
            try retry()
            inner
            try limiter(5)
        }
        let task = Task {
            try await pipeline.execute {
                if attempt() < 3 { try await gate.pass() }
                return 9
            }
        }
        for _ in 1...2 {
            await clock.nextTimerScheduled()
            clock.advance(by: .seconds(5))
        }
        #expect(try await task.value == 9)
        #expect(inner.snapshot().failures == 2)
        #expect(inner.snapshot().calls == 3)
        #expect(inner.snapshot().lastFailure?.errorClass == .timeout)
    }

    @Test func aTotalLimitEndsAllAttemptsAndCountsAgainstTheService() async throws {
        let (inner, gate) = (try breaker(), Gate())
        let pipeline = try ResiliencePipeline("p") {
            try limiter(7, "total")
            try retry()
            inner
            try limiter(5, "attempt")
        }
        let task = Task {
            try await pipeline.execute {
                _ = attempt()
                try await gate.pass()
            }
        }
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(5))
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(2))
        await #expect(throws: TimeLimiterError(policyName: "total", limit: .seconds(7))) { try await task.value }
        #expect(attempts.value == 2)
        #expect(inner.snapshot().failures == 2)
    }

    @Test func aCancelledCallerLeavesNoTraceInTheBreaker() async throws {
        let (inner, gate) = (try breaker(), Gate())
        let pipeline = try ResiliencePipeline("p") {
            try limiter(60)
            try retry()
            inner
            try limiter(5)
        }
        let task = Task {
            try await pipeline.execute {
                _ = attempt()
                try await gate.pass()
            }
        }
        await clock.waitForSleepers(2)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(attempts.value == 1)
        #expect(inner.snapshot().calls == 0)
        #expect(clock.pendingDeadlines.isEmpty)
    }

    @Test func attemptsWaitForTheRateLimit() async throws {
        let limiter = try RateLimiter.slidingWindow(limit: 1, per: .seconds(3), clock: clock)
        let pipeline = try ResiliencePipeline("p") {
            try retry()
            limiter
        }
        let task = Task {
            try await pipeline.execute {
                if attempt() == 1 { throw ServiceError.transient }
            }
        }
        #expect(await clock.nextTimerScheduled().offset == .seconds(3))
        #expect(attempts.value == 1)
        clock.advance(by: .seconds(3))
        try await task.value
        #expect(attempts.value == 2)
    }

    @Test func aRetryHasABudgetUnlessItWasGivenOne() async throws {
        let active = Locked<[Int]>([])
        let own = try RetryBudget(ratio: 0, floor: 0)
        let pipeline = try ResiliencePipeline("p") {
            RetryPolicy(
                "r", try RetryConfiguration(maxAttempts: 2, backoff: .none, budget: own), clock: clock,
                listener: recorder)
        }
        await #expect(throws: ServiceError.transient) {
            try await pipeline.execute {
                active.update { $0.append(own.activeCalls) }
                throw ServiceError.transient
            }
        }
        #expect(active.value == [1])

        // Five calls that fail at once: the default budget lets three of them wait.
        let slow = RetryPolicy(
            "slow", try RetryConfiguration(backoff: .fixed(.seconds(1))), clock: clock, listener: recorder)
        let budgeted = ResiliencePipeline("q") { slow }
        let tasks = (1...3).map { _ in Task { try await budgeted.execute { throw ServiceError.transient } } }
        await clock.waitForSleepers(3)
        recorder.reset()
        await #expect(throws: ServiceError.transient) { try await budgeted.execute { throw ServiceError.transient } }
        guard case .retryStopped(1, .budgetExhausted, _) = recorder.kinds.first else {
            Issue.record("\(recorder.kinds)")
            return
        }
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.result }
    }

    @Test func theFallbackComesAfterEverythingElse() async throws {
        let inner = try breaker(failures: 1)
        let pipeline = try ResiliencePipeline("p") {
            Fallback("f", listener: recorder)
            try retry(maxAttempts: 2)
            inner
        }
        let value = try await pipeline.execute {
            throw ServiceError.transient
        } fallback: { error in
            error as? ServiceError == .transient ? "the service's own error" : "\(error)"
        }
        #expect(value == "the service's own error")
        #expect(speakers.last == "fallback f")
    }

    @Test func theFallbackRuleDecides() async throws {
        let byDefault = ResiliencePipeline("p") {}
        #expect(try await byDefault.execute({ throw UnknownError() }, fallback: { _ in 1 }) == 1)
        await #expect(throws: ServiceError.permanent) {
            try await byDefault.execute({ throw ServiceError.permanent }, fallback: { _ in 1 })
        }
        let longer = ResiliencePipeline("p") { Fallback(for: [.contextWindow]) }
        #expect(try await longer.execute({ throw ServiceError(.contextWindow) }, fallback: { _ in 2 }) == 2)
        await #expect(throws: UnknownError()) {
            try await longer.execute({ throw UnknownError() }, fallback: { _ in 2 })
        }
    }

    @Test func ofTwoFallbacksEitherHandlesAndTheFirstThatDoesReports() async throws {
        let pipeline = ResiliencePipeline("p") {
            Fallback("longer", for: [.contextWindow], listener: recorder)
            Fallback("other", listener: recorder)
            Fallback("any", for: Set(Fallback.Kind.allCases), listener: recorder)
        }
        for errorClass in [ErrorClass.contextWindow, .transient, .contentPolicy] {
            let value = try await pipeline.execute({ throw ServiceError(errorClass) }, fallback: { _ in 1 })
            #expect(value == 1)
        }
        #expect(speakers == ["fallback longer", "fallback other", "fallback any"])
        await #expect(throws: ServiceError.permanent) {
            try await pipeline.execute({ throw ServiceError.permanent }, fallback: { _ in 1 })
        }
        await #expect(throws: ServiceError.transient) { try await pipeline.execute { throw ServiceError.transient } }
        #expect(speakers.count == 3)
    }

    @Test("waiting in our own queue is not the service's slowness", arguments: [1, 3])
    func aWaitForTheRateLimitIsNotTimed(count: Int) async throws {
        let breakers = try (1...count).map { number in
            CircuitBreaker("\(number)", try CircuitBreakerConfiguration(slowCallDuration: .seconds(1)), clock: clock)
        }
        let limiter = try RateLimiter.slidingWindow(limit: 1, per: .seconds(3), clock: clock)
        let pipeline = ResiliencePipeline("p") {
            for breaker in breakers { breaker }
            limiter
        }
        #expect(limiter.tryAcquire())
        let task = Task { [clock] in
            try await pipeline.execute { clock.advance(by: .milliseconds(500)) }
        }
        await clock.nextTimerScheduled()
        clock.advance(by: .seconds(3))
        try await task.value
        for breaker in breakers {
            #expect(breaker.snapshot().calls == 1)
            #expect(breaker.snapshot().slowCalls == 0)
            #expect(breaker.snapshot().totalDuration == .milliseconds(500))
        }
    }

    @Test(arguments: [false, true])
    func theBuilderKnowsConditions(isGuarded: Bool) async throws {
        let (first, second) = (try breaker("first"), try breaker("second"))
        let pipeline = ResiliencePipeline("p") {
            if isGuarded { first }
            if isGuarded { second } else { first }
        }
        try await pipeline.execute {}
        #expect(first.snapshot().calls == 1)
        #expect(second.snapshot().calls == (isGuarded ? 1 : 0))
    }

    @Test func whatBuildingAPolicyThrowsComesThrough() {
        #expect(throws: ConfigurationError.self) {
            _ = try ResiliencePipeline("p") { () throws(ConfigurationError) in try TimeLimiter(.zero) }
        }
    }

    @Test func aHedgeSendsACopyThroughWhatIsFurtherIn() async throws {
        let clock = TestClock()
        let breaker = CircuitBreaker("b", clock: clock)
        let pipeline = try ResiliencePipeline("p") {
            Hedge("h", try HedgeConfiguration(delay: .fixed(.seconds(1))), clock: clock)
            breaker
        }
        let never = Gate()
        let call = Task {
            try await pipeline.execute {
                if Hedge.currentCopy == 1 { try await never.pass() }
                return Hedge.currentCopy
            }
        }
        await clock.waitForTimer(due: .seconds(1))
        clock.advance(by: .seconds(1))
        #expect(try await call.value == 2)
        // The copy that came second was cancelled by the hedge, which says nothing about the service.
        #expect(breaker.snapshot().calls == 1)
        #expect(breaker.snapshot().failures == 0)
    }

    @Test func aRetryDoesNotSleepBeyondTheTimeLimitAroundIt() async throws {
        let clock = TestClock()
        let pipeline = try ResiliencePipeline("p") {
            try TimeLimiter(.seconds(5), clock: clock)
            try RetryPolicy.fixed(delay: .seconds(10), clock: clock)
        }
        await #expect(throws: ServiceError.transient) {
            try await pipeline.execute { () async throws -> Int in throw ServiceError.transient }
        }
    }

    @Test func aResultThatComesAfterTheLimitCountsAsATimeOut() async throws {
        let clock = TestClock()
        let breaker = CircuitBreaker("b", clock: clock)
        let pipeline = try ResiliencePipeline("p") {
            try TimeLimiter(.seconds(5), clock: clock)
            breaker
        }
        let gate = Gate()
        let call = Task {
            try await pipeline.execute {
                // The service answers only when it is told that nobody waits any more.
                try? await gate.pass()
                return 1
            }
        }
        await clock.waitForTimer(due: .seconds(5))
        clock.advance(by: .seconds(5))
        await #expect(throws: TimeLimiterError.self) { try await call.value }
        #expect(breaker.snapshot().failures == 1)
    }

    @Test("a retry does not sleep only to be refused", arguments: [(59, false), (60, true)])
    func aRetryStopsAtOnceWhereTheBreakerWouldStillBeOpen(delay: Int, sleeps: Bool) async throws {
        let clock = TestClock()
        let recorder = EventRecorder()
        let budget = try RetryBudget()
        let breaker = CircuitBreaker(
            "b",
            try CircuitBreakerConfiguration(
                consecutiveFailures: 1, recoveryTimeout: .seconds(60), recoveryJitter: 0), clock: clock)
        let pipeline = try ResiliencePipeline("p") {
            RetryPolicy(
                "r", try RetryConfiguration(backoff: .fixed(.seconds(delay)), budget: budget), clock: clock,
                listener: recorder)
            breaker
        }
        let call = Task {
            try await pipeline.execute { () async throws -> Int in
                if breaker.state == .closed { throw ServiceError.transient }
                return 1
            } fallback: { _ in
                2
            }
        }
        if sleeps {
            await clock.waitForTimer(due: .seconds(60))
            clock.advance(by: .seconds(60))
            #expect(try await call.value == 1)
        } else {
            #expect(try await call.value == 2)
            guard case .retryStopped(attempts: 1, reason: .rejected, _) = recorder.kinds.first else {
                Issue.record("it should stop, not \(recorder.kinds)")
                return
            }
        }
        #expect(budget.activeCalls == 0)
        #expect(budget.activeRetries == 0)
    }
}
