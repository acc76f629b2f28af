import SageResilience
import SageTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RateLimiterTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()

    private func limiter(_ limit: Int, maxWait: Duration = .seconds(60), maxQueued: Int = 100) throws -> RateLimiter {
        try RateLimiter.slidingWindow(
            "test", limit: limit, per: .seconds(1), maxWait: maxWait, maxQueued: maxQueued, clock: clock,
            listener: recorder)
    }

    private func queueUp(_ count: Int, on limiter: RateLimiter, into order: Order) async -> [Task<Void, any Error>] {
        let tasks = await order.start(count, on: limiter)
        #expect(limiter.snapshot().queued == count)
        return tasks
    }

    @Test func callsAreAdmittedInTheOrderOfArrival() async throws {
        let limiter = try limiter(1)
        let order = Order()
        #expect(limiter.tryAcquire())
        let tasks = await queueUp(5, on: limiter, into: order)
        for task in tasks {
            await clock.nextTimerScheduled()
            clock.advance(by: .seconds(1))
            // Before the next one may go: of two that were admitted either may note its turn first.
            try await task.value
        }
        #expect(await order.admitted == [0, 1, 2, 3, 4])
        let snapshot = limiter.snapshot()
        #expect(snapshot.acquired == 6)
        #expect(snapshot.waited == 5)
        #expect(snapshot.totalWait == .seconds(15))
        #expect(snapshot.longestWait == .seconds(5))
        #expect(snapshot.averageWait == .seconds(3))
        #expect(recorder.kinds.count == 5)
    }

    @Test func aCancelledCallGivesItsPlaceBack() async throws {
        let limiter = try limiter(1)
        let order = Order()
        #expect(limiter.tryAcquire())
        let tasks = await queueUp(4, on: limiter, into: order)
        await clock.nextTimerScheduled()
        tasks[0].cancel()  // The sleeping head.
        tasks[2].cancel()  // A call that waits behind it.
        for index in [0, 2] {
            await #expect(throws: CancellationError.self) { try await tasks[index].value }
        }
        for index in [1, 3] {
            await clock.nextTimerScheduled()
            clock.advance(by: .seconds(1))
            try await tasks[index].value
        }
        #expect(await order.admitted == [1, 3])
        let snapshot = limiter.snapshot()
        #expect(snapshot.cancelled == 2)
        #expect(snapshot.acquired == 3)
        #expect(snapshot.queued == 0)
    }

    @Test func aCancelledTaskUsesNoPermit() async throws {
        let limiter = try limiter(1)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await limiter.acquire()
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(limiter.tryAcquire())
    }

    @Test func refusalsSayWhyAndWhenToComeBack() async throws {
        let limiter = try limiter(2, maxWait: .milliseconds(500), maxQueued: 0)
        #expect(limiter.tryAcquire(2))
        let cases: [(permits: Int, maxWait: Duration?, reason: RejectionReason, retryAfter: Duration?)] = [
            (1, nil, .waitTooLong, .seconds(1)), (1, .zero, .rateLimited, .seconds(1)),
            (1, .seconds(1), .queueFull, .seconds(1)), (3, .seconds(9), .insufficientCapacity, nil),
        ]
        for expected in cases {
            let error = await #expect(throws: RateLimiterError.self) {
                try await limiter.acquire(expected.permits, maxWait: expected.maxWait)
            }
            #expect(error?.reason == expected.reason)
            #expect(error?.retryAfter == expected.retryAfter)
            #expect(error?.policyName == "test")
        }
        #expect(limiter.snapshot().rejected == 4)
        #expect(recorder.kinds.count == 4)
    }

    @Test func anAdmittedOperationKeepsItsResultAndItsError() async throws {
        struct Failure: Error {}
        let limiter = try limiter(2)
        #expect(try await limiter.execute { 42 } == 42)
        await #expect(throws: Failure.self) { try await limiter.execute { throw Failure() } }
        #expect(limiter.snapshot().availablePermits == 0)
    }

    @Test func allWhoAreRefusedTogetherAreReported() async throws {
        let count = 600
        let limiter = try limiter(1, maxWait: .seconds(1_000), maxQueued: count)
        #expect(limiter.tryAcquire())
        let order = Order()
        let tasks = await queueUp(count, on: limiter, into: order)
        await clock.nextTimerScheduled()
        await order.pause(limiter, for: .seconds(10_000))
        for task in tasks { await #expect(throws: RateLimiterError.self) { try await task.value } }
        #expect(recorder.events.map(\.sequence) == Array(1...UInt64(count)))
    }

    @Test func aPauseHoldsBackTheSleepingHead() async throws {
        let limiter = try limiter(1)
        #expect(limiter.tryAcquire())
        async let waiting: Void = limiter.acquire()
        await clock.nextTimerScheduled()
        limiter.pause(for: .seconds(10))
        clock.advance(by: .seconds(1))
        #expect(await clock.nextTimerScheduled().offset == .seconds(10))
        clock.advance(by: .seconds(9))
        try await waiting
        #expect(limiter.snapshot().longestWait == .seconds(10))
    }

    /// Every call ends exactly once, with a grant or a cancellation, and the books balance.
    @Test func cancellationThatRacesWithTheGrantNeitherLosesNorRepeatsACall() async throws {
        for _ in 1...100 {
            let clock = TestClock()
            let limiter = try RateLimiter.slidingWindow(limit: 4, per: .seconds(1), maxWait: .seconds(60), clock: clock)
            #expect(limiter.tryAcquire(4))
            let tasks = (0..<8).map { _ in Task { try await limiter.acquire() } }
            await clock.nextTimerScheduled()
            async let cancellation: Void = { for task in tasks.prefix(4) { task.cancel() } }()
            async let advance: Void = clock.advance(by: .seconds(1))
            _ = await (cancellation, advance)
            async let results = tasks.asyncResults()
            // Whoever is still in the queue sleeps; the clock goes on until all have ended.
            let driver = Task {
                while !Task.isCancelled {
                    await clock.nextTimerScheduled()
                    clock.advance(by: .seconds(1))
                }
            }
            let granted = await results
            driver.cancel()
            await driver.value
            let snapshot = limiter.snapshot()
            #expect(granted >= 4)
            #expect(snapshot.acquiredPermits - snapshot.refundedPermits == 4 + granted)
            #expect(snapshot.queued == 0)
        }
    }

    @Test func onlyALimiterWithAllItsPermitsCanBeForgotten() throws {
        let limiter = try limiter(1)
        #expect(limiter.isEvictable)
        #expect(limiter.tryAcquire())
        #expect(!limiter.isEvictable)
        clock.advance(by: .seconds(1))
        #expect(limiter.isEvictable)
        limiter.pause(for: .seconds(1))
        #expect(!limiter.isEvictable)
    }
}

