import SageTesting
import Testing

@testable import SageResilience

/// What a retry takes from the context of its call: the deadline and the budget.
@Suite(.timeLimit(.minutes(1)))
struct RetryContextTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()
    private let attempts = Locked(0)

    private func policy(
        _ backoff: Backoff, maxAttempts: Int = 10, totalTimeLimit: Duration? = nil, budget: RetryBudget? = nil
    ) throws -> RetryPolicy {
        RetryPolicy(
            "r",
            try RetryConfiguration(
                maxAttempts: maxAttempts, totalTimeLimit: totalTimeLimit, backoff: backoff, budget: budget),
            clock: clock, listener: recorder)
    }

    private func fail() throws {
        attempts.update { $0 += 1 }
        throw ServiceError.transient
    }

    private var lastReason: RetryStopReason? {
        if case .retryStopped(_, let reason, _) = recorder.kinds.last { reason } else { nil }
    }

    @Test(
        "waits only if the wait ends before the deadline",
        arguments: [(0.0, 1), (-5, 1), (1, 1), (1.000_000_001, 2), (2, 2), (2.5, 3), (100, 10)])
    func deadline(seconds: Double, expected: Int) async throws {
        let policy = try policy(.fixed(.seconds(1)))
        let task = Task {
            try await CallContext.with(deadline: .after(.seconds(seconds), clock: clock)) {
                try await policy.execute { try fail() }
            }
        }
        for _ in 1..<expected { clock.advance(to: await clock.nextTimerScheduled()) }
        await #expect(throws: ServiceError.transient) { try await task.value }
        #expect(attempts.value == expected)
        #expect(lastReason == (expected == 10 ? .attemptsExhausted : .deadlineExceeded))
    }

    @Test("the earlier of deadline and total time counts", arguments: [(2.5, 9.5, 3), (9.5, 2.5, 3), (4.5, 4.5, 5)])
    func bothLimits(total: Double, deadline: Double, expected: Int) async throws {
        let policy = try policy(.fixed(.seconds(1)), totalTimeLimit: .seconds(total))
        let task = Task {
            try await CallContext.with(deadline: .after(.seconds(deadline), clock: clock)) {
                try await policy.execute { try fail() }
            }
        }
        for _ in 1..<expected { clock.advance(to: await clock.nextTimerScheduled()) }
        await #expect(throws: ServiceError.transient) { try await task.value }
        #expect(attempts.value == expected)
        #expect(lastReason == .deadlineExceeded)
    }

    @Test func theBudgetOfTheContextIsUsed() async throws {
        let budget = try RetryBudget(ratio: 0, floor: 1)
        let policy = try policy(.fixed(.seconds(1)), maxAttempts: 2)
        func start() -> Task<Void, any Error> {
            Task {
                try await CallContext.with(retryBudget: budget) { try await policy.execute { try fail() } }
            }
        }
        let first = start()
        await clock.waitForSleepers(1)
        #expect(budget.activeRetries == 1)
        #expect(budget.activeCalls == 1, "active while it holds a retry")
        await #expect(throws: ServiceError.transient) { try await start().value }
        #expect(lastReason == .budgetExhausted)
        #expect(budget.activeCalls == 1)
        clock.advance(by: .seconds(1))
        await #expect(throws: ServiceError.transient) { try await first.value }
        #expect(budget.activeRetries == 0)
        #expect(budget.activeCalls == 0)
        #expect(attempts.value == 3)
    }

    @Test func aBudgetOfItsOwnComesFirst() async throws {
        let (own, inherited) = (try RetryBudget(), try RetryBudget(ratio: 0, floor: 0))
        let policy = try policy(.none, maxAttempts: 3, budget: own)
        await #expect(throws: ServiceError.transient) {
            try await CallContext.with(retryBudget: inherited) { try await policy.execute { try fail() } }
        }
        #expect(attempts.value == 3)
        #expect(own.snapshot().allowedRetries == 2)
        #expect(inherited.snapshot().refusedRetries == 0)
    }

    @Test func tokensOfTheContextLearnFromFailedCalls() async throws {
        let budget = try RetryBudget.tokenBucket()
        let policy = try policy(.none, maxAttempts: 3)
        try await CallContext.with(retryBudget: budget) {
            try await policy.execute {}
            try await policy.execute { if !CallContext.current.isRetrying { throw ServiceError.transient } }
        }
        #expect(budget.snapshot().tokens == 9.1)
        #expect(budget.activeRetries == 0)
    }

    @Test func cancellationGivesTheBudgetOfTheContextBack() async throws {
        let budget = try RetryBudget(ratio: 0, floor: 1)
        let policy = try policy(.fixed(.seconds(1)))
        let task = Task {
            try await CallContext.with(retryBudget: budget) { try await policy.execute { try fail() } }
        }
        await clock.waitForSleepers(1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(budget.activeRetries == 0)
        #expect(budget.activeCalls == 0)
        #expect(budget.snapshot().allowedRetries == 0, "it was called off")
    }

    @Test func aCallDepositsIntoTheBudgetOfTheContextOnce() async throws {
        let budget = try RetryBudget.deposits(ratio: 1, minRetriesPerSecond: 0, clock: clock)
        let policy = try policy(.none, maxAttempts: 3)
        try await CallContext.with(retryBudget: budget) {
            try await policy.execute {}
            await #expect(throws: ServiceError.transient) { try await policy.execute { try fail() } }
        }
        #expect(attempts.value == 2, "one retry was deposited")
        #expect(lastReason == .budgetExhausted)
    }
}
