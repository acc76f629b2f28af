import SageResilience
import SageTesting
import Synchronization
import Testing

@testable import SageGateway

@Suite(.timeLimit(.minutes(10)))
struct HedgeRaceTests {
    struct Broken: Error {}

    private let clock = TestClock()

    private func call(_ id: Int, after seconds: Int, fails: Bool = false) -> HedgeRace<String>.Leg {
        .init(id: id) { [clock] in
            try await clock.sleep(for: .seconds(seconds))
            if fails { throw Broken() }
            return "answer \(id)"
        }
    }

    /// What a race came to: the winner, who failed, whose answer was not needed, when hedges were asked for.
    struct Outcome: Equatable {
        var winner: Int?
        var failed: [Int] = []
        var discarded: [Int] = []
        var askedAt: [Int64] = []
    }

    /// Waits until the race has asked for a hedge or told of a failure, and until so many calls and timers wait; then
    /// moves the clock.
    struct Step {
        var signals = 0
        let sleepers: Int
        let seconds: Int
    }

    /// Runs a race in virtual time.
    private func race(
        _ first: HedgeRace<String>.Leg, every seconds: Int?, _ hedges: [HedgeRace<String>.Leg], maxHedges: Int = 1,
        goesOnAfterFailure: Bool = true, _ steps: Step...
    ) async throws -> Outcome {
        let timeline = Timeline(clock)
        let (signals, signal) = AsyncStream.makeStream(of: Void.self)
        let running = Task {
            var outcome = Outcome()
            var left = hedges[...]
            let result = try await HedgeRace.run(
                first, every: seconds.map { Int64($0) * 1_000_000_000 }, maxHedges: maxHedges, timeline: timeline,
                hedge: {
                    outcome.askedAt.append(timeline.now.nanoseconds / 1_000_000_000)
                    signal.yield()
                    return left.popFirst()
                },
                failed: { id, error in
                    #expect(error is Broken)
                    outcome.failed.append(id)
                    signal.yield()
                    return goesOnAfterFailure
                },
                discarded: { id, _ in outcome.discarded.append(id) })
            outcome.winner = result?.id
            #expect(result.map { $0.value == "answer \($0.id)" } ?? true)
            return outcome
        }
        var heard = signals.makeAsyncIterator()
        for step in steps {
            for _ in 0..<step.signals { await heard.next() }
            await clock.waitForSleepers(step.sleepers)
            clock.advance(by: .seconds(step.seconds))
        }
        let outcome = try await running.value
        #expect(clock.pendingDeadlines.isEmpty, "nothing is left of it")
        return outcome
    }

    @Test func quickAnswerNeedsNoHedge() async throws {
        let outcome = try await race(
            call(0, after: 1), every: 2, [call(1, after: 1)], Step(sleepers: 2, seconds: 1))
        #expect(outcome == Outcome(winner: 0))
    }

    @Test func slowCallIsOvertakenByItsHedge() async throws {
        let outcome = try await race(
            call(0, after: 9), every: 2, [call(1, after: 1)],
            Step(sleepers: 2, seconds: 2), Step(sleepers: 2, seconds: 1))
        #expect(outcome == Outcome(winner: 1, askedAt: [2]))
    }

    @Test func firstCallMayStillWin() async throws {
        let outcome = try await race(
            call(0, after: 3), every: 2, [call(1, after: 5)],
            Step(sleepers: 2, seconds: 2), Step(sleepers: 2, seconds: 1))
        #expect(outcome == Outcome(winner: 0, askedAt: [2]))
    }

    @Test func furtherHedgesFollowAtTheSameDistanceUpToTheLimit() async throws {
        let outcome = try await race(
            call(0, after: 30), every: 2, (1...5).map { call($0, after: 60) }, maxHedges: 3,
            Step(sleepers: 2, seconds: 2), Step(sleepers: 3, seconds: 2), Step(sleepers: 4, seconds: 2),
            Step(sleepers: 4, seconds: 24))
        #expect(outcome == Outcome(winner: 0, askedAt: [2, 4, 6]))
    }

    @Test func refusedHedgeMeansWaiting() async throws {
        let outcome = try await race(
            call(0, after: 30), every: 2, [], maxHedges: 5,
            Step(sleepers: 2, seconds: 2), Step(signals: 1, sleepers: 1, seconds: 28))
        #expect(outcome == Outcome(winner: 0, askedAt: [2]))
    }

    @Test func withoutADelayThereIsNoHedge() async throws {
        let outcome = try await race(
            call(0, after: 30), every: nil, [call(1, after: 0)], Step(sleepers: 1, seconds: 30))
        #expect(outcome == Outcome(winner: 0))
    }

