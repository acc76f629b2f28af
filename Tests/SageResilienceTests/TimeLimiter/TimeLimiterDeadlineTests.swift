import SageTesting
import Testing

@testable import SageResilience

/// What a limit tells those inside it, and what it hears from those around it.
@Suite(.timeLimit(.minutes(1)))
struct TimeLimiterDeadlineTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()

    private func limiter(_ name: String, _ seconds: Double, mode: TimeLimiter.Mode = .structured) throws -> TimeLimiter
    {
        try TimeLimiter(name, .seconds(seconds), mode: mode, clock: clock, listener: recorder)
    }

    private func remaining() -> Duration? { CallContext.current.deadline?.remaining }

    @Test("announces the nearest deadline", arguments: [TimeLimiter.Mode.structured, .abandoning])
    func announcesTheNearest(mode: TimeLimiter.Mode) async throws {
        let (outer, longer, shorter) = (
            try limiter("o", 5, mode: mode), try limiter("l", 50), try limiter("s", 2, mode: mode)
        )
        try await CallContext.with(priority: .high, deadline: .after(.seconds(90), clock: clock)) {
            try await outer.execute {
                #expect(remaining() == .seconds(5))
                #expect(CallContext.current.priority == .high, "the rest of the context stays")
                try await longer.execute { #expect(remaining() == .seconds(5)) }
                try await shorter.execute { #expect(remaining() == .seconds(2)) }
                clock.advance(by: .seconds(1))
                #expect(remaining() == .seconds(4))
            }
            #expect(remaining() == .seconds(89))
        }
        #expect(remaining() == nil)
    }

    @Test("an announced deadline that is nearer decides", arguments: [TimeLimiter.Mode.structured, .abandoning])
    func anAnnouncedDeadlineDecides(mode: TimeLimiter.Mode) async throws {
        let limiter = try limiter("t", 5, mode: mode)
        let gate = Gate()
        let task = Task {
            try await CallContext.with(deadline: .after(.seconds(2), clock: clock)) {
                try await limiter.execute { try await gate.pass() }
            }
        }
        #expect(await clock.nextTimerScheduled().offset == .seconds(2))
        clock.advance(by: .seconds(2))
        let error = await #expect(throws: TimeLimiterError.self) { try await task.value }
        #expect(error?.kind == .deadline)
        #expect(error?.limit == .seconds(2))
    }

    @Test("of two limits under one announced deadline the outer enforces it")
    func theOuterEnforces() async throws {
        let (outer, inner) = (try limiter("o", 5), try limiter("i", 9))
        let gate = Gate()
        let task = Task {
            try await CallContext.with(deadline: .after(.seconds(2), clock: clock)) {
                try await outer.execute { try await inner.execute { try await gate.pass() } }
            }
        }
        await clock.waitForSleepers(2)
        #expect(clock.pendingDeadlines.map(\.offset) == [.seconds(2), .seconds(9)])
        clock.advance(by: .seconds(2))
        let error = await #expect(throws: TimeLimiterError.self) { try await task.value }
        #expect(error?.policyName == "o" && error?.kind == .deadline)
        #expect(recorder.events.count == 1)
    }

    @Test func aDeadlineAnnouncedBetweenTwoLimitsIsTheInnersToEnforce() async throws {
        let (outer, inner) = (try limiter("o", 5), try limiter("i", 9))
        let gate = Gate()
        let task = Task {
            try await outer.execute {
                try await CallContext.with(deadline: .after(.seconds(2), clock: clock)) {
                    try await inner.execute { try await gate.pass() }
                }
            }
        }
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(2))
        let error = await #expect(throws: TimeLimiterError.self) { try await task.value }
        #expect(error?.policyName == "i" && error?.kind == .deadline)
    }

    @Test func aDeadlineThatHasPassedRefusesTheCall() async throws {
        let limiter = try limiter("t", 5)
        let error = await #expect(throws: TimeLimiterRejection.self) {
            try await CallContext.with(deadline: .after(.seconds(-1), clock: clock)) {
                try await limiter.execute { Issue.record("ran") }
            }
        }
        #expect(error?.reason == .deadlineExceeded)
        #expect(limiter.snapshot().rejected == 1)
    }

    @Test("outside a retry a limit is the whole call's, inside it an attempt's")
    func positionsInAPipeline() async throws {
        let pipeline = try ResiliencePipeline("p") {
            try limiter("total", 10)
            try RetryPolicy.fixed(delay: .nanoseconds(1), maxRetries: 9, jitter: .none, clock: clock)
            try limiter("attempt", 3)
        }
        let gate = Gate()
        let attempts = Locked(0)
        let task = Task {
            try await pipeline.execute {
                attempts.update { $0 += 1 }
                try await gate.pass()
            }
        }
        for _ in 0..<3 {
            await clock.waitForSleepers(2)
            clock.advance(by: .seconds(3))
            // The retry sleeps beside the total limit.
            await clock.waitForSleepers(2)
            clock.advance(by: .nanoseconds(1))
        }
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(1))
        await #expect(throws: TimeLimiterError(policyName: "total", limit: .seconds(10))) { try await task.value }
        #expect(attempts.value == 4)
    }
}