extension [Task<Void, any Error>] {
    /// How many of the tasks end well.
    fileprivate func asyncResults() async -> Int {
        var count = 0
        for task in self {
            if case .success = await task.result { count += 1 }
        }
        return count
    }
}

/// Queues calls up one after the other; each notes its number when it is admitted.
private actor Order {
    private(set) var admitted: [Int] = []
    private var arrival: CheckedContinuation<Void, Never>?

    /// Starts calls, each after the one before it has taken its place.
    func start(_ count: Int, on limiter: RateLimiter) async -> [Task<Void, any Error>] {
        var tasks: [Task<Void, any Error>] = []
        for index in 0..<count {
            await withCheckedContinuation { continuation in
                arrival = continuation
                tasks.append(Task { try await acquire(index, from: limiter) })
            }
        }
        return tasks
    }

    /// Keeps the actor from announcing the arrival until the call is in the queue and suspends: only then can whoever
    /// waits for the arrival run on.
    private func acquire(_ index: Int, from limiter: RateLimiter) async throws {
        arrival?.resume()
        try await limiter.acquire()
        admitted.append(index)
    }

    /// Keeps the calls that it refuses from going on before it has delivered its share of the events: they deliver the
    /// rest then.
    func pause(_ limiter: RateLimiter, for duration: Duration) {
        limiter.pause(for: duration)
    }
}
