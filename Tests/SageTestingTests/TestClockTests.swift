import SageTesting
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TestClockTests {
    private let clock = TestClock()

    private func at(_ seconds: Double) -> TestClock.Instant { TestClock.Instant(offset: .seconds(seconds)) }

    @Test func startsAtZeroAndMovesOnlyForward() {
        #expect(clock.now == TestClock.Instant())
        clock.advance(by: .seconds(3))
        #expect(clock.now == at(3))
        clock.advance(by: .seconds(-1))
        clock.advance(to: at(2))
        #expect(clock.now == at(3))
        clock.advance(to: at(7))
        #expect(clock.now == at(7))
    }

    @Test func aDurationToALaterInstantIsPositive() {
        #expect(at(1).duration(to: at(4)) == .seconds(3))
        #expect(at(4).duration(to: at(1)) == .seconds(-3))
        #expect(at(1) < at(4))
        #expect(at(1).advanced(by: at(1).duration(to: at(4))) == at(4))
    }

    @Test func measuresWhatItWasAdvancedBy() {
        let elapsed = clock.measure { clock.advance(by: .milliseconds(250)) }
        #expect(elapsed == .milliseconds(250))
    }

    @Test(arguments: [0.0, -1, 5])
    func aDeadlineThatHasPassedReturnsAtOnce(offset: Double) async throws {
        clock.advance(by: .seconds(5))
        try await clock.sleep(until: at(offset))
        #expect(clock.pendingDeadlines.isEmpty)
    }

    @Test func wakesExactlyAtTheDeadline() async throws {
        async let sleeping: Void = clock.sleep(until: at(2))
        #expect(await clock.nextTimerScheduled() == at(2))
        clock.advance(by: .nanoseconds(1_999_999_999))
        #expect(clock.pendingDeadlines == [at(2)])
        clock.advance(by: .nanoseconds(1))
        #expect(clock.pendingDeadlines.isEmpty)
        try await sleeping
    }

    @Test func wakesThoseWhoAreDueAndNobodyElse() async throws {
        let seconds = [3, 1, 2, 1, 2, 3, 1]
        var sleepers: [(second: Int, task: Task<Void, any Error>)] = []
        for (index, second) in seconds.enumerated() {
            sleepers.append((second, Task { [clock] in try await clock.sleep(for: .seconds(second)) }))
            await clock.waitForSleepers(index + 1)
        }
        #expect(clock.pendingDeadlines.map(\.offset) == seconds.sorted().map { .seconds($0) })
        for now in 1...3 {
            clock.advance(by: .seconds(1))
            for sleeper in sleepers where sleeper.second == now { try await sleeper.task.value }
            #expect(clock.pendingDeadlines.map(\.offset) == seconds.filter { $0 > now }.sorted().map { .seconds($0) })
        }
    }

    @Test func oneAdvanceWakesEveryoneWhoIsDue() async throws {
        try await withThrowingTaskGroup(of: Void.self) { [clock] group in
            for index in 1...500 {
                group.addTask { try await clock.sleep(for: .milliseconds(index)) }
            }
            await clock.waitForSleepers(500)
            #expect(clock.pendingDeadlines.map(\.offset) == (1...500).map { .milliseconds($0) })
            clock.advance(by: .milliseconds(500))
            try await group.waitForAll()
        }
        #expect(clock.pendingDeadlines.isEmpty)
    }

    @Test func followsATaskFromSleepToSleep() async throws {
        let task = Task { [clock] in
            for seconds in [1, 2, 4] { try await clock.sleep(for: .seconds(seconds)) }
            return clock.now
        }
        for seconds in [1, 3, 7] {
            #expect(await clock.nextTimerScheduled() == at(Double(seconds)))
            clock.advance(to: at(Double(seconds)))
        }
        #expect(try await task.value == at(7))
    }

    @Test func reportsTimersInTheOrderOfScheduling() async {
        await withTaskGroup(of: Void.self) { [clock] group in
            for (count, seconds) in [(1, 9), (2, 4)] {
                group.addTask { try? await clock.sleep(for: .seconds(seconds)) }
                await clock.waitForSleepers(count)
            }
            #expect(await clock.nextTimerScheduled() == at(9))
            #expect(await clock.nextTimerScheduled() == at(4))
            clock.advance(by: .seconds(9))
        }
    }

    @Test func reportsATimerThatIsScheduledLater() async throws {
        async let reported = clock.nextTimerScheduled()
        async let sleeping: Void = clock.sleep(for: .seconds(1))
        #expect(await reported == at(1))
        clock.advance(by: .seconds(1))
        try await sleeping
    }

    @Test func waitingForNoSleepersReturnsAtOnce() async {
        await clock.waitForSleepers(0)
        await clock.waitForSleepers(-1)
    }
}
