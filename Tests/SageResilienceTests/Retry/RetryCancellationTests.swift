import SageTesting
import Testing

@testable import SageResilience

/// A cancelled caller gets out at once, and leaves nothing behind.
@Suite(.timeLimit(.minutes(1)))
struct RetryCancellationTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()
    private let attempts = Locked(0)
    private let budget: RetryBudget

    init() throws {
        budget = try RetryBudget(ratio: 0, floor: 1)
    }

    private func policy() throws -> RetryPolicy {
        RetryPolicy(
            "r", try RetryConfiguration(maxAttempts: 10, backoff: .fixed(.seconds(10)), budget: budget), clock: clock,
            listener: recorder)
    }

    private func expectNothingHeld() {
        #expect(budget.activeCalls == 0)
        #expect(budget.activeRetries == 0)
        #expect(clock.pendingDeadlines.isEmpty)
    }

    @Test func cancellationEndsAWaitAtOnceAndGivesTheBudgetBack() async throws {
        let policy = try policy()
        let task = Task { [attempts] in
            try await policy.execute {
                attempts.update { $0 += 1 }
                throw ServiceError.transient
            }
        }
        await clock.nextTimerScheduled()
        #expect(budget.activeRetries == 1)
        #expect(budget.activeCalls == 1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(attempts.value == 1)
        #expect(clock.now == TestClock.Instant())
        guard case .retryStopped(1, .cancelled, let error) = recorder.kinds.last else {
            Issue.record("\(recorder.kinds)")
            return
        }
        #expect(error as? ServiceError == .transient)
        expectNothingHeld()
    }

    @Test func aFailureOfACancelledCallerIsNotRetried() async throws {
        let policy = try policy()
        let gate = Gate()
        let task = Task { [attempts] in
            try await policy.execute {
                attempts.update { $0 += 1 }
                await gate.passStubbornly()
                throw ServiceError.transient
            }
        }
        task.cancel()
        gate.open()
        await #expect(throws: ServiceError.transient) { try await task.value }
        #expect(attempts.value == 1)
        guard case .retryStopped(1, .cancelled, _) = recorder.kinds.first else {
            Issue.record("\(recorder.kinds)")
            return
        }
        expectNothingHeld()
    }

    @Test(
        "a limit that fires is a failure of the service and leaves no time, whatever the client throws",
        arguments: [CancellationError() as any Error, UnknownError(), ServiceError.permanent])
    func aLimitThatFires(error: any Error) async throws {
        let tokens = try RetryBudget.tokenBucket()
        let policy = RetryPolicy("r", try RetryConfiguration(budget: tokens), clock: clock, listener: recorder)
        let limiter = try TimeLimiter(.seconds(5), clock: clock)
        let gate = Gate()
        let task = Task { [attempts] in
            try await limiter.execute {
                try await policy.execute {
                    attempts.update { $0 += 1 }
                    try? await gate.pass()
                    throw error
                }
            }
        }
        clock.advance(to: await clock.nextTimerScheduled())
        await #expect(throws: TimeLimiterError.self) { try await task.value }
        #expect(attempts.value == 1)
        guard case .retryStopped(1, .deadlineExceeded, _) = recorder.kinds.last else {
            Issue.record("\(recorder.kinds)")
            return
        }
        #expect(tokens.snapshot().tokens == 9)
        #expect(policy.snapshot().stops == [.deadlineExceeded: 1])
        expectNothingHeld()
    }

    @Test func aCallerThatWasCancelledBeforeGetsOneAttempt() async throws {
        let policy = try policy()
        let gate = Gate()
        let task = Task { [attempts] in
            await gate.passStubbornly()
            try await policy.execute {
                attempts.update { $0 += 1 }
                try Task.checkCancellation()
            }
        }
        task.cancel()
        gate.open()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(attempts.value == 1)
        expectNothingHeld()
    }

    @Test func cancellationInALaterAttemptGivesTheBudgetBack() async throws {
        let policy = try policy()
        let gate = Gate()
        let task = Task { [attempts] in
            try await policy.execute {
                let attempt = attempts.update { attempts in
                    attempts += 1
                    return attempts
                }
                if attempt == 1 { throw ServiceError.transient }
                try await gate.pass()
            }
        }
        clock.advance(to: await clock.nextTimerScheduled())
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(attempts.value <= 2)
        expectNothingHeld()
    }

    @Test func cancellationAmongManyLeavesNothingBehind() async throws {
        let many = try RetryBudget(ratio: 0, floor: 1_000)
        let policy = RetryPolicy(
            "r", try RetryConfiguration(backoff: .fixed(.seconds(10)), budget: many), clock: clock)
        let tasks = (0..<200).map { _ in
            Task { try await policy.execute { throw ServiceError.transient } }
        }
        await clock.waitForSleepers(50)
        for task in tasks { task.cancel() }
        for task in tasks {
            let result = await task.result
            #expect(throws: (any Error).self) { try result.get() }
        }
        #expect(many.activeCalls == 0)
        #expect(many.activeRetries == 0)
        #expect(clock.pendingDeadlines.isEmpty)
    }
}
