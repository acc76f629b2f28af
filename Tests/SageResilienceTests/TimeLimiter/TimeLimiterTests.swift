import SageTesting
import Testing

@testable import SageResilience

@Suite(.timeLimit(.minutes(1)))
struct TimeLimiterTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()

    private func limiter(_ seconds: Double = 5) throws -> TimeLimiter {
        try TimeLimiter("t", .seconds(seconds), clock: clock, listener: recorder)
    }

    @Test func theLimitCancelsTheOperationAndWaitsForIt() async throws {
        let limiter = try limiter()
        let (gate, ending, log) = (Gate(), Gate(), Locked<[String]>([]))
        let task = Task {
            defer { log.update { $0.append("returned") } }
            try await limiter.execute {
                // Not a test of this clock: the operation ends in its own time after it was cancelled.
                await #expect(throws: CancellationError.self) { try await gate.pass() }
                log.update { $0.append("cancelled") }
                await ending.passStubbornly()
                log.update { $0.append("ended") }
            }
        }
        #expect(await clock.nextTimerScheduled().offset == .seconds(5))
        clock.advance(by: .seconds(5))
        ending.open()
        await #expect(throws: TimeLimiterError(policyName: "t", limit: .seconds(5))) { try await task.value }
        #expect(log.value == ["cancelled", "ended", "returned"])
        guard case .timeLimitExceeded(.seconds(5)) = recorder.kinds.first else {
            Issue.record("\(recorder.kinds)")
            return
        }
        #expect(recorder.events.count == 1)
        #expect(recorder.events[0].policy == PolicyIdentity(.timeLimiter, "t"))
    }

    @Test func aResultThatComesFirstWins() async throws {
        let limiter = try limiter()
        #expect(try await limiter.execute { 42 } == 42)
        #expect(clock.pendingDeadlines.isEmpty, "the timer is gone")
        #expect(recorder.events.isEmpty)
    }

    @Test func theOperationsOwnErrorPasses() async throws {
        let limiter = try limiter()
        await #expect(throws: UnknownError(number: 3)) {
            try await limiter.execute { throw UnknownError(number: 3) }
        }
        await #expect(throws: CancellationError.self) {
            try await limiter.execute { throw CancellationError() }
        }
        #expect(recorder.events.isEmpty)
    }

    @Test func aResultAfterTheLimitIsTooLate() async throws {
        let limiter = try limiter()
        let gate = Gate()
        let task = Task {
            try await limiter.execute {
                try? await gate.pass()
                return 42
            }
        }
        await clock.nextTimerScheduled()
        clock.advance(by: .seconds(5))
        await #expect(throws: TimeLimiterError.self) { try await task.value }
    }

    @Test func justBeforeTheLimitIsInTime() async throws {
        let limiter = try limiter()
        let gate = Gate()
        async let result = limiter.execute {
            try await gate.pass()
            return 42
        }
        await clock.nextTimerScheduled()
        clock.advance(by: .nanoseconds(4_999_999_999))
        gate.open()
        #expect(try await result == 42)
    }

    @Test func aCancelledCallerGetsTheOperationsError() async throws {
        let limiter = try limiter()
        let gate = Gate()
        let task = Task {
            try await limiter.execute {
                do {
                    try await gate.pass()
                } catch {
                    throw UnknownError(number: 8)
                }
            }
        }
        await clock.nextTimerScheduled()
        task.cancel()
        await #expect(throws: UnknownError(number: 8)) { try await task.value }
        #expect(clock.pendingDeadlines.isEmpty)
        #expect(recorder.events.isEmpty)
    }

    @Test("of nested limits the shorter decides", arguments: [(5.0, 2.0), (2, 5)])
    func nestedLimits(outer: Double, inner: Double) async throws {
        let (outer, inner) = (try limiter(outer), try limiter(inner))
        let gate = Gate()
        let task = Task { try await outer.execute { try await inner.execute { try await gate.pass() } } }
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(2))
        await #expect(throws: TimeLimiterError(policyName: "t", limit: .seconds(2))) { try await task.value }
        #expect(recorder.events.count == 1)
    }

    @Test("decides once, whichever comes first", arguments: 0..<50)
    func decidesOnce(round: Int) async throws {
        let limiter = try limiter()
        let gate = Gate()
        let task = Task {
            try await limiter.execute {
                try await gate.pass()
                return 42
            }
        }
        await clock.nextTimerScheduled()
        async let opening: Void = gate.open()
        clock.advance(by: .seconds(5))
        await opening
        switch await task.result {
        case .success(let value):
            #expect(value == 42)
            #expect(recorder.events.isEmpty)
        case .failure(let error):
            #expect(error is TimeLimiterError)
            #expect(recorder.events.count == 1)
        }
    }

    @Test(arguments: [Duration.zero, .seconds(-1), .nanoseconds(-1)])
    func refusesALimitOfNothing(limit: Duration) {
        let error = #expect(throws: ConfigurationError.self) { _ = try TimeLimiter(limit) }
        #expect(error?.field == "limit")
        #expect(error?.value == "\(limit)")
    }

    @Test func anEnormousLimitDoesNotTrap() async throws {
        let limiter = try TimeLimiter(Duration(attoseconds: .max), clock: clock)
        clock.advance(by: .seconds(1))
        #expect(try await limiter.execute { 1 } == 1)
        #expect(try await TimeLimiter(Duration(attoseconds: .max)).execute { 2 } == 2)
    }

    @Test func theErrorIsATimeoutOfTheProvider() {
        let error = TimeLimiterError(policyName: "t", limit: .seconds(2))
        #expect(error.classification == ErrorClassification(.timeout))
        #expect(error.classification.fault == .provider)
        #expect(error.description == "t: no result within 2.0 seconds")
    }
}
