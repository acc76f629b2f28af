import SageTesting
import Testing

@testable import SageResilience

/// Whose cancellation was it: the caller's is ignored, that of our own limit is the service's failure.
@Suite(.timeLimit(.minutes(1)))
struct CancellationCauseTests {
    private let clock = TestClock()

    private func breaker() throws -> CircuitBreaker {
        CircuitBreaker(
            "b",
            try CircuitBreakerConfiguration(
                minimumCalls: 1, failureRate: nil, failureCount: 1, slowCallDuration: .seconds(100)),
            clock: clock)
    }

    @Test("a limit outside the breaker makes the call a failure, and slow", arguments: [false, true])
    func aLimitOutsideTheBreakerIsAFailure(nested: Bool) async throws {
        let breaker = try breaker()
        let limiter = try TimeLimiter(.seconds(5), clock: clock)
        let longer = try TimeLimiter(.seconds(50), clock: clock)
        let gate = Gate()
        let task = Task {
            try await limiter.execute {
                let guarded: @Sendable () async throws -> Void = {
                    try await breaker.execute { try await gate.pass() }
                }
                if nested { try await longer.execute(guarded) } else { try await guarded() }
            }
        }
        await clock.waitForSleepers(nested ? 2 : 1)
        clock.advance(by: .seconds(5))
        await #expect(throws: TimeLimiterError.self) { try await task.value }
        #expect(breaker.state == .open)
        #expect(breaker.snapshot().lastFailure?.errorClass == .timeout)
        #expect(breaker.snapshot().slowCalls == 1)
    }

    @Test func theCallersCancellationInsideALimitIsIgnored() async throws {
        let breaker = try breaker()
        let limiter = try TimeLimiter(.seconds(5), clock: clock)
        let gate = Gate()
        let task = Task {
            try await limiter.execute { try await breaker.execute { try await gate.pass() } }
        }
        await clock.nextTimerScheduled()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(breaker.state == .closed)
        #expect(breaker.snapshot().calls == 0)
    }

    @Test func aRefusalInsideALimitThatFiredIsStillIgnored() async throws {
        let breaker = try breaker()
        let limiter = try TimeLimiter(.seconds(5), clock: clock)
        let gate = Gate()
        let task = Task {
            try await limiter.execute {
                try await breaker.execute {
                    try? await gate.pass()
                    throw Refusal()
                }
            }
        }
        await clock.nextTimerScheduled()
        clock.advance(by: .seconds(5))
        await #expect(throws: TimeLimiterError.self) { try await task.value }
        #expect(breaker.state == .closed)
    }

    @Test func aLimitThatFiredBeforeDoesNotTaintTheNextCall() async throws {
        let limiter = try TimeLimiter(.seconds(5), clock: clock)
        let gate = Gate()
        let first = Task { try await limiter.execute { try await gate.pass() } }
        await clock.nextTimerScheduled()
        clock.advance(by: .seconds(5))
        await #expect(throws: TimeLimiterError.self) { try await first.value }
        try await theCallersCancellationInsideALimitIsIgnored()
    }

    @Test func aTaskThatLivesHasNoCause() async throws {
        #expect(CancellationCause.current == nil)
        let limiter = try TimeLimiter(.seconds(5), clock: clock)
        #expect(try await limiter.execute { CancellationCause.current } == nil)
        let gate = Gate()
        let task = Task {
            await gate.passStubbornly()
            return CancellationCause.current
        }
        task.cancel()
        gate.open()
        #expect(await task.value == .caller)
    }
}
