import SageTesting
import Testing

@testable import SageResilience

@Suite(.timeLimit(.minutes(1)))
struct HedgeTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()
    private let copies = Copies()

    private func hedge(
        delay: HedgeConfiguration.Delay = .fixed(.milliseconds(500)), maxHedges: Int = 3, budget: RetryBudget? = nil
    ) throws -> Hedge {
        let configuration = try HedgeConfiguration(delay: delay, maxHedges: maxHedges, budget: budget)
        return Hedge("h", configuration, clock: clock, listener: recorder)
    }

    /// The events in a form that can be compared.
    private var events: [String] {
        recorder.kinds.map { kind in
            switch kind {
            case .hedgeSent(let copy, let delay): "sent \(copy) after \(delay.saturatingNanoseconds / 1_000_000)"
            case .hedgeRefused: "refused"
            case .hedgeWon(let copy): "won \(copy)"
            default: "\(kind)"
            }
        }
    }

    @Test("case 36, gRPC A6: hedge .5 x 4; the first answer cancels all others, which are awaited")
    func sendsCopiesUntilOneAnswers() async throws {
        let hedge = try hedge()
        let task = Task { [copies] in try await hedge.executeReportingCopy { try await copies.run() } }
        await copies.started(1)
        for copy in 2...4 {
            await clock.nextTimerScheduled()
            clock.advance(by: .milliseconds(500))
            await copies.started(copy)
            #expect(copies.running == Set(1...copy))
        }
        #expect(clock.pendingDeadlines.isEmpty, "there is no fifth")
        copies.finish(3)
        #expect(try await task.value == HedgeResult(value: 3, copy: 3, started: 4))
        #expect(copies.running.isEmpty)
        #expect(copies.cancelled == [1, 2, 4])
        #expect(events == ["sent 2 after 500", "sent 3 after 1000", "sent 4 after 1500", "won 3"])
        let snapshot = hedge.snapshot()
        #expect(snapshot.calls == 1 && snapshot.hedgedCalls == 1 && snapshot.copies == 3 && snapshot.won == 1)
        #expect(snapshot.inFlight == 0 && snapshot.refused == 0 && snapshot.delay == .milliseconds(500))
    }

    @Test("each copy that ends feeds a bucket of tokens; the loser does not")
    func feedsABucketOfTokens() async throws {
        let budget = try RetryBudget.tokenBucket()
        let hedge = try hedge(maxHedges: 1, budget: budget)
        try await hedge.execute { if Hedge.currentCopy == 1 { throw ServiceError.transient } }
        #expect(budget.snapshot().tokens == 9.1)
        await #expect(throws: ServiceError.transient) { try await hedge.execute { throw ServiceError.transient } }
        #expect(budget.snapshot().tokens == 7.1)
        await #expect(throws: ServiceError.permanent) { try await hedge.execute { throw ServiceError.permanent } }
        await #expect(throws: Refusal.self) { try await hedge.execute { throw Refusal() } }
        #expect(budget.snapshot().tokens == 7.1)

        let task = Task { [copies] in try await hedge.execute { try await copies.run() } }
        clock.advance(to: await clock.nextTimerScheduled())
        await copies.started(2)
        copies.finish(2)
        #expect(try await task.value == 2)
        #expect(copies.cancelled == [1])
        #expect(budget.snapshot().tokens == 7.2)
    }

    @Test("copies that a limit ends cost, those that the caller ends do not", arguments: [true, false])
    func cancelledCopies(byLimit: Bool) async throws {
        let budget = try RetryBudget.tokenBucket()
        let hedge = try hedge(maxHedges: 1, budget: budget)
        let limiter = try TimeLimiter(.seconds(5), clock: clock)
        let task = Task { [copies] in
            try await limiter.execute { try await hedge.execute { try await copies.run() } }
        }
        await copies.started(1)
        await clock.waitForSleepers(2)
        clock.advance(by: .milliseconds(500))
        await copies.started(2)
        if byLimit { clock.advance(by: .seconds(5)) } else { task.cancel() }
        await #expect(throws: (any Error).self) { try await task.value }
        #expect(copies.cancelled == [1, 2])
        #expect(budget.snapshot().tokens == (byLimit ? 8 : 10))
        #expect(budget.activeRetries == 0)
    }

    @Test func aQuickCallIsNotHedged() async throws {
        let hedge = try hedge()
        #expect(try await hedge.executeReportingCopy { 7 } == HedgeResult(value: 7, copy: 1, started: 1))
        #expect(clock.pendingDeadlines.isEmpty)
        #expect(recorder.events.isEmpty)
        #expect(hedge.snapshot().hedgedCalls == 0)
    }

    @Test("case 36, gRPC A6: a non-fatal error sends the next copy at once")
    func aTransientErrorSendsTheNext() async throws {
        let hedge = try hedge()
        let result = try await hedge.executeReportingCopy {
            if Hedge.currentCopy < 3 { throw ServiceError.transient }
            return Hedge.currentCopy
        }
        #expect(result == HedgeResult(value: 3, copy: 3, started: 3))
        #expect(events == ["sent 2 after 0", "sent 3 after 0", "won 3"])
    }

    @Test func aPermanentErrorEndsTheCall() async throws {
        let hedge = try hedge()
        let task = Task { [copies] in try await hedge.execute { try await copies.run() } }
        await clock.nextTimerScheduled()
        clock.advance(by: .milliseconds(500))
        await copies.started(2)
        copies.fail(2, ServiceError.permanent)
        await #expect(throws: ServiceError.permanent) { try await task.value }
        #expect(copies.cancelled == [1])
    }

    @Test("when all have failed the primary's error is thrown")
    func thePrimarysErrorIsThrown() async throws {
        let hedge = try hedge()
        await #expect(throws: ServiceError(.overloaded)) {
            try await hedge.execute {
                throw Hedge.currentCopy == 1 ? ServiceError(.overloaded) : ServiceError.transient
            }
        }
        #expect(hedge.snapshot().copies == 3)
        await #expect(throws: UnknownError(number: 1)) {
            try await hedge.execute { throw UnknownError(number: Hedge.currentCopy) }
        }
        #expect(hedge.snapshot().copies == 3, "an unknown error sends nothing")
        await #expect(throws: Refusal()) { try await hedge.execute { throw Refusal() } }
        #expect(hedge.snapshot().copies == 3, "nor does a refusal")
    }

    @Test("gRPC A6: a server's hint is waited for, although nothing is in flight")
    func waitsForAHint() async throws {
        let hedge = try hedge(delay: .fixed(.seconds(10)))
        async let result = hedge.executeReportingCopy {
            if Hedge.currentCopy == 1 { throw ServiceError(.rateLimited, hint: .wait(.seconds(4))) }
            return "late"
        }
        await clock.waitForSleepers(2)
        #expect(clock.pendingDeadlines.map(\.offset) == [.seconds(4), .seconds(10)])
        clock.advance(by: .seconds(4))
        #expect(try await result.copy == 2)
        #expect(events == ["sent 2 after 4000", "won 2"])
    }

    @Test func aHintBeyondTheDeadlineIsNotWaitedFor() async throws {
        let hedge = try hedge()
        await #expect(throws: ServiceError.self) {
            try await CallContext.with(deadline: .after(.seconds(3), clock: clock)) {
                try await hedge.execute { throw ServiceError(.rateLimited, hint: .wait(.seconds(4))) }
            }
        }
    }

    // MARK: The budget

    @Test("case 39: a refused hedge waits for the primary", arguments: [false, true])
    func aRefusedHedgeWaits(fromContext: Bool) async throws {
        let budget = try RetryBudget(ratio: 0, floor: 0)
        let hedge = try hedge(budget: fromContext ? nil : budget)
        let task = Task { [copies] in
            try await CallContext.with(retryBudget: fromContext ? budget : nil) {
                try await hedge.executeReportingCopy { try await copies.run() }
            }
        }
        await clock.nextTimerScheduled()
        clock.advance(by: .milliseconds(500))
        _ = try await recorder.waitForEvent { if case .hedgeRefused = $0.kind { true } else { false } }
        copies.finish(1)
        #expect(try await task.value == HedgeResult(value: 1, copy: 1, started: 1))
        #expect(events == ["refused"])
        #expect(hedge.snapshot().refused == 1)
        #expect(budget.activeCalls == 0 && budget.activeRetries == 0)
    }

    @Test("copies hold their share until they end, and the call counts once", arguments: [false, true])
    func countsInTheBudget(alsoInContext: Bool) async throws {
        let budget = try RetryBudget(ratio: 0, floor: 2)
        let hedge = try hedge(budget: budget)
        let task = Task { [copies] in
            try await CallContext.with(retryBudget: alsoInContext ? budget : nil) {
                try await hedge.execute { try await copies.run() }
            }
        }
        for copy in 2...3 {
            await clock.nextTimerScheduled()
            clock.advance(by: .milliseconds(500))
            await copies.started(copy)
        }
        #expect(budget.activeRetries == 2)
        #expect(budget.activeCalls == (alsoInContext ? 0 : 1), "who put it into the context counts")
        copies.finish(2)
        #expect(try await task.value == 2)
        #expect(budget.activeRetries == 0 && budget.activeCalls == 0)
    }

    // MARK: Vetoes

    @Test("a call that is not safe is made once", arguments: 0..<3)
    func vetoes(kind: Int) async throws {
        let hedge = try hedge(delay: .fixed(.zero))
        let count = Locked(0)
        let operation: @Sendable () async throws -> Void = {
            count.update { $0 += 1 }
            throw ServiceError.transient
        }
        await #expect(throws: ServiceError.transient) {
            switch kind {
            case 0: try await hedge.execute(isSafe: false, operation)
            case 1: try await Hedge.withoutCopies { try await hedge.execute(operation) }
            default:
                try await HedgeCopy.$current.withValue(HedgeCopy(number: 2)) { try await hedge.execute(operation) }
            }
        }
        #expect(count.value == 1)
        #expect(hedge.snapshot().calls == 0)
    }

    @Test func nestedHedgesAddUpInsteadOfMultiplying() async throws {
        let (outer, inner) = (try hedge(), try hedge())
        let count = Locked(0)
        await #expect(throws: ServiceError.transient) {
            try await outer.execute {
                try await inner.execute {
                    count.update { $0 += 1 }
                    throw ServiceError.transient
                }
            }
        }
        #expect(count.value == 4 + 3, "four in the primary, one in each copy")
    }

    @Test func aHedgeMayBeUsedFromInside() async throws {
        let hedge = try hedge()
        #expect(try await hedge.execute { try await hedge.execute { 5 } } == 5)
        #expect(hedge.snapshot().calls == 2 && hedge.isEvictable)
    }

    // MARK: The percentile

    @Test func learnsItsDelay() async throws {
        let hedge = try hedge(
            delay: .percentile(share: 0.5, window: 4, minimumSamples: 2, atLeast: .milliseconds(20)), maxHedges: 1)
        func call(_ milliseconds: Int) async throws {
            try await hedge.execute { [clock] in clock.advance(by: .milliseconds(milliseconds)) }
        }
        try await call(30)
        #expect(hedge.snapshot().delay == nil, "one sample is too few")
        try await call(40)
        #expect(hedge.snapshot().delay == .milliseconds(30))
        for _ in 0..<4 { try await call(1) }
        #expect(hedge.snapshot().delay == .milliseconds(20), "no less than this")
        #expect(hedge.snapshot().samples == 4)
        await #expect(throws: UnknownError.self) {
            try await hedge.execute { [clock] in
                clock.advance(by: .seconds(9))
                throw UnknownError()
            }
        }
        #expect(hedge.snapshot().delay == .milliseconds(20), "a failure says nothing about the duration")
    }

    @Test("a primary that lost counts with the time it was given, a copy does not count")
    func aLoserIsCensored() async throws {
        let hedge = try hedge(
            delay: .percentile(share: 0.9, window: 10, minimumSamples: 1, atLeast: .zero), maxHedges: 1)
        try await hedge.execute { [clock] in clock.advance(by: .milliseconds(100)) }
        let task = Task { [copies] in try await hedge.execute { try await copies.run() } }
        await clock.nextTimerScheduled()
        clock.advance(by: .milliseconds(100))
        await copies.started(2)
        clock.advance(by: .milliseconds(5))
        copies.finish(2)
        #expect(try await task.value == 2)
        #expect(hedge.snapshot().samples == 2)
        #expect(hedge.snapshot().delay == .milliseconds(105), "neither 5 nor nothing")
    }
}
