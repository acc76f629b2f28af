import SageTesting
import Testing

@testable import SageResilience

@Suite(.timeLimit(.minutes(1)))
struct AdaptiveRateLimiterTests {
    private let clock = TestClock()

    /// A limiter that lets 0.5 calls a second through: the service complained at once.
    private func slow(
        maxWait: Duration = .seconds(5), maxQueued: Int = 1_000, listener: (any ResilienceListener)? = nil
    ) throws -> AdaptiveRateLimiter {
        let configuration = try AdaptiveRateLimiterConfiguration(maxWait: maxWait, maxQueued: maxQueued)
        let limiter = AdaptiveRateLimiter("openai", configuration, clock: clock, listener: listener)
        limiter.recordThrottle()
        return limiter
    }

    @Test func limitsNothingUntilTheServiceComplains() async throws {
        let limiter = AdaptiveRateLimiter("openai", clock: clock)
        for _ in 0..<1_000 {
            #expect(limiter.tryAcquire())
            #expect(try await limiter.execute { 7 } == 7)
        }
        let snapshot = limiter.snapshot()
        #expect(!snapshot.isLimiting)
        #expect(snapshot.rate == nil)
        #expect(snapshot.rejected == 0)
        #expect(limiter.isEvictable)
        limiter.recordThrottle()
        #expect(limiter.snapshot().isLimiting)
        #expect(limiter.snapshot().throttled == 1)
        #expect(!limiter.isEvictable)
    }

    @Test func aThrottlingCutsTheRateThatWasMeasured() {
        let recorder = EventRecorder()
        let limiter = AdaptiveRateLimiter("openai", clock: clock, listener: recorder)
        // Ten responses a second.
        for _ in 0..<100 {
            clock.advance(by: .milliseconds(100))
            limiter.recordSuccess()
        }
        let measured = limiter.snapshot().measuredRate
        #expect(abs(measured - 10) < 0.01)
        limiter.recordFailure(ServiceError(.rateLimited))
        #expect(limiter.snapshot().rate == 0.7 * measured)
        guard case .adaptiveRateLimiterReduced(let rate) = recorder.kinds.first else {
            Issue.record("no event")
            return
        }
        #expect(rate == 0.7 * measured)
        #expect(recorder.events.first?.severity == .info)
    }

    @Test(arguments: [
        (ServiceError(.rateLimited), true), (ServiceError(.overloaded), true), (ServiceError(.transient), false),
        (ServiceError(.timeout), false), (ServiceError(.permanent), false), (ServiceError(.unknown), false),
        (ServiceError(.overloaded, fault: .policy), false),
    ])
    func theClassifierDecides(error: ServiceError, throttles: Bool) async {
        let limiter = AdaptiveRateLimiter("openai", clock: clock)
        await #expect(throws: error) { try await limiter.execute { throw error } }
        #expect(limiter.snapshot().isLimiting == throttles)
    }

    @Test func neitherARefusalNorACancellationByTheCallerIsAnAnswer() async {
        let limiter = AdaptiveRateLimiter("openai", clock: clock)
        await #expect(throws: Refusal.self) { try await limiter.execute { throw Refusal() } }
        let task = Task {
            try await limiter.execute {
                withUnsafeCurrentTask { $0?.cancel() }
                throw ServiceError(.rateLimited)
            }
        }
        await #expect(throws: ServiceError.self) { try await task.value }
        clock.advance(by: .seconds(1))
        limiter.recordSuccess()
        #expect(limiter.snapshot().measuredRate == 0.8, "only the last one was counted")
        #expect(!limiter.snapshot().isLimiting)
    }

