import SageTesting
import Testing

@testable import SageResilience

@Suite(.timeLimit(.minutes(1)))
struct RetryBudgetTests {
    @Test(
        "Envoy, failsafe-go: a share of the active calls, and a floor",
        arguments: [(25, 5), (2, 3), (0, 3), (15, 3), (19, 3), (20, 4), (100, 20)])
    func allowsAShareOfTheActiveCalls(active: Int, allowed: Int) throws {
        let budget = try RetryBudget()
        for _ in 0..<active { budget.beginCall() }
        #expect(budget.activeCalls == active)
        var begun = 0
        while begun < 1_000, budget.beginRetry() { begun += 1 }
        #expect(begun == allowed)
        #expect(budget.activeRetries == allowed)
        budget.endRetry()
        #expect(budget.beginRetry())
        #expect(!budget.beginRetry())
    }

    @Test func extremes() throws {
        #expect(!(try RetryBudget(ratio: 0, floor: 0).beginRetry()))
        let all = try RetryBudget(ratio: 1, floor: 0)
        #expect(!all.beginRetry())
        all.beginCall()
        #expect(all.beginRetry())
        #expect(!all.beginRetry())
        #expect(RetryBudget.unlimited.beginRetry())
        RetryBudget.unlimited.endRetry()
    }

    @Test(
        arguments: [
            ("ratio", "-0.1", -0.1, 3), ("ratio", "1.1", 1.1, 3), ("ratio", "nan", .nan, 3), ("floor", "-1", 0.2, -1),
        ])
    func refusesByNameAndValue(field: String, value: String, ratio: Double, floor: Int) {
        let error = #expect(throws: ConfigurationError.self) { _ = try RetryBudget(ratio: ratio, floor: floor) }
        #expect(error?.field == field)
        #expect(error?.value == value)
    }

    @Test("envoyproxy/envoy #30205: a retry counts from when it is scheduled")
    func sleepingRetriesCount() async throws {
        let (clock, recorder) = (TestClock(), EventRecorder())
        let budget = try RetryBudget(ratio: 0.2, floor: 3)
        let policy = RetryPolicy(
            "r", try RetryConfiguration(maxAttempts: 2, backoff: .fixed(.seconds(1)), budget: budget), clock: clock,
            listener: recorder)
        // Other calls that are active meanwhile, so that the share is 5.
        for _ in 0..<25 { budget.beginCall() }
        await withTaskGroup(of: Void.self) { group in
            for sleeping in 1...5 {
                group.addTask { try? await policy.execute { throw ServiceError.transient } }
                await clock.waitForSleepers(sleeping)
            }
            #expect(budget.activeRetries == 5)
            #expect(budget.activeCalls == 30)
            // 31 active calls allow 6, and no more while those sleep.
            group.addTask { try? await policy.execute { throw ServiceError.transient } }
            await clock.waitForSleepers(6)
            await #expect(throws: ServiceError.transient) {
                try await policy.execute { throw ServiceError.transient }
            }
            guard case .retryStopped(1, .budgetExhausted, _) = recorder.kinds.last else {
                Issue.record("\(recorder.kinds)")
                return
            }
            clock.advance(by: .seconds(1))
        }
        #expect(budget.activeRetries == 0)
        #expect(budget.activeCalls == 25)
    }

    @Test func aRefusedRetryThrowsTheErrorAtOnce() async throws {
        let (clock, recorder) = (TestClock(), EventRecorder())
        let budget = try RetryBudget(ratio: 0, floor: 0)
        let policy = RetryPolicy("r", try RetryConfiguration(budget: budget), clock: clock, listener: recorder)
        await #expect(throws: ServiceError.transient) {
            try await policy.execute { throw ServiceError.transient }
        }
        guard case .retryStopped(1, .budgetExhausted, _) = recorder.kinds.first else {
            Issue.record("\(recorder.kinds)")
            return
        }
        #expect(recorder.kinds.count == 1)
    }

    @Test func aWaitForARejectionTakesNothingFromTheBudget() async throws {
        let clock = TestClock()
        let budget = try RetryBudget(ratio: 0, floor: 0)
        let policy = RetryPolicy("r", try RetryConfiguration(waitsForRejections: true, budget: budget), clock: clock)
        let attempts = Locked(0)
        let task = Task {
            try await policy.execute {
                attempts.update { $0 += 1 }
                if attempts.value == 1 { throw Refusal(retryAfter: .seconds(40)) }
            }
        }
        clock.advance(to: await clock.nextTimerScheduled())
        try await task.value
        #expect(budget.activeRetries == 0)
        #expect(attempts.value == 2)
    }

    @Test func neverAllowsMoreUnderConcurrency() async throws {
        let budget = try RetryBudget(ratio: 0, floor: 4)
        let (held, most) = (Locked(0), Locked(0))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<2_000 {
                        guard budget.beginRetry() else { continue }
                        let now = held.update { held in
                            held += 1
                            return held
                        }
                        most.update { $0 = max($0, now) }
                        held.update { $0 -= 1 }
                        budget.endRetry()
                    }
                }
            }
        }
        #expect(most.value >= 1 && most.value <= 4)
        #expect(budget.activeRetries == 0)
    }

    @Test(
        "a share is not rounded down by its binary digits",
        arguments: [(0.29, 100, 29), (0.07, 100, 7), (0.57, 100, 57)])
    func binaryFractions(ratio: Double, active: Int, allowed: Int) throws {
        let budget = try RetryBudget(ratio: ratio, floor: 0)
        for _ in 0..<active { budget.beginCall() }
        #expect(budget.snapshot().availableRetries == allowed)
    }

    @Test func canBeForgottenOnlyWhenItIsLikeNew() throws {
        let share = try RetryBudget()
        #expect(share.isEvictable)
        share.beginCall()
        #expect(!share.isEvictable)
        #expect(share.beginRetry())
        share.endCall()
        #expect(!share.isEvictable)
        share.endRetry()
        #expect(share.isEvictable)

        let tokens = try RetryBudget.tokenBucket()
        #expect(tokens.isEvictable)
        tokens.recordFailure(of: ErrorClassification(.transient))
        #expect(!tokens.isEvictable)

        let clock = TestClock()
        let deposits = try RetryBudget.deposits(ratio: 1, clock: clock)
        #expect(deposits.isEvictable)
        deposits.beginCall()
        #expect(!deposits.isEvictable)
        clock.advance(by: .seconds(10))
        #expect(deposits.isEvictable)
    }

    @Test func countsWhatItAllowedAndRefused() throws {
        let budget = try RetryBudget(ratio: 0, floor: 2)
        #expect([budget.beginRetry(), budget.beginRetry(), budget.beginRetry()] == [true, true, false])
        budget.cancelRetry()
        budget.endRetry()
        let snapshot = budget.snapshot()
        #expect(snapshot.allowedRetries == 1)
        #expect(snapshot.refusedRetries == 1)
        #expect(snapshot.availableRetries == 2)
        #expect(snapshot.tokens == nil)
        #expect(snapshot.form == .share(ratio: 0, floor: 2))
    }

    @Test func callsThatBeginAndEndOnDifferentThreadsAddUp() async throws {
        let budget = try RetryBudget()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<1_000 { budget.beginCall() } }
            }
        }
        #expect(budget.activeCalls == 8_000)
        #expect(budget.snapshot().availableRetries == 1_600)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 {
                        if number.isMultiple(of: 2) { budget.endCall() } else { budget.endSuccessfulCall() }
                    }
                }
            }
        }
        #expect(budget.activeCalls == 0)
    }
}
