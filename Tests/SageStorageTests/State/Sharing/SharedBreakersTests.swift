import SageResilience
import SageTesting
import Synchronization
import Testing

@testable import SageStorage

struct SharedBreakersTests {
    private let clock = TestClock()

    private func store() -> InMemoryStateStore { InMemoryStateStore(clock: clock.storeClock) }

    private func instances(_ count: Int, _ store: any StateStore, quorum: Int = 1) throws -> [SharedInstance] {
        try (1...count).map { try SharedInstance("instance-\($0)", store, clock, quorum: quorum) }
    }

    // MARK: Opening

    @Test func oneThatOpensOpensTheOthersForAsLong() async throws {
        let all = try instances(3, store())
        for instance in all { try await instance.turn() }
        await all[0].fail()
        try await all[0].turn()
        clock.advance(by: .seconds(5))
        for instance in all { try await instance.look() }
        for instance in all {
            #expect(instance.state == .open)
            #expect(instance.breaker.snapshot().retryAfter == .seconds(25))
        }
        #expect(all.map(\.breaker.record.isOwnJudgement) == [true, false, false])
    }

    @Test func whoOnlyFollowsIsNoEvidence() async throws {
        let store = store()
        let all = try instances(2, store)
        let careful = try SharedInstance("careful", store, clock, quorum: 2)
        for instance in all + [careful] { try await instance.turn() }
        await all[0].fail()
        for instance in all + [careful] { try await instance.look() }
        clock.advance(by: .seconds(1))
        for instance in all + [careful] { try await instance.look() }
        #expect(all[1].state == .open)
        #expect(careful.state == .closed)
    }

    @Test func aQuorumOpensForAsLongAsItHolds() async throws {
        let store = store()
        let all = try instances(2, store)
        let careful = try SharedInstance("careful", store, clock, quorum: 2)
        try await careful.turn()
        // Both find it by themselves, before they hear of each other.
        await all[0].fail()
        try await all[0].turn()
        clock.advance(by: .seconds(4))
        all[1].breaker.open(for: .seconds(100))
        try await all[1].turn()
        try await careful.look()
        #expect(careful.breaker.snapshot().retryAfter == .seconds(26))
    }

    @Test(arguments: [CircuitBreaker.State.disabled, .forcedOpen, .metricsOnly])
    func whatWasSetByHandStaysWhateverTheOthersSay(_ state: CircuitBreaker.State) async throws {
        let all = try instances(2, store())
        try all[1].breaker.transition(to: state)
        try await all[1].turn()
        await all[0].fail()
        try await all[0].turn()
        try await all[1].look()
        #expect(all[1].state == state)
        // Nor does it spread: it was meant for that one.
        try await all[0].look()
        #expect(all[0].state == .open)
    }

    @Test func whatWasReportedBeforeAPersonClosedTheBreakerIsOutOfDate() async throws {
        let all = try instances(2, store())
        for instance in all { try await instance.turn() }
        await all[0].fail()
        try await all[0].turn()
        try await all[1].look()
        #expect(all[1].state == .open)
        clock.advance(by: .seconds(1))
        all[1].breaker.reset()
        clock.advance(by: .seconds(1))
        try await all[1].look()
        #expect(all[1].state == .closed)
        // A later opening counts.
        all[0].breaker.reset()
        clock.advance(by: .seconds(1))
        await all[0].fail()
        try await all[0].look()
        try await all[1].look()
        #expect(all[1].state == .open)
    }

    /// A store whose clock is a little slow measures that more time is left at each look.
    @Test func adviceIsToldOnceWhileNothingChanges() async throws {
        let slow = StoreClock { [clock] in
            StoreInstant(microseconds: 1_800_000_000_000_000).advanced(by: clock.now.offset * 0.999)
        }
        let store = InMemoryStateStore(clock: slow)
        let recorder = EventRecorder()
        let one = try SharedInstance("one", store, clock)
        let two = try SharedInstance("two", store, clock, listener: recorder)
        for instance in [one, two] { try await instance.turn() }
        await one.fail()
        try await one.turn()
        for _ in 0..<20 {
            clock.advance(by: .seconds(1))
            try await two.look()
        }
        #expect(recorder.advice == ["opened"])
        // Longer by more than an error of measurement: that is a change.
        one.breaker.open(for: .seconds(60))
        clock.advance(by: .seconds(1))
        try await one.turn()
        for _ in 0..<5 {
            try await two.look()
            clock.advance(by: .seconds(1))
        }
        #expect(recorder.advice == ["opened", "opened"])
        #expect(two.state == .open)
    }

