import SageResilience
import SageTesting
import ServiceLifecycle
import ServiceLifecycleTestKit
import Synchronization
import Testing

@testable import SageServiceLifecycle

@Suite(.timeLimit(.minutes(1)))
struct PeriodicServiceTests {
    private struct Broken: Error {}

    private let clock = TestClock()

    /// Counts the rounds of a service.
    private final class Rounds: Sendable {
        private let offsets = Mutex<[Duration]>([])

        func begin(at offset: Duration) { offsets.withLock { $0.append(offset) } }

        var all: [Duration] { offsets.withLock { $0 } }
    }

    @Test func roundsBeginAtOnceAndAFixedTimeApart() async throws {
        let rounds = Rounds()
        let service = try PeriodicService(every: .seconds(10), clock: clock) { rounds.begin(at: clock.now.offset) }
        try await testGracefulShutdown { trigger in
            async let run: Void = service.run()
            for _ in 0..<3 {
                await clock.waitForSleepers(1)
                clock.advance(by: .seconds(10))
            }
            await clock.waitForSleepers(1)
            trigger.triggerGracefulShutdown()
            try await run
        }
        #expect(rounds.all == [.zero, .seconds(10), .seconds(20), .seconds(30)])
        #expect(clock.pendingDeadlines.isEmpty)
    }

    @Test func aShutdownBeforeTheStartBeginsNoRound() async throws {
        let service = try PeriodicService(every: .seconds(10), clock: clock) { Issue.record("ran") }
        try await testGracefulShutdown { trigger in
            trigger.triggerGracefulShutdown()
            try await service.run()
        }
    }

    @Test func anErrorEndsTheService() async throws {
        let service = try PeriodicService(every: .seconds(10), clock: clock) { throw Broken() }
        await #expect(throws: Broken.self) { try await service.run() }
    }

    @Test func aCancellationEndsTheSleep() async throws {
        let service = try PeriodicService(every: .seconds(10), clock: clock) {}
        let task = Task { try await service.run() }
        await clock.waitForSleepers(1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test(arguments: [(0, 3, 10), (0, 10, 10), (0, 11, 20), (0, 35, 40), (20, 20, 30), (0, 40, 40)])
    func aRoundThatIsMissedIsLeftOut(_ last: Int64, _ now: Int64, _ next: Int64) {
        let moment = PeriodicService.following(
            Moment(nanoseconds: last), interval: 10, now: Moment(nanoseconds: now))
        #expect(moment == Moment(nanoseconds: next))
    }

    @Test(arguments: [Duration.zero, .seconds(-1)])
    func anIntervalMustBePositive(_ interval: Duration) {
        let error = #expect(throws: ConfigurationError.self) { try PeriodicService(every: interval) {} }
        #expect(error?.field == "every")
    }
}
