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

    /// Runs a call into a limit; its client then throws this error.
    private func timeOut(
        _ error: any Error,
        _ run: @escaping @Sendable (@escaping @Sendable () async throws -> Void) async throws -> Void
    ) async throws {
        let limiter = try TimeLimiter(.seconds(5), clock: clock)
        let gate = Gate()
        let task = Task {
            try await limiter.execute {
                try await run {
                    try? await gate.pass()
                    throw error
                }
            }
        }
        clock.advance(to: await clock.nextTimerScheduled())
        await #expect(throws: TimeLimiterError.self) { try await task.value }
    }

    @Test(
        "what a client makes of a limit that fired is a timeout, whatever its type",
        arguments: [CancellationError() as any Error, UnknownError(), ServiceError.permanent])
    func aLimitIsATimeoutWhateverTheClientThrows(error: any Error) async throws {
        let breaker = try breaker()
        try await timeOut(error) { try await breaker.execute($0) }
        #expect(breaker.snapshot().lastFailure?.errorClass == .timeout)
        #expect(breaker.snapshot().slowCalls == 1)

        let limiter = AdaptiveLimiter("l", try AdaptiveLimiterConfiguration(.aimd(), initialLimit: 20), clock: clock)
        try await timeOut(error) { operation in
            try await limiter.execute { try await operation() }
        }
        #expect(limiter.snapshot().drops == 1)

        let throttle = ClientThrottle("t", clock: clock)
        try await timeOut(error) { try await throttle.execute($0) }
        #expect(throttle.snapshot().requests == 1 && throttle.snapshot().accepts == 0)
    }

    @Test(
        "a call that a limit has ended got no answer",
        arguments: [CancellationError() as any Error, UnknownError(), ServiceError(.rateLimited)])
    func aLimitIsNoAnswer(error: any Error) async throws {
        let (limiter, other) = (AdaptiveRateLimiter("l", clock: clock), AdaptiveRateLimiter("other", clock: clock))
        try await timeOut(error) { try await limiter.execute($0) }
        clock.advance(by: .seconds(1))
        limiter.recordSuccess()
        other.recordSuccess()
        #expect(other.snapshot().measuredRate > 0)
        #expect(limiter.snapshot().measuredRate == other.snapshot().measuredRate)
        #expect(!limiter.snapshot().isLimiting)
    }

    @Test("the verdict by who cancelled")
    func verdicts() {
        let classifier = ErrorClassifier.default
        for error in [ServiceError(.rateLimited), UnknownError(), CancellationError(), Refusal()] as [any Error] {
            #expect(classifier.verdict(on: error) == classifier.classify(error))
            #expect(classifier.verdict(on: error, cancelledBy: .caller) == nil)
            let timedOut = classifier.verdict(on: error, cancelledBy: .timeLimit)
            #expect(timedOut == (error is Refusal ? classifier.classify(error) : ErrorClassification(.timeout)))
        }
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