    // MARK: Restart

    @Test func aRestartTakesUpTheRemainingTime() async throws {
        let store = store()
        let first = try SharedInstance("one", store, clock)
        try await first.turn()
        await first.fail()
        try await first.turn()
        clock.advance(by: .seconds(12))
        let second = try SharedInstance("one", store, clock)
        #expect(second.state == .closed)
        try await second.turn()
        #expect(second.state == .open)
        #expect(second.breaker.snapshot().retryAfter == .seconds(18))
        #expect(second.breaker.record.isOwnJudgement)
        let view = try await store.view()
        #expect(view.reports.count == 1)
        #expect(view.reports.first?.openUntil.duration(since: view.now) == .seconds(18))
    }

    @Test func aRestartAfterTheRecoveryTimeProbesInsteadOfClosing() async throws {
        let store = store()
        let first = try SharedInstance("one", store, clock)
        await first.fail()
        try await first.turn()
        clock.advance(by: .seconds(100))
        let second = try SharedInstance("one", store, clock)
        try await second.turn()
        #expect(second.state == .open)
        #expect(second.breaker.snapshot().retryAfter == .zero)
    }

    @Test func aRestartTakesUpWhatWasSetByHandButANewInstanceDoesNot() async throws {
        let store = store()
        let first = try SharedInstance("one", store, clock)
        try first.breaker.transition(to: .forcedOpen)
        try await first.turn()
        clock.advance(by: .seconds(86_400))
        let other = try SharedInstance("two", store, clock)
        try await other.turn()
        #expect(other.state == .closed)
        let second = try SharedInstance("one", store, clock)
        try await second.turn()
        #expect(second.state == .forcedOpen)
    }

    @Test func aNewcomerFollowsTheOthersAndResetsNothing() async throws {
        let store = store()
        let first = try SharedInstance("one", store, clock)
        await first.fail()
        try await first.turn()
        clock.advance(by: .seconds(10))
        let newcomer = try SharedInstance("two", store, clock)
        try await newcomer.turn()
        #expect(newcomer.breaker.snapshot().retryAfter == .seconds(20))
        try await first.look()
        #expect(first.breaker.snapshot().retryAfter == .seconds(20))
    }

    // MARK: Probes

    /// Opens all of them, and lets the recovery time pass.
    private func halfOpen(_ all: [SharedInstance]) async throws {
        for instance in all { try await instance.turn() }
        await all[0].fail()
        for instance in all { try await instance.look() }
        clock.advance(by: .seconds(30))
    }

    /// Takes as many probes as there are; each call asks, each loop turns, three times over.
    private func probes(_ all: [SharedInstance]) async throws -> [CircuitBreaker.SharedPermit] {
        var permits: [CircuitBreaker.SharedPermit] = []
        for _ in 0..<3 {
            for instance in all {
                for _ in 0..<3 {
                    if let permit = instance.breaker.sharedPermit { permits.append(permit) }
                }
                clock.advance(by: .milliseconds(300))
                try await instance.turn()
            }
        }
        return permits
    }

    @Test(arguments: [1, 2, 3, 5])
    func instancesTogetherSendNoMoreProbesThanOneWould(_ count: Int) async throws {
        let all = try instances(count, store())
        try await halfOpen(all)
        for instance in all { try await instance.turn() }
        let permits = try await probes(all)
        #expect(permits.count == 3)
        #expect(try await probes(all).isEmpty)
        for permit in permits { permit.ignore() }
    }

    @Test func theFirstCallAfterTheRecoveryTimeIsAProbe() async throws {
        let all = try instances(1, store())
        try await halfOpen(all)
        try await all[0].turn()
        #expect(all[0].breaker.admits)
    }

    @Test func aCallWithoutALeaseIsRefusedForAMomentAndAsksForOne() async throws {
        let all = try instances(1, store())
        try await halfOpen(all)
        let refusal = #expect(throws: CircuitBreakerError.self) { try refuse(all[0].breaker) }
        #expect(refusal?.reason == .halfOpenLimit)
        #expect(refusal?.retryAfter == .milliseconds(100))
        try await all[0].turn()
        #expect(all[0].breaker.admits)
    }

    private func refuse(_ breaker: CircuitBreaker) throws {
        let permit = try breaker.acquire()
        permit.ignore()
    }

