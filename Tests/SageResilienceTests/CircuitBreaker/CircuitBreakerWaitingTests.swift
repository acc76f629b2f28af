import SageTesting
import Testing

@testable import SageResilience

/// Calls that wait for the verdict of a half-open breaker.
@Suite(.timeLimit(.minutes(1)))
struct CircuitBreakerWaitingTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()

    private func halfOpen(
        probes: Int = 2, waiting: Int = 10, successes: Int? = nil, maxWait: Duration? = .seconds(3_600),
        ramp: CircuitBreakerConfiguration.Ramp? = nil
    ) throws -> CircuitBreaker {
        let breaker = CircuitBreaker(
            "b",
            try CircuitBreakerConfiguration(
                recoveryTimeout: .seconds(10), recoveryJitter: 0, halfOpenMaxCalls: probes,
                successesToClose: successes, halfOpenMaxWait: maxWait, halfOpenMaxQueued: waiting, ramp: ramp),
            clock: clock, random: .constant(0.5), listener: recorder)
        breaker.open(for: .zero)
        return breaker
    }

    /// Starts a call and returns when it waits, which shows by the timer that ends its wait.
    private func waiter(
        _ breaker: CircuitBreaker, _ ran: Locked<[Int]>, _ number: Int = 0, deadline: Duration? = nil
    ) async -> Task<Void, any Error> {
        let task = Task {
            let deadline = deadline.map { Deadline.after($0, clock: clock) }
            try await CallContext.with(deadline: deadline) {
                try await breaker.execute { ran.update { $0.append(number) } }
            }
        }
        _ = await clock.nextTimerScheduled()
        return task
    }

    private func refusal(of task: Task<Void, any Error>) async -> CircuitBreakerError? {
        await #expect(throws: CircuitBreakerError.self) { try await task.value }
    }

    enum Verdict: CaseIterable { case closed, open, cancelled }

    @Test("cockatiel: the third caller of two waits for the verdict", arguments: Verdict.allCases)
    func theThirdCallerWaits(verdict: Verdict) async throws {
        let breaker = try halfOpen()
        let ran = Locked<[Int]>([])
        let probes = (try breaker.acquire().shared(), try breaker.acquire().shared())
        let third = await waiter(breaker, ran)
        #expect(breaker.snapshot().queued == 1)
        #expect(ran.value.isEmpty)
        probes.0.succeed()
        #expect(ran.value.isEmpty)
        switch verdict {
        case .closed:
            probes.1.succeed()
            try await third.value
            #expect(ran.value == [0])
            #expect(breaker.snapshot().calls == 1)
            #expect(breaker.snapshot().rejected == 0)
        case .open:
            probes.1.fail(ServiceError.transient)
            let error = await refusal(of: third)
            #expect(error?.reason == .circuitOpen)
            // A failed recovery lengthens the next.
            #expect(error?.retryAfter == .seconds(20))
            #expect(ran.value.isEmpty)
            #expect(breaker.snapshot().rejected == 1)
            guard case .circuitBreakerRejected(.circuitOpen) = recorder.kinds.last else {
                Issue.record("\(recorder.kinds)")
                return
            }
        case .cancelled:
            third.cancel()
            await #expect(throws: CancellationError.self) { try await third.value }
            #expect(breaker.snapshot().queued == 0)
            probes.1.succeed()
            #expect(breaker.state == .closed)
            #expect(ran.value.isEmpty)
            #expect(breaker.snapshot().calls == 0)
        }
        #expect(breaker.snapshot().queued == 0)
    }

    @Test func theFirstInLineTakesThePlaceOfAProbeWithoutAVerdict() async throws {
        let breaker = try halfOpen(probes: 1, successes: 2)
        let ran = Locked<[Int]>([])
        let probe = try breaker.acquire()
        let first = await waiter(breaker, ran, 1)
        let second = await waiter(breaker, ran, 2)
        probe.ignore()
        // The first becomes a probe and succeeds, then the second does, which closes.
        try await first.value
        try await second.value
        #expect(ran.value == [1, 2])
        #expect(breaker.state == .closed)
        #expect(breaker.snapshot().rejected == 0)
    }

    @Test("the number of those who wait is bounded", arguments: [1, 3])
    func theQueueIsBounded(waiting: Int) async throws {
        let breaker = try halfOpen(probes: 1, waiting: waiting)
        let ran = Locked<[Int]>([])
        let probe = try breaker.acquire()
        var tasks: [Task<Void, any Error>] = []
        for number in 0..<waiting { tasks.append(await waiter(breaker, ran, number)) }
        let error = await #expect(throws: CircuitBreakerError.self) { try await breaker.execute {} }
        #expect(error?.reason == .queueFull)
        #expect(breaker.snapshot().rejected == 1)
        #expect(throws: CircuitBreakerError.self) { _ = try breaker.acquire() }
        probe.succeed()
        for task in tasks { try await task.value }
        #expect(ran.value.sorted() == Array(0..<waiting))
    }

    @Test func withoutWaitingCallsAreRefusedAtOnce() async throws {
        let breaker = try halfOpen(probes: 1, waiting: 0)
        let probe = try breaker.acquire()
        let error = await #expect(throws: CircuitBreakerError.self) { _ = try await breaker.acquireWaiting() }
        #expect(error?.reason == .halfOpenLimit)
        probe.ignore()
        try await breaker.acquireWaiting().succeed()
        #expect(breaker.state == .closed)
    }

    @Test func theDeadlineOfTheCallEndsTheWait() async throws {
        let breaker = try halfOpen(probes: 1, maxWait: .seconds(60))
        let ran = Locked<[Int]>([])
        let probe = try breaker.acquire()
        let task = await waiter(breaker, ran, deadline: .seconds(5))
        clock.advance(by: .seconds(5))
        #expect(await refusal(of: task)?.reason == .deadlineExceeded)
        #expect(breaker.snapshot().queued == 0)
        #expect(breaker.snapshot().rejected == 1)
        #expect(breaker.state == .halfOpen)
        guard case .circuitBreakerRejected(.deadlineExceeded) = recorder.kinds.last else {
            Issue.record("\(recorder.kinds)")
            return
        }
        probe.succeed()
        #expect(breaker.state == .closed)
        #expect(ran.value.isEmpty)
    }

    @Test func aDeadlineThatHasPassedDoesNotWait() async throws {
        let breaker = try halfOpen(probes: 1)
        let probe = try breaker.acquire()
        let error = await #expect(throws: CircuitBreakerError.self) {
            try await CallContext.with(deadline: .after(.zero, clock: clock)) { try await breaker.execute {} }
        }
        #expect(error?.reason == .deadlineExceeded)
        #expect(breaker.snapshot().rejected == 1)
        probe.ignore()
        // Where there is nothing to wait for the deadline is not the breaker's business.
        try await CallContext.with(deadline: .after(.zero, clock: clock)) { try await breaker.execute {} }
    }

    @Test func theEndOfTheTrialEndsTheWait() async throws {
        let breaker = try halfOpen(probes: 1, maxWait: .seconds(3))
        let ran = Locked<[Int]>([])
        let probe = try breaker.acquire()
        let task = await waiter(breaker, ran, deadline: .seconds(5))
        clock.advance(by: .seconds(3))
        let error = await refusal(of: task)
        #expect(error?.reason == .circuitOpen)
        // The second opening lasts twice as long.
        #expect(error?.retryAfter == .seconds(20))
        #expect(breaker.state == .open)
        probe.succeed()
        #expect(breaker.state == .open)
        #expect(ran.value.isEmpty)
    }

    @Test func noTimerIsLeftAfterTheVerdict() async throws {
        let breaker = try halfOpen(probes: 1, maxWait: .seconds(60))
        let ran = Locked<[Int]>([])
        let probe = try breaker.acquire()
        let task = await waiter(breaker, ran)
        #expect(clock.pendingDeadlines.count == 1)
        probe.succeed()
        try await task.value
        #expect(clock.pendingDeadlines.isEmpty)
        let ended = try halfOpen(probes: 1, maxWait: .seconds(60))
        let second = try ended.acquire()
        let cancelled = await waiter(ended, ran)
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(clock.pendingDeadlines.isEmpty)
        second.ignore()
    }

    @Test(arguments: [CircuitBreaker.State.closed, .disabled, .metricsOnly, .forcedOpen, .open])
    func aChangeByHandIsAVerdict(state: CircuitBreaker.State) async throws {
        let breaker = try halfOpen(probes: 1)
        let ran = Locked<[Int]>([])
        let probe = try breaker.acquire()
        let task = await waiter(breaker, ran)
        try breaker.transition(to: state)
        switch state {
        case .forcedOpen: #expect(await refusal(of: task)?.reason == .circuitForcedOpen)
        case .open: #expect(await refusal(of: task)?.reason == .circuitOpen)
        default:
            try await task.value
            #expect(ran.value == [0])
        }
        #expect(breaker.snapshot().rejected == (ran.value.isEmpty ? 1 : 0))
        probe.ignore()
    }

    @Test("those who waited meet the ramp like all others", arguments: [(0.6, true), (0.4, false)])
    func theRampFollowsTheVerdict(share: Double, runs: Bool) async throws {
        let breaker = try halfOpen(probes: 1, ramp: .init(over: .seconds(10), from: share))
        let ran = Locked<[Int]>([])
        let probe = try breaker.acquire()
        let task = await waiter(breaker, ran)
        probe.succeed()
        if runs {
            try await task.value
        } else {
            #expect(await refusal(of: task)?.reason == .rampingUp)
        }
        #expect(ran.value.isEmpty == !runs)
    }

    @Test func aCancelledTaskDoesNotWaitAtAll() async throws {
        let breaker = try halfOpen(probes: 1)
        let probe = try breaker.acquire()
        let gate = Gate()
        let task = Task {
            try? await gate.pass()
            _ = try await breaker.execute { Issue.record("ran") }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(breaker.snapshot().queued == 0)
        probe.succeed()
    }

    /// On one executor the call that waits goes on only after the test has both closed the breaker and cancelled it.
    @Test("cockatiel: cancelled meanwhile, it does not run, even if the verdict came first", arguments: [false, true])
    @MainActor
    func aVerdictThatComesWithACancellationRunsNothing(hasRamp: Bool) async throws {
        let breaker = try halfOpen(probes: 1, ramp: hasRamp ? .init(over: .seconds(10), from: 1) : nil)
        let probe = try breaker.acquire()
        let task = Task { @MainActor in
            _ = try await breaker.execute { Issue.record("ran") }
        }
        _ = await clock.nextTimerScheduled()
        probe.succeed()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(breaker.state == .closed)
        #expect(breaker.snapshot().calls == 0)
    }

    @MainActor
    @Test func aCancelledCallGivesTheProbeItWasGrantedBack() async throws {
        let breaker = try halfOpen(probes: 1)
        let probe = try breaker.acquire()
        let task = Task { @MainActor in
            _ = try await breaker.execute { Issue.record("ran") }
        }
        _ = await clock.nextTimerScheduled()
        probe.ignore()
        #expect(breaker.snapshot().probesInFlight == 1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(breaker.snapshot().probesInFlight == 0)
    }

    @Test func aGrantThatRacesACancellationGivesItsPlaceBack() async throws {
        for round in 0..<200 {
            let breaker = CircuitBreaker(
                "b",
                try CircuitBreakerConfiguration(
                    halfOpenMaxCalls: 1, successesToClose: 1_000, halfOpenMaxWait: .seconds(60), halfOpenMaxQueued: 4),
                clock: clock)
            breaker.open(for: .zero)
            let ran = Locked<[Int]>([])
            let probe = try breaker.acquire()
            let task = await waiter(breaker, ran)
            async let cancelled: Void = { if round % 2 == 0 { task.cancel() } }()
            probe.ignore()
            await cancelled
            if round % 2 == 1 { task.cancel() }
            let result = await task.result
            #expect(breaker.snapshot().probesInFlight == 0, "issued = returned")
            #expect(breaker.snapshot().queued == 0)
            if case .failure = result { #expect(ran.value.isEmpty) } else { #expect(ran.value == [0]) }
        }
    }

    @Test func theDurationOfACallThatWaitedBeginsAfterTheWait() async throws {
        let breaker = CircuitBreaker(
            "b",
            try CircuitBreakerConfiguration(
                slowCallDuration: .seconds(1), recoveryTimeout: .seconds(10), halfOpenMaxCalls: 1,
                halfOpenMaxWait: .seconds(60), halfOpenMaxQueued: 1), clock: clock)
        breaker.open(for: .zero)
        let probe = try breaker.acquire().shared()
        probe.stopTiming()
        let task = await waiter(breaker, Locked([]))
        clock.advance(by: .seconds(30))
        probe.succeed()
        try await task.value
        #expect(breaker.snapshot().calls == 1)
        #expect(breaker.snapshot().totalDuration == .zero)
        #expect(breaker.snapshot().slowCalls == 0)
    }

    @Test("the queue beside a plain array", arguments: 1...10 as ClosedRange<UInt64>)
    func theQueueIsFirstInFirstOut(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var queue = WaitingCalls(capacity: 6)
        var model: [UInt64] = []
        for _ in 0..<500 {
            switch Int.random(in: 0..<5, using: &generator) {
            case 0 where !queue.isFull, 1 where !queue.isFull: model.append(queue.append())
            case 2 where !model.isEmpty:
                queue.removeFirst()
                model.removeFirst()
            default:
                let id = UInt64.random(in: 0...((model.last ?? 0) + 1), using: &generator)
                let isThere = queue.remove(id)
                #expect(isThere == model.contains(id))
                model.removeAll { $0 == id }
            }
            #expect(queue.count == model.count)
            #expect(queue.first == model.first)
            #expect(queue.isFull == (model.count >= 6))
        }
    }

    @Test func manyTasksAllGetTheirAnswerOnce() async throws {
        let breaker = try halfOpen(probes: 2, waiting: 1_000, successes: 40, maxWait: nil)
        let ran = Locked<[Int]>([])
        let probes = (try breaker.acquire().shared(), try breaker.acquire().shared())
        let refused = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    do {
                        try await breaker.execute { ran.update { $0.append(number) } }
                        return false
                    } catch {
                        return true
                    }
                }
            }
            probes.0.ignore()
            probes.1.succeed()
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(refused == 0)
        #expect(ran.value.sorted() == Array(0..<200))
        #expect(breaker.snapshot().probesInFlight == 0)
        #expect(breaker.snapshot().queued == 0)
        #expect(breaker.state == .closed)
    }
}