    @Test func waitsForItsTurnInTheOrderOfArrival() async throws {
        let recorder = EventRecorder()
        let limiter = try slow(listener: recorder)
        let queue = Queue(limiter)
        let tasks = await queue.start(2)
        #expect(limiter.snapshot().queued == 2)
        #expect(!limiter.tryAcquire(), "nobody overtakes")
        await clock.waitForTimer(due: .seconds(2))
        clock.advance(by: .seconds(2))
        await clock.waitForTimer(due: .seconds(2))
        try await tasks[0].value
        #expect(await queue.admitted == [0])
        clock.advance(by: .seconds(2))
        try await tasks[1].value
        #expect(await queue.admitted == [0, 1])
        #expect(limiter.snapshot().waited == 2)
        #expect(limiter.snapshot().longestWait == .seconds(4))
        let waits = recorder.kinds.compactMap { kind -> Duration? in
            if case .rateLimiterWaited(let wait, permits: 1) = kind { wait } else { nil }
        }
        #expect(waits == [.seconds(2), .seconds(4)])
    }

    @Test(arguments: [(0.0, RejectionReason.rateLimited), (1.9, .waitTooLong)])
    func aWaitThatIsKnownToBeTooLongIsRefusedAtOnce(maxWait: Double, reason: RejectionReason) async throws {
        let limiter = try slow(maxWait: .seconds(maxWait))
        let error = await #expect(throws: AdaptiveRateLimiterError.self) { try await limiter.acquire() }
        #expect(error?.reason == reason)
        #expect(error?.retryAfter == .seconds(2))
        #expect(error?.description.contains("openai refused") == true)
        #expect(limiter.snapshot().rejected == 1)
        #expect(clock.pendingDeadlines.isEmpty)
    }

    @Test func aFullQueueRefuses() async throws {
        let limiter = try slow(maxQueued: 1)
        let waiting = Task { try await limiter.acquire() }
        await clock.waitForTimer(due: .seconds(2))
        let error = await #expect(throws: AdaptiveRateLimiterError.self) { try await limiter.acquire() }
        #expect(error?.reason == .queueFull)
        #expect(error?.retryAfter == .seconds(4))
        clock.advance(by: .seconds(2))
        try await waiting.value
    }

    @Test func aCallWhoseDeadlinePassesIsRefusedAtOnce() async throws {
        let limiter = try slow()
        let deadline = Deadline.after(.seconds(1), clock: clock)
        let error = await CallContext.with(deadline: deadline) {
            await #expect(throws: AdaptiveRateLimiterError.self) { try await limiter.acquire() }
        }
        #expect(error?.reason == .deadlineExceeded)
    }

    @Test func whoseTurnComesTooLateAfterAnotherThrottlingIsRefused() async throws {
        let limiter = AdaptiveRateLimiter("openai", clock: clock)
        for _ in 0..<40 {
            clock.advance(by: .milliseconds(250))
            limiter.recordSuccess()
        }
        limiter.recordThrottle()
        while limiter.tryAcquire() {}
        let waiting = await Queue(limiter).start(10)
        #expect(limiter.snapshot().queued == 10)
        // Each one lowers the rate, so that ten calls take more than 5 s.
        for _ in 0..<4 { limiter.recordThrottle() }
        #expect(limiter.snapshot().queued < 10)
        #expect(limiter.snapshot().rejected >= 1 + 10 - limiter.snapshot().queued)
        for task in waiting { task.cancel() }
        for task in waiting { _ = await task.result }
        #expect(limiter.snapshot().queued == 0)
    }

    @Test func aRateThatRisesReachesTheSleepingHead() async throws {
        let configuration = try AdaptiveRateLimiterConfiguration(scale: 1_000)
        let limiter = AdaptiveRateLimiter("openai", configuration, clock: clock)
        limiter.recordThrottle()
        let waiting = Task { try await limiter.acquire() }
        await clock.waitForTimer(due: .seconds(2))
        clock.advance(by: .seconds(1))
        // Half a token is there; at 3.2 calls a second the other half needs 0.16 s rather than 1 s.
        limiter.recordSuccess()
        #expect(limiter.snapshot().rate == 3.2)
        clock.advance(by: .milliseconds(160))
        try await waiting.value
        #expect(limiter.snapshot().longestWait == .milliseconds(1_160))
        #expect(clock.pendingDeadlines.isEmpty)
    }