    @Test func successesOfSeveralInstancesCloseAllTogether() async throws {
        let all = try instances(3, store())
        try await halfOpen(all)
        for instance in all { try await instance.turn() }
        for permit in try await probes(all) { permit.succeed() }
        for instance in all { try await instance.turn() }
        for instance in all { try await instance.look() }
        #expect(all.map(\.state) == [.closed, .closed, .closed])
    }

    /// Who asks for a lease before it looks begins a new round on top of the one that has just been decided.
    @Test func aRecoveryClosesAllAlsoWhenANewRoundHasBegunSince() async throws {
        let store = store()
        let all = try instances(3, store)
        try await halfOpen(all)
        for instance in all { try await instance.turn() }
        let probes = all.map(\.breaker.sharedPermit)
        clock.advance(by: .milliseconds(10))
        for (instance, probe) in zip(all, probes) {
            probe?.succeed()
            try await instance.turn()
        }
        #expect(all.map(\.state) == [.halfOpen, .halfOpen, .closed])
        clock.advance(by: .milliseconds(500))
        try await all[0].turn()
        let round = try await store.view().rounds.first
        #expect(round?.number == 2)
        #expect(round?.verdict == .undecided)
        for instance in all { try await instance.look() }
        #expect(all.map(\.state) == [.closed, .closed, .closed])
    }

    @Test func oneThatFollowsAndBeginsToProbeJustAfterTheRecoveryClosesWithIt() async throws {
        let store = store()
        let own = try SharedInstance("own", store, clock, halfOpenMaxCalls: 1)
        let follower = try SharedInstance("follower", store, clock, halfOpenMaxCalls: 1)
        try await halfOpen([own, follower])
        try await own.turn()
        own.breaker.sharedPermit?.succeed()
        try await own.turn()
        #expect(own.state == .closed)
        clock.advance(by: .milliseconds(1))
        #expect(!follower.breaker.admits)
        #expect(follower.state == .halfOpen)
        try await follower.look()
        #expect(follower.state == .closed)
    }

    @Test func aVerdictIsFollowedOnce() async throws {
        let all = try instances(2, store())
        for instance in all { try await instance.turn() }
        await all[0].fail()
        clock.advance(by: .seconds(20))
        await all[1].fail()
        for instance in all { try await instance.turn() }
        all[0].breaker.open(for: .seconds(5))
        clock.advance(by: .seconds(5))
        for permit in try await probes([all[0]]) { permit.succeed() }
        try await all[0].turn()
        try await all[1].look()
        #expect(all[1].breaker.snapshot().retryAfter == .zero)
        // Open again, by its own account of what has happened since.
        clock.advance(by: .seconds(1))
        all[1].breaker.open(for: .seconds(40))
        try await all[1].look()
        #expect(all[1].breaker.snapshot().retryAfter == .seconds(40))
    }

    @Test func aFailedProbeKeepsAllFromProbing() async throws {
        let all = try instances(3, store())
        try await halfOpen(all)
        for instance in all { try await instance.turn() }
        let permit = try all[1].breaker.acquire()
        permit.fail(SharedInstance.Broken())
        try await all[1].turn()
        clock.advance(by: .seconds(1))
        for instance in all { try await instance.look() }
        for instance in all {
            #expect(instance.state == .open)
            let wait = try #require(instance.breaker.snapshot().retryAfter)
            #expect(wait > .seconds(50))
            #expect(wait <= .seconds(60))
        }
    }

    @Test func aRecoveryLetsOnesThatAreOpenByThemselvesProbe() async throws {
        let all = try instances(2, store())
        for instance in all { try await instance.turn() }
        await all[0].fail()
        clock.advance(by: .seconds(20))
        await all[1].fail()
        for instance in all { try await instance.turn() }
        #expect(all.map(\.breaker.record.isOwnJudgement) == [true, true])
        all[0].breaker.open(for: .seconds(5))
        clock.advance(by: .seconds(5))
        for permit in try await probes([all[0]]) { permit.succeed() }
        try await all[0].turn()
        #expect(all[0].state == .closed)
        try await all[1].look()
        #expect(all[1].state == .open)
        #expect(all[1].breaker.snapshot().retryAfter == .zero)
        // What it said before is out of date for the one that has closed.
        try await all[0].look()
        #expect(all[0].state == .closed)
    }

