import SageResilience
import SageTesting
import Testing

/// Calls whose end is reported later pass all gates and nothing else.
@Suite(.timeLimit(.minutes(1)))
struct PipelinePermitTests {
    private let clock = TestClock()
    private let breakers: [CircuitBreaker]
    private let limiter: RateLimiter
    private let pipeline: ResiliencePipeline

    init() throws {
        let clock = clock
        let breakers = try (1...3).map {
            CircuitBreaker("b\($0)", try CircuitBreakerConfiguration(slowCallDuration: .seconds(5)), clock: clock)
        }
        let limiter = try RateLimiter.tokenBucket(
            capacity: 2, refillInterval: .seconds(10), maxWait: .seconds(60), clock: clock)
        self.breakers = breakers
        self.limiter = limiter
        self.pipeline = try ResiliencePipeline("p") {
            try RetryPolicy.fixed()
            breakers[0]
            try TimeLimiter(.seconds(1), clock: clock)
            breakers[1]
            breakers[2]
            limiter
        }
    }

    private var calls: [Int] { breakers.map { $0.snapshot().calls } }
    private var failures: [Int] { breakers.map { $0.snapshot().failures } }

    @Test func aSuccessIsRecordedByAllGates() async throws {
        let permit = try await pipeline.acquire()
        #expect(calls == [0, 0, 0])
        permit.succeed()
        #expect(calls == [1, 1, 1])
        #expect(limiter.snapshot().acquired == 1)
    }

    @Test func anErrorIsRecordedByAllGates() async throws {
        let permit = try await pipeline.acquire()
        permit.fail(ServiceError.transient)
        #expect(failures == [1, 1, 1])
    }

    @Test func droppedIsIgnored() async throws {
        _ = try await pipeline.acquire()
        let permit = try await pipeline.acquire()
        permit.ignore()
        #expect(calls == [0, 0, 0])
    }

    @Test func onlyTheFirstVerdictOfASharedPermitCounts() async throws {
        let permit = try await pipeline.acquire().shared()
        permit.fail(ServiceError.transient)
        permit.succeed()
        permit.ignore()
        #expect(calls == [1, 1, 1])
        #expect(failures == [1, 1, 1])
    }

    @Test func theDurationEndsWhereItIsStopped() async throws {
        let permit = try await pipeline.acquire().shared()
        clock.advance(by: .seconds(4))
        permit.stopTiming()
        clock.advance(by: .seconds(100))
        permit.stopTiming()
        permit.succeed()
        #expect(breakers.map { $0.snapshot().slowCalls } == [0, 0, 0])
        #expect(breakers.map { $0.snapshot().totalDuration } == Array(repeating: .seconds(4), count: 3))
    }

    @Test func aRefusalGivesBackWhatOtherGatesHadGranted() async throws {
        breakers[2].open(for: .seconds(1))
        clock.advance(by: .seconds(1))
        breakers[1].open(for: .seconds(10))
        await #expect(throws: CircuitBreakerError.self) { _ = try await pipeline.acquire() }
        // The third breaker's only probe slots are still there.
        breakers[1].reset()
        let permit = try await pipeline.acquire()
        permit.succeed()
        #expect(calls[0] == 1)
    }

    @Test func waitsInTheQueueWithoutCountingItAsTheServicesTime() async throws {
        (try await pipeline.acquire()).succeed()
        (try await pipeline.acquire()).succeed()
        let waiting = Task { [pipeline] in
            let permit = try await pipeline.acquire()
            permit.succeed()
        }
        await clock.waitForSleepers(1)
        clock.advance(by: .seconds(10))
        try await waiting.value
        #expect(calls == [3, 3, 3])
        #expect(breakers.map { $0.snapshot().slowCalls } == [0, 0, 0])
    }

    @Test func cancelledWhileItWaitsItGivesEverythingBack() async throws {
        for _ in 1...2 { (try await pipeline.acquire()).succeed() }
        let waiting = Task { [pipeline] in _ = try await pipeline.acquire() }
        await clock.waitForSleepers(1)
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(calls == [2, 2, 2])
        #expect(limiter.snapshot().queued == 0)
    }
}
