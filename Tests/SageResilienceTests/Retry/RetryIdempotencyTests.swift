import SageTesting
import Testing

@testable import SageResilience

/// Calls that must not be made twice.
@Suite(.timeLimit(.minutes(1)))
struct RetryIdempotencyTests {
    private let recorder = EventRecorder()
    private let attempts = Locked(0)

    private func policy(
        waitsForRejections: Bool = false, budget: RetryBudget? = nil, clock: TestClock = TestClock()
    ) throws -> RetryPolicy {
        RetryPolicy(
            "r",
            try RetryConfiguration(
                backoff: .none, idempotency: .notIdempotent, waitsForRejections: waitsForRejections, budget: budget),
            clock: clock, random: .constant(0), listener: recorder)
    }

    private func reason(_ policy: RetryPolicy, _ error: some Error) async -> RetryStopReason? {
        try? await policy.execute {
            attempts.update { $0 += 1 }
            throw error
        }
        if case .retryStopped(_, let reason, _) = recorder.kinds.last { return reason } else { return nil }
    }

    @Test(
        "only what was certainly not sent is tried again",
        arguments: [ErrorClass.transient, .rateLimited, .overloaded, .timeout, .unknown], [true, false])
    func notSent(errorClass: ErrorClass, isNotSent: Bool) async throws {
        var error = ServiceError(errorClass)
        error.classification.isNotSent = isNotSent
        let reason = try await reason(policy(), error)
        switch (isNotSent, errorClass) {
        case (true, .unknown): #expect(reason == .unknownError)
        case (true, _): #expect(reason == .attemptsExhausted)
        case (false, _): #expect(reason == .notIdempotent)
        }
        #expect(attempts.value == (isNotSent ? errorClass == .unknown ? 2 : 3 : 1))
    }

    @Test func aHintDoesNotMakeItSafe() async throws {
        #expect(try await reason(policy(), ServiceError(.rateLimited, hint: .wait(.seconds(1)))) == .notIdempotent)
        #expect(try await reason(policy(), ServiceError(.rateLimited, hint: .doNotRetry)) == .notIdempotent)
        #expect(try await reason(policy(), ServiceError.permanent) == .permanent)
        #expect(try await reason(policy(), CancellationError()) == .notIdempotent)
        #expect(attempts.value == 4)
    }

    @Test("one call that must not be made twice says so to a retry for all", arguments: [true, false])
    func onceOnly(isNotSent: Bool) async throws {
        let policy = RetryPolicy(
            "r", try RetryConfiguration(backoff: .none), clock: TestClock(), listener: recorder)
        var error = ServiceError(.overloaded, hint: .wait(.zero))
        error.classification.isNotSent = isNotSent
        var context = CallContext.current
        context.isOnceOnly = true
        let stopped = await CallContext.$current.withValue(context) { [error] in await reason(policy, error) }
        #expect(stopped == (isNotSent ? .attemptsExhausted : .notIdempotent))
        #expect(attempts.value == (isNotSent ? 3 : 1))
    }

    @Test func aRejectionNeverReachedTheService() async throws {
        let clock = TestClock()
        let policy = try policy(waitsForRejections: true, clock: clock)
        let task = Task {
            try await policy.execute {
                attempts.update { $0 += 1 }
                if attempts.value == 1 { throw Refusal(retryAfter: .seconds(5)) }
            }
        }
        clock.advance(to: await clock.nextTimerScheduled())
        try await task.value
        #expect(attempts.value == 2)
        #expect(try await reason(self.policy(), Refusal(retryAfter: .seconds(5))) == .rejected)
    }

    @Test func itCostsNoBudgetWhatIsNotTriedAgain() async throws {
        let budget = try RetryBudget(ratio: 0, floor: 0)
        #expect(try await reason(policy(budget: budget), ServiceError.transient) == .notIdempotent)
        #expect(budget.snapshot().refusedRetries == 0)
    }
}
