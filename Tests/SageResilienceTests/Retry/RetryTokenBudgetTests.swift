import SageTesting
import Testing

@testable import SageResilience

/// Budgets that are a bucket of tokens.
@Suite(.timeLimit(.minutes(1)))
struct RetryTokenBudgetTests {
    private let clock = TestClock()

    @Test(
        "refuses by name and value",
        arguments: [
            ("maximum", "0", 0, 0.1), ("maximum", "1001", 1_001, 0.1), ("maximum", "-5", -5, 0.1),
            ("ratio", "0.0", 10, 0), ("ratio", "0.0009", 10, 0.0009), ("ratio", "-1.0", 10, -1),
            ("ratio", "nan", 10, .nan), ("ratio", "inf", 10, .infinity),
        ])
    func configuration(field: String, value: String, maximum: Int, ratio: Double) {
        let error = #expect(throws: ConfigurationError.self) {
            try RetryBudget.tokenBucket(maximum: maximum, ratio: ratio)
        }
        #expect(error?.field == field)
        #expect(error?.value == value)
    }

    @Test("decimals after the third are dropped", arguments: [(0.5466, 546), (0.57, 570), (1.001, 1001), (0.001, 1)])
    func thousandths(ratio: Double, thousandths: Int) throws {
        let tokens = RetryTokens(maximum: 1_000, ratio: ratio, timeline: Timeline(clock))
        #expect(tokens.afterSuccess(0) == thousandths)
    }

    @Test("a success gives back no more than there is room for", arguments: [0.3, 1, 1_000])
    func fullIsFull(ratio: Double) throws {
        let budget = try RetryBudget.tokenBucket(maximum: 2, ratio: ratio)
        budget.recordFailure(of: ErrorClassification(.transient))
        for _ in 0..<5 { budget.recordSuccess() }
        #expect(budget.snapshot().tokens == 2)
        #expect(budget.isEvictable)
    }

    @Test("only the service's own failures cost", arguments: ErrorClass.allCases)
    func faults(errorClass: ErrorClass) throws {
        let budget = try RetryBudget.tokenBucket()
        budget.recordFailure(of: ErrorClassification(errorClass))
        #expect(budget.snapshot().tokens == (errorClass.fault == .provider ? 9 : 10))
        budget.recordFailure(of: ErrorClassification(errorClass, fault: .policy))
        #expect(budget.snapshot().tokens == (errorClass.fault == .provider ? 9 : 10))
    }

    @Test(arguments: 0...10)
    func tellsHowManyFailuresWouldBeRetried(failures: Int) throws {
        let budget = try RetryBudget.tokenBucket()
        let failure = ErrorClassification(.transient)
        for _ in 0..<failures { budget.recordFailure(of: failure) }
        let available = budget.snapshot().availableRetries
        var retried = 0
        while retried < 20 {
            budget.recordFailure(of: failure)
            guard budget.beginRetry() else { break }
            retried += 1
        }
        #expect(available == retried)
    }

    @Test func callsFillAndEmptyTheBucket() async throws {
        let budget = try RetryBudget.tokenBucket()
        let recorder = EventRecorder()
        let policy = RetryPolicy(
            "r", try RetryConfiguration(maxAttempts: 100, backoff: .none, budget: budget), clock: clock,
            listener: recorder)
        await #expect(throws: ServiceError.transient) {
            try await policy.execute { throw ServiceError.transient }
        }
        guard case .retryStopped(5, .budgetExhausted, _) = recorder.kinds.last else {
            Issue.record("\(recorder.kinds)")
            return
        }
        #expect(budget.snapshot().tokens == 5)
        try await policy.execute {}
        #expect(budget.snapshot().tokens == 5.1)
        // The half and a little more: one failure takes it below, and the call is not retried.
        await #expect(throws: ServiceError.transient) {
            try await policy.execute { throw ServiceError.transient }
        }
        #expect(budget.snapshot().tokens == 4.1)
        for _ in 0..<20 { try await policy.execute {} }
        let attempts = Locked(0)
        try await policy.execute {
            attempts.update { $0 += 1 }
            if attempts.value == 1 { throw ServiceError.transient }
        }
        #expect(attempts.value == 2)
        let snapshot = budget.snapshot()
        #expect(snapshot.tokens == 5.2, "a failure, and the success of the second attempt")
        #expect(snapshot.activeRetries == 0)
        #expect(snapshot.allowedRetries == 5)
        #expect(snapshot.refusedRetries == 2)
        #expect(snapshot.form == .tokens(maximum: 10, ratio: 0.1))
    }

    @Test func whatACancelledCallerSeesCostsNothing() async throws {
        let budget = try RetryBudget.tokenBucket()
        let policy = RetryPolicy("r", try RetryConfiguration(budget: budget), clock: clock)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await policy.execute { throw ServiceError.transient }
        }
        await #expect(throws: ServiceError.transient) { try await task.value }
        #expect(budget.snapshot().tokens == 10)
        await #expect(throws: Refusal.self) { try await policy.execute { throw Refusal() } }
        #expect(budget.snapshot().tokens == 10)
        #expect(budget.isEvictable)
    }

    @Test func whatHasHadNoResultForAMinuteCanBeForgotten() throws {
        let budget = try RetryBudget.tokenBucket(clock: clock)
        budget.recordFailure(of: ErrorClassification(.transient))
        clock.advance(by: .seconds(59))
        #expect(!budget.isEvictable)
        budget.recordSuccess()
        clock.advance(by: .seconds(59))
        #expect(!budget.isEvictable, "the success counts too")
        clock.advance(by: .seconds(1))
        #expect(budget.isEvictable)
        #expect(budget.snapshot().tokens == 9.1, "time gives nothing back")
        #expect(budget.beginRetry())
        #expect(!budget.isEvictable, "a retry is in flight")
        budget.endRetry()
        #expect(budget.isEvictable)
        budget.recordFailure(of: ErrorClassification(.transient))
        #expect(!budget.isEvictable)
    }

    @Test func levelsAddUpUnderConcurrency() async throws {
        let budget = try RetryBudget.tokenBucket(maximum: 1_000, ratio: 1)
        for _ in 0..<500 { budget.recordFailure(of: ErrorClassification(.transient)) }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<2_000 {
                        budget.recordFailure(of: ErrorClassification(.timeout))
                        budget.recordSuccess()
                    }
                }
            }
        }
        #expect(budget.snapshot().tokens == 500)
        #expect(!budget.isEvictable)
    }
}