    @Test func anIdleLeaseIsGivenToWhoWantsIt() async throws {
        let store = store()
        let idle = try SharedInstance("idle", store, clock, halfOpenMaxCalls: 1)
        let busy = try SharedInstance("busy", store, clock, halfOpenMaxCalls: 1)
        try await halfOpen([idle, busy])
        try await idle.turn()
        for _ in 0..<4 {
            #expect(!busy.breaker.admits)
            try await busy.turn()
            clock.advance(by: .milliseconds(300))
        }
        try await idle.look()
        try await idle.turn()
        try await busy.turn()
        #expect(busy.breaker.admits)
    }

    // MARK: A store that is away

    @Test func whenTheStoreIsLostEachGoesOnByItselfAndReconcilesAfterwards() async throws {
        let fickle = FickleStore(store())
        let heard = EventLog()
        let one = try SharedInstance("one", fickle, clock) { heard.append($0) }
        let two = try SharedInstance("two", fickle, clock)
        try await two.turn()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await one.shared.run() }
            await clock.waitForTimer(due: .seconds(1))
            fickle.goAway()
            clock.advance(by: .seconds(1))
            // The pauses grow.
            await clock.waitForTimer(due: .milliseconds(500))
            #expect(one.shared.health.isUp == false)
            #expect(one.shared.health.error?.contains("it is away") == true)
            clock.advance(by: .milliseconds(500))
            await clock.waitForTimer(due: .seconds(1))
            await one.fail()
            #expect(one.state == .open)
            clock.advance(by: .seconds(1))
            await clock.waitForTimer(due: .seconds(2))
            clock.advance(by: .seconds(2))
            await clock.waitForTimer(due: .seconds(4))
            #expect(heard.events == [.lost("memory: it is away")])
            fickle.comeBack()
            clock.advance(by: .seconds(4))
            await clock.waitForTimer(due: .seconds(1))
            #expect(heard.events.count == 2)
            #expect(heard.events.last == .reached(after: .milliseconds(7_500)))
            #expect(one.shared.health.isUp)
            #expect(one.shared.health.error == nil)
            group.cancelAll()
        }
        try await two.look()
        #expect(two.state == .open)
        #expect(two.breaker.snapshot().retryAfter == .seconds(23))
    }

    @Test func withoutAStoreTheBreakersOwnLimitHolds() async throws {
        let fickle = FickleStore(store())
        let one = try SharedInstance("one", fickle, clock)
        try await one.turn()
        await one.fail()
        fickle.goAway()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await one.shared.run() }
            await clock.waitForTimer(due: .milliseconds(500))
            clock.advance(by: .seconds(30))
            let permits = (0..<5).compactMap { _ in one.breaker.sharedPermit }
            #expect(permits.count == 3)
            for permit in permits { permit.succeed() }
            #expect(one.state == .closed)
            group.cancelAll()
        }
    }

    @Test func anInstanceWhoseNameIsTakenSaysSo() async throws {
        let store = store()
        let heard = EventLog()
        let one = try SharedInstance("same", store, clock) { heard.append($0) }
        try await one.turn()
        await one.fail()
        try await one.turn()
        let other = try SharedInstance("same", store, clock)
        try await other.turn()
        one.breaker.open(for: .seconds(99))
        clock.advance(by: .seconds(1))
        try await one.turn()
        #expect(heard.events == [.nameTaken("same")])
    }

    @Test func aBreakerThatIsDetachedIsLeftToItself() async throws {
        let one = try SharedInstance("one", store(), clock)
        try await one.turn()
        #expect(one.shared.isAttached(one.breaker))
        one.shared.detach(one.breaker)
        #expect(!one.shared.isAttached(one.breaker))
        await one.fail()
        clock.advance(by: .seconds(30))
        #expect(one.breaker.admits)
    }
}

/// The events that a test has heard.
private final class EventLog: Sendable {
    private let log = Mutex<[StoreEvent]>([])

    var events: [StoreEvent] { log.withLock { $0 } }

    func append(_ event: StoreEvent) { log.withLock { $0.append(event) } }
}

extension EventRecorder {
    /// The names of the advice that was followed.
    fileprivate var advice: [String] {
        kinds.compactMap { if case .circuitBreakerAdvised(let advice) = $0 { advice.name } else { nil } }
    }
}

extension CircuitBreaker {
    /// Whether a call would be let through now; one that is has no verdict.
    fileprivate var admits: Bool { sharedPermit != nil }

    fileprivate var sharedPermit: SharedPermit? {
        guard let permit = tryAcquire() else { return nil }
        return permit.shared()
    }
}
