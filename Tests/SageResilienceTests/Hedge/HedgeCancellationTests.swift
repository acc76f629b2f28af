import SageTesting
import Testing

@testable import SageResilience

@Suite(.timeLimit(.minutes(1)))
struct HedgeCancellationTests {
    private let clock = TestClock()
    private let copies = Copies()
    private let budget: RetryBudget
    private let hedge: Hedge

    init() throws {
        budget = try RetryBudget(ratio: 0, floor: 10)
        let configuration = try HedgeConfiguration(delay: .fixed(.seconds(1)), maxHedges: 2, budget: budget)
        hedge = Hedge("h", configuration, clock: clock)
    }

    private func expectNothingHeld() {
        #expect(budget.activeCalls == 0 && budget.activeRetries == 0)
        #expect(clock.pendingDeadlines.isEmpty)
        #expect(copies.running.isEmpty)
        #expect(hedge.snapshot().inFlight == 0)
    }

    @Test("cancels and awaits all copies", arguments: [1, 2, 3])
    func cancelsWhatRuns(count: Int) async throws {
        let task = Task { [copies, hedge] in try await hedge.execute { try await copies.run() } }
        await copies.started(1)
        for copy in 1..<count {
            await clock.nextTimerScheduled()
            clock.advance(by: .seconds(1))
            await copies.started(copy + 1)
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(copies.cancelled == Set(1...count))
        expectNothingHeld()
    }

    @Test func aCallThatIsCancelledBeforeItsStartSendsNoCopies() async throws {
        let configuration = try HedgeConfiguration(delay: .fixed(.zero), maxHedges: 5, budget: budget)
        let eager = Hedge("h", configuration, clock: clock)
        let gate = Gate()
        let task = Task { [copies] in
            await gate.passStubbornly()
            return try await eager.execute { try await copies.run() }
        }
        task.cancel()
        gate.open()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(eager.snapshot().copies == 0)
        expectNothingHeld()
    }

    @Test func aWaitForAHintEndsAtOnce() async throws {
        let task = Task { [hedge] in
            try await hedge.execute { throw ServiceError(.overloaded, hint: .wait(.milliseconds(500))) }
        }
        await clock.waitForSleepers(2)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        expectNothingHeld()
    }

    @Test func aResultInSpiteOfTheCancellationCounts() async throws {
        let gate = Gate()
        let task = Task { [copies, hedge] in
            try await hedge.execute {
                copies.note(1)
                await gate.passStubbornly()
                return 9
            }
        }
        await copies.started(1)
        task.cancel()
        gate.open()
        #expect(try await task.value == 9)
        #expect(budget.activeCalls == 0)
    }

    @Test("a loser's cancellation is nobody's failure")
    func aBreakerIgnoresLosers() async throws {
        let breaker = CircuitBreaker(
            "b", try CircuitBreakerConfiguration(minimumCalls: 1, failureRate: nil, failureCount: 1), clock: clock)
        let task = Task { [copies, hedge] in
            try await hedge.execute { try await breaker.execute { try await copies.run() } }
        }
        await clock.nextTimerScheduled()
        clock.advance(by: .seconds(1))
        await copies.started(2)
        copies.finish(2)
        #expect(try await task.value == 2)
        #expect(breaker.state == .closed && breaker.snapshot().calls == 1)
    }

    @Test("a clock that fails sends no copies and fails nothing")
    func aFailingClockIsHarmless() async throws {
        let broken = Hedge(
            "h", try HedgeConfiguration(delay: .fixed(.seconds(1)), maxHedges: 2), clock: BrokenClock())
        let task = Task { [copies] in try await broken.execute { try await copies.run() } }
        await copies.started(1)
        copies.finish(1)
        #expect(try await task.value == 1)
    }

    @Test("many calls at once: each ends once and gives everything back")
    func manyTasks() async throws {
        let configuration = try HedgeConfiguration(
            delay: .percentile(share: 0.5, window: 64, minimumSamples: 1, atLeast: .zero), maxHedges: 3, budget: budget)
        let hedge = Hedge("h", configuration)
        let started = Locked(0)
        let succeeded = await withTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(task))
                    var succeeded = 0
                    for _ in 0..<100 {
                        let fails = Int.random(in: 0..<5, using: &random)
                        let value = try? await hedge.execute {
                            started.update { $0 += 1 }
                            if Hedge.currentCopy <= fails { throw ServiceError.transient }
                            return 1
                        }
                        succeeded += value ?? 0
                    }
                    return succeeded
                }
            }
            return await group.reduce(0, +)
        }
        let snapshot = hedge.snapshot()
        #expect(snapshot.calls == 800 && snapshot.inFlight == 0)
        #expect(started.value >= 800)
        #expect(started.value == 800 + snapshot.copies)
        #expect(succeeded > 0 && snapshot.won <= snapshot.hedgedCalls)
        #expect(budget.activeCalls == 0 && budget.activeRetries == 0)
    }
}

/// A clock that stands still and never wakes anybody properly.
private struct BrokenClock: Clock {
    let now = TestClock.Instant()
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: TestClock.Instant, tolerance: Duration?) async throws {
        throw UnknownError()
    }
}
