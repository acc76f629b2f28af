import SageResilience
import SageTesting
import Testing

/// What reaches a call while it waits.
@Suite(.timeLimit(.minutes(1)))
struct RateLimiterWaitingTests {
    private let clock = TestClock()

    private func limiter(_ limit: Int, maxWait: Duration = .seconds(60)) throws -> RateLimiter {
        try RateLimiter.tokenBucket(limit: limit, per: .seconds(Int64(limit)), maxWait: maxWait, clock: clock)
    }

    @Test func aPauseThatIsTooLongRefusesTheSleepingHeadAtOnce() async throws {
        let limiter = try limiter(1, maxWait: .seconds(5))
        #expect(limiter.tryAcquire())
        let waiting = Task { try await limiter.acquire() }
        await clock.nextTimerScheduled()
        limiter.pause(for: .seconds(30))
        // The clock stands still: only the pause can have told it.
        let error = await #expect(throws: RateLimiterError.self) { try await waiting.value }
        #expect(error?.reason == .waitTooLong)
        #expect(error?.retryAfter == .seconds(30))
        #expect(clock.pendingDeadlines.isEmpty)
        #expect(limiter.snapshot().rejected == 1)
    }

    @Test func aRefundServesTheSleepingHeadAtOnce() async throws {
        let limiter = try limiter(10)
        let reservation = try await limiter.reserve(10)
        let waiting = Task { try await limiter.acquire(4) }
        await clock.nextTimerScheduled()
        reservation.settle(actual: 6)
        try await waiting.value
        #expect(clock.pendingDeadlines.isEmpty)
        #expect(limiter.snapshot().availablePermits == 0)
    }

    @Test func aGrantThatFindsItsTaskCancelledIsGivenBack() async throws {
        let limiter = try limiter(10)
        let reservation = try await limiter.reserve(10).shared()
        let stage = Stage()
        let waiting = await stage.start { try await limiter.acquire(4) }
        #expect(limiter.snapshot().queued == 1)
        await stage.cancel(waiting) { reservation.settle(actual: 6) }
        await #expect(throws: CancellationError.self) { try await waiting.value }
        let snapshot = limiter.snapshot()
        #expect(snapshot.queued == 0)
        #expect(snapshot.acquired == 2, "it was granted")
        #expect(snapshot.refundedPermits == 8)
        #expect(snapshot.availablePermits == 4)
    }

    @Test func aDebitMovesTheSleepingHead() async throws {
        let limiter = try limiter(10)
        let reservation = try await limiter.reserve(10)
        let waiting = Task { try await limiter.acquire(4) }
        #expect(await clock.nextTimerScheduled().offset == .seconds(4))
        reservation.settle(actual: 13)
        #expect(await clock.nextTimerScheduled().offset == .seconds(7))
        clock.advance(by: .seconds(7))
        try await waiting.value
    }

    @Test func aCallWhoseDeadlineWouldPassIsRefusedAtOnce() async throws {
        let limiter = try limiter(1)
        #expect(limiter.tryAcquire())
        let clock = clock
        await CallContext.with(deadline: .after(.milliseconds(999), clock: clock)) {
            let error = await #expect(throws: RateLimiterError.self) { try await limiter.acquire() }
            #expect(error?.reason == .deadlineExceeded)
            #expect(error?.retryAfter == .seconds(1))
            guard case .rejected(let refusal) = limiter.admit(1, now: .zero) else {
                Issue.record("not refused")
                return
            }
            #expect(refusal.reason == .deadlineExceeded)
        }
        try await CallContext.with(deadline: .after(.seconds(1), clock: clock)) {
            async let waiting: Void = limiter.acquire()
            await clock.nextTimerScheduled()
            clock.advance(by: .seconds(1))
            try await waiting
        }
    }

    @Test func aDeadlineThatHasPassedDoesNotMatterWhileThereArePermits() async throws {
        let limiter = try limiter(1)
        try await CallContext.with(deadline: .after(.zero, clock: clock)) { try await limiter.acquire() }
    }

    @Test(arguments: [true, false])
    func aCancelledTaskDoesNotQueueUp(executes: Bool) async throws {
        let limiter = try limiter(1)
        #expect(limiter.tryAcquire())
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            if executes { try await limiter.execute {} } else { try await limiter.acquire() }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        let snapshot = limiter.snapshot()
        #expect(snapshot.queued == 0)
        #expect(snapshot.rejected == 0)
        #expect(clock.pendingDeadlines.isEmpty)
    }

    @Test func anOperationMayUseItsOwnLimiter() async throws {
        let limiter = try limiter(2)
        try await limiter.execute { try await limiter.execute { limiter.pause(for: .seconds(1)) } }
        #expect(limiter.snapshot().acquired == 2)
        #expect(limiter.snapshot().pausedFor == .seconds(1))
    }

    @Test func aClockThatFailsEndsTheWait() async throws {
        let limiter = try RateLimiter.tokenBucket(capacity: 1, refillInterval: .seconds(1), clock: BrokenClock())
        #expect(limiter.tryAcquire())
        await #expect(throws: CancellationError.self) { try await limiter.acquire() }
        #expect(limiter.snapshot().queued == 0)
    }

    @Test(arguments: [
        (1, 0), (2, 1), (5, 1), (6, 2), (250, 5), (1_000, 7), (1_001, 8), (30_000, 11), (60_000, 12), (60_001, 13),
    ])
    func aWaitIsCountedInItsBucket(milliseconds: Int, bucket: Int) async throws {
        let limiter = try RateLimiter.tokenBucket(
            capacity: 1, refillInterval: .milliseconds(milliseconds), maxWait: .seconds(100), clock: clock)
        #expect(limiter.tryAcquire())
        async let waiting: Void = limiter.acquire()
        await clock.nextTimerScheduled()
        clock.advance(by: .milliseconds(milliseconds))
        try await waiting
        let waits = limiter.snapshot().waits
        #expect(waits.counts.count == RateLimiter.WaitHistogram.upperBounds.count + 1)
        #expect(waits.counts[bucket] == 1)
        #expect(waits.counts.reduce(0, +) == 1)
        #expect(waits.count == 1)
        #expect(waits.total == .milliseconds(milliseconds))
        #expect(waits.longest == .milliseconds(milliseconds))
    }
}

/// A clock on which nobody can sleep.
private struct BrokenClock: Clock {
    struct Failure: Error {}

    private let clock = TestClock()
    var now: TestClock.Instant { clock.now }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: TestClock.Instant, tolerance: Duration?) async throws {
        throw Failure()
    }
}
