import SageTesting
import Testing

@testable import SageResilience

/// Probes that the service answers with a time to wait.
@Suite(.timeLimit(.minutes(1)))
struct CircuitBreakerPauseTests {
    private func halfOpen(
        probes: Int = 2, waiting: Int = 0, maxWait: Duration? = nil, maxServerHint: Duration = .seconds(3_600),
        clock: TestClock = TestClock()
    ) throws -> CircuitBreaker {
        let breaker = CircuitBreaker(
            "b",
            try CircuitBreakerConfiguration(
                recoveryTimeout: .seconds(10), recoveryJitter: 0, halfOpenMaxCalls: probes, halfOpenMaxWait: maxWait,
                halfOpenMaxQueued: waiting, maxServerHint: maxServerHint), clock: clock, random: .constant(0.5))
        breaker.open(for: .zero)
        return breaker
    }

    private func limited(_ seconds: Double) -> ServiceError {
        ServiceError(.rateLimited, hint: .wait(.seconds(seconds)))
    }

    @Test func noProbeGoesThroughBeforeTheServiceWantsIt() throws {
        let clock = TestClock()
        let breaker = try halfOpen(clock: clock)
        var calls = 0
        for second in 0..<100 {
            if let permit = breaker.tryAcquire() {
                calls += 1
                permit.fail(limited(20))
            }
            #expect(breaker.state == .halfOpen, "in second \(second)")
            clock.advance(by: .seconds(1))
        }
        #expect(calls == 5)
        #expect(breaker.snapshot().timesOpened == 1)
        #expect(breaker.snapshot().failures == 0)
    }

    @Test func aRefusalSaysHowLongToWait() throws {
        let clock = TestClock()
        let breaker = try halfOpen(clock: clock)
        try breaker.acquire().fail(limited(20))
        clock.advance(by: .seconds(5))
        #expect(breaker.snapshot().retryAfter == .seconds(15))
        let error = #expect(throws: CircuitBreakerError.self) { try breaker.acquire().ignore() }
        #expect(error?.reason == .halfOpenLimit)
        #expect(error?.retryAfter == .seconds(15))
        #expect(error?.description == "b: circuit breaker half-open, next probe in 15.0 seconds")
        #expect(breaker.snapshot().rejected == 1)
        clock.advance(by: .seconds(15))
        #expect(breaker.snapshot().retryAfter == nil)
        try breaker.acquire().succeed()
        try breaker.acquire().succeed()
        #expect(breaker.state == .closed)
    }

    @Test("the longest wait counts, up to the cap", arguments: [(20.0, 5.0, 20.0), (5, 20, 20), (50, 1, 30)])
    func theLongestWaitCounts(first: Double, second: Double, expected: Double) throws {
        let breaker = try halfOpen(maxServerHint: .seconds(30))
        let (one, other) = (try breaker.acquire().shared(), try breaker.acquire().shared())
        one.fail(limited(first))
        other.fail(limited(second))
        #expect(breaker.snapshot().retryAfter == .seconds(expected))
    }

    @Test func aWaitThatHasNoLengthPausesNothing() throws {
        for hint in [nil, ServerHint.doNotRetry, .wait(.zero), .wait(.seconds(-1)), .pushBack(.seconds(-1))] {
            let breaker = try halfOpen()
            try breaker.acquire().fail(ServiceError(.rateLimited, hint: hint))
            #expect(breaker.admits(), "\(String(describing: hint))")
        }
    }

    @Test func theWaitOfAnotherPolicyPausesNothing() throws {
        let breaker = try halfOpen()
        try breaker.acquire().fail(
            CircuitBreakerError(policyName: "inner", reason: .circuitOpen, retryAfter: .seconds(20)))
        #expect(breaker.admits())
    }

    @Test func otherProbesDecideDuringThePause() throws {
        let breaker = try halfOpen(probes: 2)
        let (one, other) = (try breaker.acquire().shared(), try breaker.acquire().shared())
        one.fail(limited(50))
        other.fail(ServiceError.transient)
        #expect(breaker.state == .open)
        #expect(breaker.snapshot().retryAfter == .seconds(50), "the later of the two")
    }

    @Test func aClosedBreakerLeavesThePauseToTheLimiter() throws {
        let breaker = CircuitBreaker("b", clock: TestClock())
        try breaker.acquire().fail(limited(20))
        #expect(breaker.admits())
        #expect(breaker.snapshot().calls == 0)
    }

    @Test func thePauseRefusesThoseWhoWait() async throws {
        let clock = TestClock()
        let breaker = try halfOpen(probes: 1, waiting: 4, clock: clock)
        let probe = try breaker.acquire().shared()
        let waiting = Task { try await breaker.execute {} }
        _ = await clock.nextTimerScheduled()
        clock.advance(by: .seconds(2))
        probe.fail(limited(20))
        let error = await #expect(throws: CircuitBreakerError.self) { try await waiting.value }
        #expect(error?.reason == .halfOpenLimit)
        #expect(error?.retryAfter == .seconds(20))
        let late = await #expect(throws: CircuitBreakerError.self) { try await breaker.execute {} }
        #expect(late?.retryAfter == .seconds(20), "nobody begins to wait during the pause")
        #expect(breaker.snapshot().rejected == 2)
        clock.advance(by: .seconds(20))
        try await breaker.execute {}
        #expect(breaker.state == .closed)
    }

    @Test("a hung probe never keeps a breaker half-open for ever", arguments: [nil, Duration.seconds(15)])
    func aHungProbeIsGivenUp(maxWait: Duration?) throws {
        let clock = TestClock()
        let breaker = try halfOpen(probes: 1, maxWait: maxWait, clock: clock)
        let probe = try breaker.acquire()
        clock.advance(by: (maxWait ?? .seconds(60)) - .nanoseconds(1))
        #expect(breaker.state == .halfOpen)
        clock.advance(by: .nanoseconds(1))
        #expect(breaker.state == .open)
        probe.ignore()
    }

    @Test("a breaker that is seldom called recovers however long it takes")
    func aTrialWithoutProbesInFlightHasNoEnd() throws {
        let clock = TestClock()
        let breaker = try halfOpen(probes: 3, clock: clock)
        for _ in 0..<3 {
            #expect(breaker.state != .closed)
            try breaker.acquire().succeed()
            clock.advance(by: .seconds(300))
        }
        #expect(breaker.state == .closed)
        #expect(breaker.snapshot().timesOpened == 1)
    }

    @Test func aPauseIsNoHungProbe() throws {
        let clock = TestClock()
        let breaker = try halfOpen(probes: 1, maxWait: .seconds(5), clock: clock)
        try breaker.acquire().fail(limited(50))
        clock.advance(by: .seconds(50))
        let probe = try breaker.acquire().shared()
        clock.advance(by: .seconds(4))
        #expect(breaker.state == .halfOpen)
        probe.succeed()
        #expect(breaker.state == .closed)
    }
}
