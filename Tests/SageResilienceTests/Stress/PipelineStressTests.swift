import SageResilience
import SageTesting
import Testing

/// Many tasks through one pipeline: whatever happens to their calls, everything that was taken is given back.
///
/// Run under the thread sanitizer by `make test`.
@Suite(.timeLimit(.minutes(2)))
struct PipelineStressTests {
    private static let tasks = 8
    private static let callsPerTask = 400

    /// What one call runs into.
    private enum Fate: CaseIterable {
        case success
        case suspendedSuccess
        case transientFailure
        case permanentFailure
        case cancellation

        static func drawn(_ generator: inout SeededGenerator) -> Fate {
            allCases.randomElement(using: &generator) ?? .success
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func everythingTakenIsGivenBack(seed: UInt64) async throws {
        let budget = try RetryBudget(ratio: 0.5, floor: 2)
        let breaker = CircuitBreaker(
            "b",
            try CircuitBreakerConfiguration(
                window: .calls(20), minimumCalls: 5, failureRate: 0.6, recoveryTimeout: .nanoseconds(1),
                halfOpenMaxCalls: 2))
        let outer = CircuitBreaker("outer", try CircuitBreakerConfiguration(failureRate: nil))
        let limiter = try RateLimiter.tokenBucket(
            capacity: 100, refillInterval: .nanoseconds(100), maxWait: .seconds(60), maxQueued: 100)
        let retry = RetryPolicy("r", try RetryConfiguration(maxAttempts: 3, backoff: .none, budget: budget))
        let pipeline = InTaskResiliencePipeline("p") {
            outer
            retry
            breaker
            limiter
        }
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<Self.tasks {
                group.addTask {
                    var generator = SeededGenerator(seed: seed &* 1_000 &+ UInt64(task))
                    for _ in 0..<Self.callsPerTask {
                        await Self.call(pipeline, Fate.drawn(&generator))
                    }
                }
            }
        }
        #expect(budget.activeCalls == 0)
        #expect(budget.activeRetries == 0)
        #expect(limiter.snapshot().waiting == 0)
        // Nobody holds a probe: all of them are there for the next half-open period.
        breaker.reset()
        breaker.open(for: .zero)
        let first = try breaker.acquire()
        let second = try breaker.acquire()
        first.ignore()
        second.ignore()
    }

    private static func call(_ pipeline: InTaskResiliencePipeline, _ fate: Fate) async {
        // A task of its own, so that a cancelled call ends nothing else.
        let task = Task {
            try? await pipeline.execute {
                switch fate {
                case .success: break
                case .suspendedSuccess: await Task.yield()
                case .transientFailure: throw ServiceError.transient
                case .permanentFailure: throw ServiceError.permanent
                case .cancellation:
                    withUnsafeCurrentTask { $0?.cancel() }
                    try Task.checkCancellation()
                }
            }
        }
        if fate == .cancellation { task.cancel() }
        await task.value
    }
}
