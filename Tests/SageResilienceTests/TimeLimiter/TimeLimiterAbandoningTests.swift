import SageTesting
import Testing

@testable import SageResilience

@Suite(.timeLimit(.minutes(1)))
struct TimeLimiterAbandoningTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()
    private let expected = TimeLimiterError(policyName: "t", limit: .seconds(5), isAbandoned: true)

    private func limiter(maxRunning: Int = 100) throws -> TimeLimiter {
        try TimeLimiter(
            "t", .seconds(5), mode: .abandoning(maxRunning: maxRunning), clock: clock, listener: recorder)
    }

    @Test func returnsAtTheLimitAndCountsWhatStillRuns() async throws {
        let limiter = try limiter()
        let (gate, cancelled, ended) = (Gate(), Gate(), Gate())
        let cause = Locked<CancellationCause?>(nil)
        let task = Task {
            try await limiter.execute {
                await withTaskCancellationHandler {
                    await gate.passStubbornly()
                } onCancel: {
                    cancelled.open()
                }
                cause.update { $0 = .current }
            } whenEnded: {
                ended.open()
            }
        }
        await clock.nextTimerScheduled()
        clock.advance(by: .seconds(5))
        await #expect(throws: expected) { try await task.value }
        #expect(limiter.snapshot().abandonedRunning == 1)
        #expect(!limiter.isEvictable)
        guard case .timeLimitAbandoned(.seconds(5), running: 1) = recorder.kinds.first, recorder.kinds.count == 1 else {
            Issue.record("\(recorder.kinds)")
            return
        }
        // The caller may go on before the operation has been cancelled.
        try await cancelled.pass()
        gate.open()
        try await ended.pass()
        #expect(cause.value == .timeLimit, "it was cancelled, and by whom")
        let snapshot = limiter.snapshot()
        #expect(snapshot.abandonedRunning == 0 && snapshot.abandoned == 1 && snapshot.exceeded == 1)
        #expect(limiter.isEvictable)
    }

    @Test func aResultInTimePasses() async throws {
        let limiter = try limiter()
        #expect(try await limiter.execute { 42 } == 42)
        await #expect(throws: UnknownError(number: 2)) { try await limiter.execute { throw UnknownError(number: 2) } }
        #expect(recorder.events.isEmpty)
        #expect(limiter.snapshot().abandoned == 0)
    }

    @Test func refusesWhileTooManyStillRun() async throws {
        let limiter = try limiter(maxRunning: 2)
        let (gate, ended) = (Gate(), [Gate(), Gate()])
        for number in 0..<2 {
            let task = Task {
                try await limiter.execute {
                    await gate.passStubbornly()
                } whenEnded: {
                    ended[number].open()
                }
            }
            await clock.nextTimerScheduled()
            clock.advance(by: .seconds(5))
            await #expect(throws: expected) { try await task.value }
        }
        recorder.reset()
        let error = await #expect(throws: TimeLimiterRejection.self) { try await limiter.execute { 1 } }
        #expect(error?.reason == .tooManyAbandoned)
        #expect(error?.retryAfter == nil)
        #expect(limiter.snapshot().rejected == 1)
        guard case .timeLimiterRejected(.tooManyAbandoned) = recorder.kinds.first else {
            Issue.record("\(recorder.kinds)")
            return
        }
        gate.open()
        for gate in ended { try await gate.pass() }
        #expect(try await limiter.execute { 1 } == 1)
    }

    @Test(
        "tells the end exactly once, however the call ends", arguments: [false, true], ["result", "error", "refused"])
    func tellsTheEndOnce(abandoning: Bool, ending: String) async throws {
        let limiter = abandoning ? try limiter() : try TimeLimiter(.seconds(5), clock: clock)
        let ends = Locked(0)
        let passed = Deadline.after(.zero, clock: clock)
        let error = await #expect(throws: (any Error).self) {
            try await CallContext.with(deadline: ending == "refused" ? passed : nil) {
                try await limiter.execute {
                    #expect(ends.value == 0)
                    if ending == "error" { throw UnknownError() }
                } whenEnded: {
                    ends.update { $0 += 1 }
                }
                throw Refusal()
            }
        }
        #expect(ends.value == 1)
        #expect((error is TimeLimiterRejection) == (ending == "refused"))
    }

    @Test func aCancelledCallerGetsTheOperationsErrorIfItComesInTime() async throws {
        let limiter = try limiter()
        let gate = Gate()
        let task = Task {
            try await limiter.execute {
                do { try await gate.pass() } catch { throw UnknownError(number: 8) }
            }
        }
        await clock.nextTimerScheduled()
        task.cancel()
        await #expect(throws: UnknownError(number: 8)) { try await task.value }
        #expect(recorder.events.isEmpty)
    }

    @Test func aCancelledCallerDoesNotWaitBeyondTheLimit() async throws {
        let limiter = try limiter()
        let gate = Gate()
        let task = Task { try await limiter.execute { await gate.passStubbornly() } }
        await clock.nextTimerScheduled()
        task.cancel()
        clock.advance(by: .seconds(5))
        await #expect(throws: expected) { try await task.value }
        #expect(limiter.snapshot().abandonedRunning == 1)
        gate.open()
    }

    @Test func aLimiterMayBeUsedFromInside() async throws {
        let limiter = try limiter()
        #expect(try await limiter.execute { try await limiter.execute { 5 } } == 5)
    }

    @Test("decides once, whichever comes first", arguments: 0..<50)
    func decidesOnce(round: Int) async throws {
        let limiter = try limiter()
        let (gate, ended) = (Gate(), Gate())
        let task = Task {
            try await limiter.execute {
                await gate.passStubbornly()
                return 42
            } whenEnded: {
                ended.open()
            }
        }
        await clock.nextTimerScheduled()
        async let opening: Void = gate.open()
        clock.advance(by: .seconds(5))
        await opening
        let result = await task.result
        try await ended.pass()
        let snapshot = limiter.snapshot()
        #expect(snapshot.abandonedRunning == 0)
        switch result {
        case .success(let value): #expect(value == 42 && snapshot.abandoned == 0)
        case .failure(let error): #expect(error as? TimeLimiterError == expected && snapshot.abandoned == 1)
        }
    }

    @Test("refuses a maximum of nothing", arguments: [0, -1, .min])
    func refusesAMaximumOfNothing(maximum: Int) {
        let error = #expect(throws: ConfigurationError.self) {
            _ = try TimeLimiter(.seconds(1), mode: .abandoning(maxRunning: maximum))
        }
        #expect(error?.field == "maxRunning")
    }

    @Test func enormousNumbersDoNotTrap() async throws {
        let huge = Duration(attoseconds: .max)
        for clock: any Clock<Duration> in [clock, ContinuousClock()] {
            let limiter = try TimeLimiter(huge, mode: .abandoning(maxRunning: .max), clock: clock)
            #expect(try await limiter.execute { 1 } == 1)
        }
    }
}
