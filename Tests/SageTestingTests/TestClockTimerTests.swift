import SageResilience
import SageTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TestClockTimerTests {
    private let clock = TestClock()

    private func at(_ seconds: Int) -> TestClock.Instant { TestClock.Instant(offset: .seconds(seconds)) }

    private func sleeper(_ seconds: Int) -> Task<Void, any Error> {
        Task { [clock] in try await clock.sleep(until: at(seconds)) }
    }

    @Test func waitsForExactlyThatTimer() async throws {
        clock.advance(by: .seconds(1))
        let others = [sleeper(3), sleeper(60)]
        await clock.waitForSleepers(2)
        let waiting = Task { [clock] in
            await clock.waitForTimer(due: .seconds(4))
            return clock.pendingDeadlines
        }
        let wanted = sleeper(5)
        #expect(await waiting.value == [at(3), at(5), at(60)])
        clock.advance(by: .seconds(59))
        for task in others + [wanted] { try await task.value }
    }

    @Test func aTimerThatWaitsAlreadyCountsEvenWhenItWasReported() async throws {
        let task = sleeper(2)
        #expect(await clock.nextTimerScheduled() == at(2))
        await clock.waitForTimer(at: at(2))
        await clock.waitForTimer(due: .seconds(2))
        clock.advance(by: .seconds(2))
        try await task.value
    }

    @Test func waitsForSeveralTimersOfOneInstant() async throws {
        let tasks = (0..<3).map { _ in sleeper(2) } + [sleeper(1)]
        await clock.waitForTimer(at: at(2), count: 3)
        #expect(clock.pendingDeadlines.filter { $0 == at(2) }.count == 3)
        clock.advance(by: .seconds(2))
        for task in tasks { _ = await task.result }
    }

    @Test(arguments: [-1, 0, 1])
    func anInstantThatHasComeReturnsAtOnce(seconds: Int) async {
        clock.advance(by: .seconds(1))
        await clock.waitForTimer(at: at(seconds))
        await clock.waitForTimer(due: .zero)
        await clock.waitForTimer(due: .seconds(-1), count: 100)
    }

    @Test func anAdvanceToTheInstantEndsTheWait() async {
        let early = Task { [clock] in await clock.waitForTimer(at: at(2)) }
        let late = Task { [clock] in await clock.waitForTimer(at: at(9)) }
        clock.advance(by: .seconds(2))
        await early.value
        late.cancel()
        await late.value
    }

    @Test func aWaitingTaskThatIsCancelledReturns() async {
        for _ in 0..<100 {
            let tasks = (1...4).map { second in Task { [clock] in await clock.waitForTimer(at: at(second)) } }
            for task in tasks { task.cancel() }
            for task in tasks { await task.value }
        }
        #expect(clock.now == at(0))
    }

    @Test func findsTheBackOffBehindATimeLimit() async throws {
        let limiter = try TimeLimiter(.seconds(60), clock: clock)
        let task = Task { [clock] in
            try await limiter.execute { try await clock.sleep(for: .seconds(1)) }
        }
        await clock.waitForTimer(due: .seconds(1))
        await clock.waitForTimer(due: .seconds(60))
        clock.advance(by: .seconds(1))
        try await task.value
    }
}
