import SageTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TestClockCancellationTests {
    private let clock = TestClock()

    /// Runs an operation in a task that is cancelled already.
    private func cancelled<Result: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await operation()
        }
        return try await task.value
    }

    @Test(arguments: [Duration.seconds(-1), .zero, .seconds(1)])
    func aCancelledTaskDoesNotFallAsleep(duration: Duration) async {
        await #expect(throws: CancellationError.self) {
            try await cancelled { [clock] in try await clock.sleep(for: duration) }
        }
        #expect(clock.pendingDeadlines.isEmpty)
    }

    @Test func aSleepingTaskWakesWhenItIsCancelled() async {
        let task = Task { [clock] in try await clock.sleep(for: .seconds(1)) }
        await clock.nextTimerScheduled()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(clock.pendingDeadlines.isEmpty)
        clock.advance(by: .seconds(1))
    }

    @Test func aCancelledSleeperLeavesTheOthersAsleep() async throws {
        let first = Task { [clock] in try await clock.sleep(for: .seconds(1)) }
        await clock.waitForSleepers(1)
        let second = Task { [clock] in try await clock.sleep(for: .seconds(1)) }
        await clock.waitForSleepers(2)
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        #expect(clock.pendingDeadlines == [TestClock.Instant(offset: .seconds(1))])
        clock.advance(by: .seconds(1))
        try await second.value
    }

    /// A continuation that is resumed twice traps, one that is lost runs into the time limit.
    @Test func cancellationThatRacesWithAnAdvanceResumesEachSleeperOnce() async {
        for round in 1...200 {
            let sleepers = (0..<8).map { _ in Task { [clock] in try await clock.sleep(for: .seconds(1)) } }
            await clock.waitForSleepers(8)
            async let cancellation: Void = { for sleeper in sleepers { sleeper.cancel() } }()
            async let advance: Void = clock.advance(by: .seconds(1))
            _ = await (cancellation, advance)
            for sleeper in sleepers { _ = await sleeper.result }
            #expect(clock.now.offset == .seconds(round))
            #expect(clock.pendingDeadlines.isEmpty)
        }
    }

    @Test func cancellationThatRacesWithSchedulingResumesEachSleeperOnce() async {
        for _ in 1...500 {
            let sleeper = Task { [clock] in try await clock.sleep(for: .seconds(1)) }
            sleeper.cancel()
            await #expect(throws: CancellationError.self) { try await sleeper.value }
            #expect(clock.pendingDeadlines.isEmpty)
        }
    }

    @Test func aCancelledTaskDoesNotWaitForTimers() async throws {
        clock.advance(by: .seconds(2))
        let reported = try await cancelled { [clock] in await clock.nextTimerScheduled() }
        #expect(reported == clock.now)
        try await cancelled { [clock] in await clock.waitForSleepers(1) }
    }

    @Test func aTaskThatWaitsForTimersWakesWhenItIsCancelled() async throws {
        let tasks = (0..<50).map { index in
            Task { [clock] in
                if index.isMultiple(of: 2) {
                    await clock.nextTimerScheduled()
                } else {
                    await clock.waitForSleepers(1)
                }
            }
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }
}
