import SageResilience
import SageTesting
import Testing

/// Many tasks through one pipeline: whatever happens to their calls, everything that was taken is given back.
///
/// Run under the thread sanitizer by `make test`.
@Suite(.timeLimit(.minutes(3)))
struct PipelineStressTests {
    private static let tasks = 8
    private static let callsPerTask = 200

    /// What one call runs into.
    private enum Fate: CaseIterable {
        case success
        case suspendedSuccess
        case transientFailure
        case overload
        case permanentFailure
        case cancellation
        case hanging

        static func drawn(_ generator: inout SeededGenerator) -> Fate {
            allCases.randomElement(using: &generator) ?? .success
        }

        func meet() async throws {
            switch self {
            case .success: break
            // A call that is suspended once, and may go on in another thread; nothing depends on how long that takes.
            case .suspendedSuccess: await Task.yield()
            case .transientFailure: throw ServiceError.transient
            case .overload: throw ServiceError(.overloaded)
            case .permanentFailure: throw ServiceError.permanent
            case .cancellation:
                withUnsafeCurrentTask { $0?.cancel() }
                try Task.checkCancellation()
            case .hanging: try await Gate().pass()
            }
        }
    }

    /// The policies that hold something for a call while it runs.
    private struct Gates {
        let budget: RetryBudget
        let outer: CircuitBreaker
        let bulkhead: Bulkhead
        let throttle: ClientThrottle
        let limiter: RateLimiter
        let adaptive: AdaptiveLimiter
        let breaker: CircuitBreaker
        let retry: RetryPolicy

        init() throws {
            budget = try RetryBudget(ratio: 0.5, floor: 2)
            outer = CircuitBreaker("outer", try CircuitBreakerConfiguration(failureRate: nil))
            bulkhead = Bulkhead("bulkhead", try BulkheadConfiguration(limit: 5, maxQueued: 100, maxWait: .seconds(60)))
            throttle = ClientThrottle("throttle", try ClientThrottleConfiguration(maxRejectionProbability: 0.3))
            limiter = try RateLimiter.tokenBucket(
                capacity: 100, refillInterval: .nanoseconds(100), maxWait: .seconds(60), maxQueued: 100)
            adaptive = AdaptiveLimiter(
                "adaptive", try AdaptiveLimiterConfiguration(initialLimit: 8, minLimit: 4, maxLimit: 16, window: 4))
            breaker = CircuitBreaker(
                "breaker",
                try CircuitBreakerConfiguration(
                    window: .calls(20), minimumCalls: 5, failureRate: 0.6, recoveryTimeout: .nanoseconds(1),
                    halfOpenMaxCalls: 2, halfOpenMaxWait: .seconds(60), halfOpenMaxQueued: 4))
            retry = RetryPolicy("retry", try RetryConfiguration(maxAttempts: 3, backoff: .none, budget: budget))
        }

        /// Nobody is inside, nobody waits, and every place is there for the next who come.
        func expectNothingHeld() throws {
            #expect(budget.activeCalls == 0)
            #expect(budget.activeRetries == 0)
            #expect(limiter.snapshot().queued == 0)
            #expect(bulkhead.snapshot().inFlight == 0)
            #expect(bulkhead.snapshot().queued == 0)
            #expect(bulkhead.isEvictable)
            #expect(adaptive.snapshot().inFlight == 0)
            let throttled = throttle.snapshot()
            #expect(throttled.accepts >= 0)
            #expect(throttled.requests >= throttled.accepts)
            #expect(outer.snapshot().calls > 0)
            #expect(breaker.snapshot().queued == 0)
            breaker.reset()
            breaker.open(for: .zero)
            let (first, second) = (try breaker.acquire().shared(), try breaker.acquire().shared())
            #expect(breaker.snapshot().probesInFlight == 2)
            first.ignore()
            second.ignore()
            let permits = (0..<bulkhead.snapshot().limit).compactMap { _ in bulkhead.tryAcquire()?.shared() }
            #expect(permits.count == bulkhead.snapshot().limit)
            for permit in permits { permit.release() }
        }
    }

    private static func run(
        seed: UInt64, callsPerTask: Int, _ execute: @escaping @Sendable (Fate) async throws -> Void
    ) async {
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<tasks {
                group.addTask {
                    var generator = SeededGenerator(seed: seed &* 1_000 &+ UInt64(task))
                    for _ in 0..<callsPerTask {
                        let fate = Fate.drawn(&generator)
                        // A task of its own, so that a cancelled call ends nothing else.
                        let call = Task { try? await execute(fate) }
                        if fate == .cancellation { call.cancel() }
                        await call.value
                    }
                }
            }
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func everythingTakenIsGivenBack(seed: UInt64) async throws {
        let gates = try Gates()
        let pipeline = InTaskResiliencePipeline("p") {
            gates.outer
            gates.bulkhead
            gates.throttle
            gates.retry
            gates.breaker
            gates.limiter
            gates.adaptive
        }
        await Self.run(seed: seed, callsPerTask: Self.callsPerTask) { fate in
            // Without a time limit nothing would end what hangs.
            try await pipeline.execute { try await (fate == .hanging ? .suspendedSuccess : fate).meet() }
        }
        try gates.expectNothingHeld()
    }

    @Test(arguments: [4, 5, 6] as [UInt64])
    func everythingTakenByCopiesAndLateCallsIsGivenBack(seed: UInt64) async throws {
        let gates = try Gates()
        let hedge = Hedge(
            "hedge", try HedgeConfiguration(delay: .fixed(.microseconds(100)), maxHedges: 2, budget: gates.budget))
        let limits = (try TimeLimiter(.seconds(60)), try TimeLimiter(.milliseconds(1)))
        let pipeline = ResiliencePipeline("p") {
            gates.outer
            limits.0
            gates.throttle
            gates.retry
            gates.breaker
            gates.limiter
            hedge
            gates.bulkhead
            gates.adaptive
            limits.1
        }
        await Self.run(seed: seed, callsPerTask: Self.callsPerTask / 4) { fate in
            try await pipeline.execute { try await fate.meet() }
        }
        try gates.expectNothingHeld()
        #expect(hedge.snapshot().inFlight == 0)
        #expect(limits.1.snapshot().exceeded > 0)
        #expect(hedge.snapshot().copies > 0)
    }
}
