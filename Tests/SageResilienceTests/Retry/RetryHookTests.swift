import SageTesting
import Testing

@testable import SageResilience

/// What a user's code may do while a retry decides, without breaking the call or leaving something behind.
@Suite(.timeLimit(.minutes(1)))
struct RetryHookTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()
    private let attempts = Locked(0)
    private let budget: RetryBudget

    init() throws {
        budget = try RetryBudget(ratio: 0, floor: 2)
    }

    private func policy(
        _ backoff: Backoff, classifier: ErrorClassifier = .default,
        onRetry: @escaping @Sendable (RetryPolicy.Attempt) -> Void = { _ in }
    ) throws -> RetryPolicy {
        RetryPolicy(
            "r", try RetryConfiguration(backoff: backoff, classifier: classifier, budget: budget), onRetry: onRetry,
            clock: clock, listener: recorder)
    }

    @Test func everyStrategyTakesAHook() async throws {
        let told = Locked<[Int]>([])
        let hook: @Sendable (RetryPolicy.Attempt) -> Void = { attempt in told.update { $0.append(attempt.number) } }
        let policies = [
            try RetryPolicy.fixed(delay: .zero, maxRetries: 1, onRetry: hook),
            try .linear(initialDelay: .zero, maxRetries: 1, onRetry: hook),
            try .exponential(initialDelay: .zero, maxRetries: 1, onRetry: hook),
            try .fibonacci(initialDelay: .zero, maxRetries: 1, onRetry: hook),
        ]
        for policy in policies {
            await #expect(throws: ServiceError.transient) { try await policy.execute { try fail() } }
        }
        #expect(told.value == [2, 2, 2, 2])
    }

    private func fail() throws {
        attempts.update { $0 += 1 }
        throw ServiceError.transient
    }

    private func expectNothingHeld() {
        #expect(budget.activeCalls == 0)
        #expect(budget.activeRetries == 0)
        #expect(clock.pendingDeadlines.isEmpty)
    }

    @Test("a hook that cancels the call ends it, even when there is nothing to wait for", arguments: [0, 5])
    func cancels(seconds: Int) async throws {
        let policy = try policy(.fixed(.seconds(seconds))) { _ in withUnsafeCurrentTask { $0?.cancel() } }
        let task = Task { try await policy.execute { try fail() } }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(attempts.value == 1)
        guard case .retryStopped(1, .cancelled, _) = recorder.kinds.last else {
            Issue.record("\(recorder.kinds)")
            return
        }
        expectNothingHeld()
    }

    @Test("the time that a hook takes is part of the wait", arguments: [(0, 10), (4, 10), (10, 10), (25, 25)])
    func slow(hook: Int, end: Int) async throws {
        let clock = clock
        let policy = try policy(.fixed(.seconds(10))) { _ in clock.advance(by: .seconds(hook)) }
        let task = Task {
            try await policy.execute { if !CallContext.current.isRetrying { try fail() } }
        }
        if hook < 10 {
            let due = await clock.nextTimerScheduled()
            #expect(due.offset == .seconds(end))
            clock.advance(to: due)
        }
        try await task.value
        #expect(clock.now.offset == .seconds(end))
        expectNothingHeld()
    }

    @Test func aHookMayUseTheSamePolicyAndBudget() async throws {
        let calls = Locked<[Task<Int, any Error>]>([])
        let own = Locked<RetryPolicy?>(nil)
        let policy = try policy(.none) { [budget] _ in
            if budget.beginRetry() { budget.cancelRetry() }
            guard let policy = own.value else { return }
            calls.update { calls in calls.append(Task { try await policy.execute { 5 } }) }
        }
        own.update { $0 = policy }
        await #expect(throws: ServiceError.transient) { try await policy.execute { try fail() } }
        #expect(calls.value.count == 2)
        for call in calls.value { #expect(try await call.value == 5) }
        own.update { $0 = nil }
        expectNothingHeld()
    }

    @Test func anOperationMayUseTheSamePolicy() async throws {
        let policy = try policy(.none)
        await #expect(throws: ServiceError.transient) {
            try await policy.execute { try await policy.execute { try fail() } }
        }
        #expect(attempts.value == 3 + 2, "added, not multiplied")
        expectNothingHeld()
    }

    @Test func aListenerAndAClassifierMayCancel() async throws {
        struct Canceller: ResilienceListener {
            func receive(_ event: ResilienceEvent) { withUnsafeCurrentTask { $0?.cancel() } }
        }
        let listening = RetryPolicy(
            "l", try RetryConfiguration(backoff: .fixed(.seconds(1)), budget: budget), clock: clock,
            listener: Canceller())
        let classifying = try policy(
            .fixed(.seconds(1)),
            classifier: ErrorClassifier { _ in
                withUnsafeCurrentTask { $0?.cancel() }
                return ErrorClassification(.transient)
            })
        await #expect(throws: CancellationError.self) {
            try await Task { try await listening.execute { try fail() } }.value
        }
        await #expect(throws: ServiceError.transient) {
            try await Task { try await classifying.execute { try fail() } }.value
        }
        #expect(attempts.value == 2)
        expectNothingHeld()
    }

    @Test func aBackoffMayUseTheBudget() async throws {
        let budget = budget
        let policy = try policy(
            .custom { _, _ in
                #expect(budget.activeRetries == 1)
                if budget.beginRetry() { budget.endRetry() }
                return .zero
            })
        await #expect(throws: ServiceError.transient) { try await policy.execute { try fail() } }
        #expect(attempts.value == 3)
        expectNothingHeld()
    }
}
