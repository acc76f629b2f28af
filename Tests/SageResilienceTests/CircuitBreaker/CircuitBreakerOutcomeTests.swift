import SageTesting
import Testing

@testable import SageResilience

/// Which errors count, and for how much.
@Suite(.timeLimit(.minutes(1)))
struct CircuitBreakerOutcomeTests {
    @Test(
        "only the provider's faults count",
        arguments: [
            (ServerHint?.none, ErrorClass.transient, Outcome.failure),
            (nil, .overloaded, .failure),
            (nil, .timeout, .failure),
            (nil, .unknown, .failure),
            (nil, .permanent, .ignored),
            (nil, .authentication, .ignored),
            (nil, .contextWindow, .ignored),
            (nil, .contentPolicy, .ignored),
            (nil, .quotaExhausted, .failure),
            (nil, .rateLimited, .ignored),
            (.wait(.seconds(60)), .rateLimited, .ignored),
            (.wait(.seconds(61)), .rateLimited, .failure),
            (.doNotRetry, .rateLimited, .ignored),
            (.wait(.seconds(61)), .permanent, .ignored),
        ])
    func outcomes(hint: ServerHint?, errorClass: ErrorClass, expected: Outcome) throws {
        let breaker = try breaker()
        record(ServiceError(errorClass, hint: hint), in: breaker)
        #expect(breaker.state == (expected == .failure ? .open : .closed))
        #expect(breaker.snapshot().calls == (expected == .failure ? 1 : 0))
    }

    @Test func everyClassHasAnOutcomeInTheTable() {
        #expect(ErrorClass.allCases.count == 10)
    }

    @Test(arguments: ErrorClass.allCases, [Fault.caller, .policy, .provider])
    func theFaultDecidesExceptForLimits(errorClass: ErrorClass, fault: Fault) throws {
        let breaker = try breaker()
        record(ServiceError(errorClass, fault: fault), in: breaker)
        let counts =
            switch (fault, errorClass) {
            case (.policy, _), (_, .rateLimited): false
            case (_, .quotaExhausted): true
            default: fault == .provider
            }
        #expect(breaker.state == (counts ? .open : .closed))
    }

    @Test func aRejectionIsIgnoredWhateverTheClassifierSays() throws {
        let harsh = try breaker(ErrorClassifier { _ in ErrorClassification(.transient) })
        record(Refusal(retryAfter: .seconds(1_000)), in: harsh)
        #expect(harsh.state == .closed)
        record(ServiceError.permanent, in: harsh)
        #expect(harsh.state == .open)
    }

    @Test func aRateLimitToleranceOfZeroCountsEveryWait() throws {
        let strict = CircuitBreaker(
            "strict", try CircuitBreakerConfiguration(failureCount: 1, rateLimitTolerance: .zero), clock: TestClock())
        record(ServiceError(.rateLimited), in: strict)
        #expect(strict.state == .closed)
        record(ServiceError(.rateLimited, hint: .wait(.milliseconds(1))), in: strict)
        #expect(strict.state == .open)
    }

    @Test(arguments: [(3.0, false), (4, false), (4.000_000_001, true)])
    func slowIsLongerThanTheLimit(duration: Double, isSlow: Bool) throws {
        let breaker = BreakerDriver(try CircuitBreakerConfiguration(slowCallDuration: .seconds(4)))
        breaker.play("S", at: 0, took: duration)
        #expect(breaker.snapshot(at: 5).slowCalls == (isSlow ? 1 : 0))
    }

    @Test func aTimeoutIsAFailureAndSlowHoweverFastItCame() throws {
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(
                minimumCalls: 2, failureRate: nil, slowCallDuration: .seconds(4), slowCallRate: 1))
        breaker.call(.failed(.timeout), at: 0)
        breaker.call(.failed(.timeout), at: 0)
        #expect(breaker.state == .open)
        #expect(breaker.snapshot(at: 0).slowCalls == 2)
        #expect(breaker.snapshot(at: 0).failures == 2)
    }

    @Test func aServiceThatCancelsCountsWhileOurTaskLives() async throws {
        let breaker = try breaker()
        await #expect(throws: CancellationError.self) {
            try await breaker.execute { throw CancellationError() }
        }
        #expect(breaker.state == .open)
    }

    @Test func aCancelledCallerIsIgnoredWhateverTheErrorIs() async throws {
        let breaker = try breaker()
        let gate = Gate()
        let task = Task {
            try await breaker.execute {
                await gate.passStubbornly()
                throw ServiceError.transient
            }
        }
        task.cancel()
        gate.open()
        await #expect(throws: ServiceError.transient) { try await task.value }
        #expect(breaker.state == .closed)
        #expect(breaker.snapshot().calls == 0)
    }

    private func breaker(_ classifier: ErrorClassifier = .default) throws -> CircuitBreaker {
        CircuitBreaker(
            "breaker", try CircuitBreakerConfiguration(failureCount: 1, classifier: classifier), clock: TestClock())
    }

    private func record(_ error: any Error, in breaker: CircuitBreaker) {
        guard let permit = breaker.tryAcquire() else {
            Issue.record("refused")
            return
        }
        permit.fail(error)
    }
}