    @Test func failureOfOneWaitsForTheOther() async throws {
        let outcome = try await race(
            call(0, after: 3, fails: true), every: 2, [call(1, after: 9)],
            Step(sleepers: 2, seconds: 2), Step(sleepers: 2, seconds: 1), Step(signals: 2, sleepers: 1, seconds: 8))
        #expect(outcome == Outcome(winner: 1, failed: [0], askedAt: [2]))
    }

    @Test func failureOfAHedgeWaitsForTheFirst() async throws {
        let outcome = try await race(
            call(0, after: 5), every: 2, [call(1, after: 1, fails: true)],
            Step(sleepers: 2, seconds: 2), Step(sleepers: 2, seconds: 1), Step(signals: 2, sleepers: 1, seconds: 2))
        #expect(outcome == Outcome(winner: 0, failed: [1], askedAt: [2]))
    }

    @Test func failureOfOneOfSeveralSendsTheNextAtOnce() async throws {
        let outcome = try await race(
            call(0, after: 9), every: 2, [call(1, after: 1, fails: true), call(2, after: 1)], maxHedges: 2,
            Step(sleepers: 2, seconds: 2), Step(sleepers: 3, seconds: 1), Step(signals: 3, sleepers: 3, seconds: 1))
        #expect(outcome == Outcome(winner: 2, failed: [1], askedAt: [2, 3]))
    }

    @Test func theNextDelayBeginsWithTheHedgeThatAFailureHasSent() async throws {
        let outcome = try await race(
            call(0, after: 3, fails: true), every: 2, (1...3).map { call($0, after: 9) }, maxHedges: 3,
            Step(sleepers: 2, seconds: 2), Step(sleepers: 3, seconds: 1), Step(signals: 3, sleepers: 3, seconds: 1),
            Step(sleepers: 3, seconds: 1), Step(signals: 1, sleepers: 3, seconds: 6))
        #expect(outcome == Outcome(winner: 1, failed: [0], askedAt: [2, 3, 5]))
    }

    @Test func refusedHedgeIsNotAskedForAgainWhenACallFails() async throws {
        let outcome = try await race(
            call(0, after: 9), every: 2, [call(1, after: 3, fails: true)], maxHedges: 3,
            Step(sleepers: 2, seconds: 2), Step(sleepers: 3, seconds: 2), Step(signals: 2, sleepers: 2, seconds: 1),
            Step(signals: 1, sleepers: 1, seconds: 4))
        #expect(outcome == Outcome(winner: 0, failed: [1], askedAt: [2, 4]))
    }

    @Test func failureOfTheOnlyCallEndsTheRaceBeforeAnyHedge() async throws {
        let outcome = try await race(
            call(0, after: 1, fails: true), every: 2, [call(1, after: 1)], Step(sleepers: 2, seconds: 1))
        #expect(outcome == Outcome(failed: [0]))
    }

    @Test func failureOfAllEndsTheRace() async throws {
        let outcome = try await race(
            call(0, after: 4, fails: true), every: 2, [call(1, after: 3, fails: true)],
            Step(sleepers: 2, seconds: 2), Step(sleepers: 2, seconds: 2), Step(signals: 2, sleepers: 1, seconds: 1))
        #expect(outcome == Outcome(failed: [0, 1], askedAt: [2]))
    }

    @Test func failureForGoodCancelsTheOthers() async throws {
        let outcome = try await race(
            call(0, after: 3, fails: true), every: 2, [call(1, after: 99)], goesOnAfterFailure: false,
            Step(sleepers: 2, seconds: 2), Step(sleepers: 2, seconds: 1))
        #expect(outcome == Outcome(failed: [0], askedAt: [2]))
    }

    @Test func answerThatComesSecondIsHandedBack() async throws {
        let stubborn = HedgeRace<String>.Leg(id: 0) { [clock] in
            // It has its answer when it is told to stop.
            try? await clock.sleep(for: .seconds(9))
            return "answer 0"
        }
        let outcome = try await race(
            stubborn, every: 2, [call(1, after: 1)], Step(sleepers: 2, seconds: 2), Step(sleepers: 2, seconds: 1))
        #expect(outcome == Outcome(winner: 1, discarded: [0], askedAt: [2]))
    }

    @Test func cancellationEndsAllCallsOfWhichNoneHasFailed() async throws {
        let timeline = Timeline(clock)
        let failures = Mutex(0)
        let first = call(0, after: 60)
        let hedge = call(1, after: 60)
        let running = Task {
            try await HedgeRace.run(
                first, every: 1_000_000_000, maxHedges: 1, timeline: timeline, hedge: { hedge },
                failed: { _, _ in
                    failures.withLock { $0 += 1 }
                    return true
                },
                discarded: { _, _ in }
            )?.id
        }
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(1))
        await clock.waitForSleepers(2)
        running.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
        #expect(failures.withLock { $0 } == 0)
        #expect(clock.pendingDeadlines.isEmpty)
    }
}