    @Test func anAnswerServesTheHeadWhoseTokenIsThere() {
        var limiter = AdaptiveRateLimiter.StateMachine(.default, now: .zero)
        _ = limiter.record(isThrottled: true, now: .zero)
        let patience = AdaptiveRateLimiter.Patience(nanoseconds: 9_000_000_000)
        #expect(limiter.admit(patience, now: .zero) == .mustWait)
        let id = limiter.enqueue(patience, now: .zero).id
        let now = Moment(nanoseconds: 2_000_000_000)
        #expect(
            limiter.record(isThrottled: false, now: now) == [
                AdaptiveRateLimiter.Notice(id: id, signal: .granted(waited: 2_000_000_000))
            ])
        #expect(limiter.claim(id, now: now).isEmpty, "the timer of the head that has gone finds nothing to do")
    }

    // MARK: Hints

    @Test(arguments: [
        (ServiceError(.rateLimited, hint: .wait(.seconds(20))), Duration.seconds(20)),
        (ServiceError(.transient, hint: .wait(.seconds(90))), .seconds(60)),
        (ServiceError(.overloaded, hint: .pushBack(.seconds(-1))), nil), (ServiceError(.rateLimited), nil),
        (ServiceError(.permanent, hint: .wait(.seconds(20))), nil),
    ])
    func aServiceThatWantsToBeLeftAloneIs(error: ServiceError, pause: Duration?) async throws {
        let limiter = AdaptiveRateLimiter("openai", clock: clock)
        await #expect(throws: error) { try await limiter.execute { throw error } }
        #expect(limiter.snapshot().pausedFor == pause)
        guard let pause else { return }
        #expect(!limiter.isEvictable)
        clock.advance(by: pause - .nanoseconds(1))
        #expect(!limiter.tryAcquire())
        #expect(limiter.snapshot().availableTokens == 0)
        clock.advance(by: .nanoseconds(1))
        #expect(limiter.tryAcquire())
    }

    @Test func zeroLearnsNoHint() throws {
        let limiter = AdaptiveRateLimiter(
            "openai", try AdaptiveRateLimiterConfiguration(maxServerHint: .zero), clock: clock)
        limiter.recordFailure(ServiceError(.rateLimited, hint: .wait(.seconds(20))))
        #expect(limiter.snapshot().pausedFor == nil)
    }

    @Test func aPauseThatIsTooLongRefusesThoseWhoWaitAndAnotherIsWaitedFor() async throws {
        let limiter = try slow()
        let tasks = await Queue(limiter).start(2)
        limiter.pause(for: .milliseconds(3_500))
        #expect(limiter.snapshot().queued == 1, "the second would have to wait for 5.5 s")
        let error = await #expect(throws: AdaptiveRateLimiterError.self) { try await tasks[1].value }
        #expect(error?.reason == .waitTooLong)
        clock.advance(by: .seconds(2))
        await clock.waitForTimer(due: .milliseconds(1_500))
        clock.advance(by: .milliseconds(1_500))
        try await tasks[0].value
        limiter.pause(for: .seconds(6))
        let refusal = await #expect(throws: AdaptiveRateLimiterError.self) { try await limiter.acquire() }
        #expect(refusal?.retryAfter == .seconds(6))
    }

    @Test func aPauseBeforeTheFirstThrottlingHoldsUpOnlyUntilItEnds() async throws {
        let limiter = AdaptiveRateLimiter("openai", clock: clock)
        limiter.pause(for: .seconds(3))
        let tasks = await Queue(limiter).start(3)
        await clock.waitForTimer(due: .seconds(3))
        clock.advance(by: .seconds(3))
        for task in tasks { try await task.value }
        #expect(limiter.snapshot().rate == nil)
    }

    // MARK: Cancellation

    @Test func aGrantThatFindsItsTaskCancelledIsGivenBack() async throws {
        let limiter = try slow()
        let stage = Stage()
        let waiting = await stage.start { try await limiter.acquire() }
        await stage.cancel(waiting) { [clock] in
            clock.advance(by: .seconds(2))
            limiter.recordSuccess()
        }
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(limiter.snapshot().waited == 1, "it was granted")
        #expect(limiter.tryAcquire())
    }

    @Test func aCancelledTaskDoesNotQueue() async throws {
        let limiter = try slow()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await limiter.acquire()
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(limiter.snapshot().queued == 0)
    }

    @Test func theHeadThatIsCancelledGivesItsPlaceToTheNext() async throws {
        let limiter = try slow()
        let tasks = await Queue(limiter).start(2)
        let (first, second) = (tasks[0], tasks[1])
        await clock.waitForTimer(due: .seconds(2))
        clock.advance(by: .seconds(1))
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        await clock.waitForTimer(due: .seconds(1))
        clock.advance(by: .seconds(1))
        try await second.value
        #expect(limiter.snapshot().cancelled == 1)
        #expect(limiter.snapshot().waited == 1)
    }

    @Test func aCallBehindTheHeadThatIsCancelledLeaves() async throws {
        let limiter = try slow()
        let tasks = await Queue(limiter).start(2)
        let (first, second) = (tasks[0], tasks[1])
        await clock.waitForTimer(due: .seconds(2))
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(limiter.snapshot().queued == 1)
        clock.advance(by: .seconds(2))
        try await first.value
    }

    @Test func cancellationThatRacesWithTheGrantLosesNoToken() async throws {
        for _ in 0..<100 {
            let clock = TestClock()
            let limiter = AdaptiveRateLimiter("race", clock: clock)
            limiter.recordThrottle()
            let first = Task { try await limiter.acquire() }
            await clock.waitForTimer(due: .seconds(2))
            async let cancellation: Void = first.cancel()
            async let advance: Void = clock.advance(by: .seconds(2))
            _ = await (cancellation, advance)
            let granted = (try? await first.value) != nil
            #expect(limiter.snapshot().queued == 0)
            #expect(limiter.tryAcquire() == !granted, "the token is used or still there")
        }
    }

    @Test("smithy-rs #4632: many tasks at once never drive the tokens below nothing")
    func manyTasksNeverOverdraw() async throws {
        let limiter = AdaptiveRateLimiter("busy", clock: clock)
        for _ in 0..<100 {
            clock.advance(by: .milliseconds(10))
            limiter.recordSuccess()
        }
        limiter.recordThrottle()
        clock.advance(by: .seconds(1))
        let burst = Int(limiter.snapshot().availableTokens)
        let granted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    (0..<500).reduce(0) { count, _ in
                        let isGranted = limiter.tryAcquire()
                        if limiter.snapshot().availableTokens < 0 { Issue.record("in debt") }
                        return count + (isGranted ? 1 : 0)
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(granted == burst)
        #expect(granted > 10)
    }

    @Test func anOperationMayUseTheLimiterAgain() async throws {
        let limiter = AdaptiveRateLimiter("openai", clock: clock)
        let waiting = try await limiter.execute { try await limiter.execute { limiter.snapshot().queued } }
        #expect(waiting == 0)
    }

    @Test func isEvictableAgainWhenTheServiceHasLongBorneMore() throws {
        let limiter = try slow()
        #expect(!limiter.isEvictable)
        clock.advance(by: .seconds(10))
        #expect(limiter.isEvictable)
    }
}

/// Queues calls up one after the other; each notes its number when it is admitted.
private actor Queue {
    private let limiter: AdaptiveRateLimiter
    private(set) var admitted: [Int] = []
    private var arrival: CheckedContinuation<Void, Never>?

    init(_ limiter: AdaptiveRateLimiter) {
        self.limiter = limiter
    }

    /// Starts calls, each after the one before it has taken its place.
    func start(_ count: Int) async -> [Task<Void, any Error>] {
        var tasks: [Task<Void, any Error>] = []
        for number in 0..<count {
            await withCheckedContinuation { continuation in
                arrival = continuation
                tasks.append(Task { try await call(number) })
            }
        }
        return tasks
    }

    /// Keeps the actor from announcing the arrival until the call is in the queue and suspends: only then can whoever
    /// waits for the arrival run on.
    private func call(_ number: Int) async throws {
        arrival?.resume()
        try await limiter.acquire()
        admitted.append(number)
    }
}
