import SageResilience
import SageTesting
import Synchronization
import Testing

/// What a breaker takes from its own past and from other processes.
struct CircuitBreakerSharingTests {
    private struct Broken: Error {}

    private let clock = TestClock()

    private func breaker(
        halfOpenMaxCalls: Int = 2, queued: Int = 0, listener: (any ResilienceListener)? = nil
    ) throws -> CircuitBreaker {
        let configuration = try CircuitBreakerConfiguration(
            window: .calls(4), minimumCalls: 2, recoveryTimeout: .seconds(10), recoveryJitter: 0,
            maxRecoveryTimeout: .seconds(40), halfOpenMaxCalls: halfOpenMaxCalls, halfOpenMaxQueued: queued,
            maxServerHint: .seconds(60), classifier: ErrorClassifier { _ in ErrorClassification(.transient) })
        return CircuitBreaker("b", configuration, clock: clock, listener: listener)
    }

    private func fail(_ breaker: CircuitBreaker, times: Int = 1) async {
        for _ in 0..<times { try? await breaker.execute { throw Broken() } }
    }

    // MARK: Restoring

    @Test func anOpenStateIsTakenUpWithItsRemainingTime() async throws {
        let recorder = EventRecorder()
        let breaker = try breaker(listener: recorder)
        #expect(breaker.restore(.init(state: .open, remaining: .seconds(7), failedRecoveries: 1)))
        #expect(breaker.state == .open)
        #expect(breaker.record.isOwnJudgement)
        clock.advance(by: .seconds(6))
        #expect(breaker.snapshot().retryAfter == .seconds(1))
        #expect(!breaker.admits())
        clock.advance(by: .seconds(1))
        // The recovery that fails now is the second one.
        await fail(breaker)
        #expect(breaker.snapshot().retryAfter == .seconds(40))
        let words = recorder.kinds.map(\.description)
        #expect(words.first == "took up the state from before the start: open, 7.0 seconds left")
    }

    @Test(arguments: [
        (Duration.seconds(1_000_000), Duration.seconds(60)), (.seconds(-5), .zero), (.seconds(59), .seconds(59)),
    ])
    func noRemainingTimeIsLongerThanTheConfigurationKnows(_ given: Duration, _ taken: Duration) throws {
        let breaker = try breaker()
        breaker.restore(.init(state: .open, remaining: given))
        #expect(breaker.snapshot().retryAfter == taken)
    }

    @Test func aStateThatWasHalfOpenLetsProbesThroughAtOnce() throws {
        let breaker = try breaker()
        breaker.restore(.init(state: .halfOpen))
        #expect(breaker.admits())
        #expect(breaker.state == .halfOpen)
    }

    @Test(arguments: [CircuitBreaker.State.forcedOpen, .disabled, .metricsOnly])
    func aStateThatWasSetByHandIsTakenUp(_ state: CircuitBreaker.State) throws {
        let breaker = try breaker()
        #expect(breaker.restore(.init(state: state)))
        #expect(breaker.state == state)
        #expect(!breaker.restore(.init(state: .open, remaining: .seconds(5))))
        #expect(breaker.state == state)
    }

    @Test func whatTheNewcomerHasFoundIsNeitherShortenedNorReset() async throws {
        let breaker = try breaker()
        await fail(breaker, times: 2)
        #expect(breaker.state == .open)
        #expect(!breaker.restore(.init(state: .open, remaining: .seconds(3))))
        #expect(breaker.snapshot().retryAfter == .seconds(10))
        breaker.restore(.init(state: .open, remaining: .seconds(20)))
        #expect(breaker.snapshot().retryAfter == .seconds(20))
        #expect(!breaker.restore(.init(state: .closed)))
        #expect(breaker.state == .open)
        #expect(breaker.snapshot().timesOpened == 1)
    }

    // MARK: Advice

    @Test func othersThatAreOpenOpenAClosedBreaker() throws {
        let recorder = EventRecorder()
        let breaker = try breaker(listener: recorder)
        #expect(breaker.follow(.opened(for: .seconds(8), failedRecoveries: 2)))
        #expect(breaker.state == .open)
        #expect(!breaker.record.isOwnJudgement)
        #expect(breaker.record.failedRecoveries == 2)
        #expect(breaker.snapshot().retryAfter == .seconds(8))
        #expect(recorder.kinds.map(\.description).first == "follows others that are open, 8.0 seconds left")
        #expect(!breaker.follow(.opened(for: .seconds(5), failedRecoveries: 0)))
        #expect(breaker.follow(.opened(for: .seconds(9), failedRecoveries: 0)))
        #expect(breaker.snapshot().retryAfter == .seconds(9))
    }

    @Test func adviceWithoutTimeOpensNothing() throws {
        let breaker = try breaker()
        #expect(!breaker.follow(.opened(for: .zero, failedRecoveries: 1)))
        #expect(breaker.state == .closed)
        #expect(!breaker.follow(.probesFailed(retryAfter: .seconds(5))))
        #expect(!breaker.follow(.recovered))
        #expect(breaker.state == .closed)
    }

    @Test(
        arguments: [CircuitBreaker.State.forcedOpen, .disabled, .metricsOnly],
        [
            CircuitBreaker.Advice.opened(for: .seconds(5), failedRecoveries: 0), .probesFailed(retryAfter: .seconds(5)),
            .recovered,
        ])
    func adviceNeverChangesWhatWasSetByHand(
        _ state: CircuitBreaker.State, _ advice: CircuitBreaker.Advice
    ) throws {
        let breaker = try breaker()
        try breaker.transition(to: state)
        #expect(!breaker.follow(advice))
        #expect(breaker.state == state)
    }

    @Test func aRecoveryClosesWhoOnlyFollowedAndLetsTheOthersProbe() async throws {
        let follower = try breaker()
        follower.follow(.opened(for: .seconds(30), failedRecoveries: 0))
        #expect(follower.follow(.recovered))
        #expect(follower.state == .closed)

        let judge = try breaker()
        await fail(judge, times: 2)
        #expect(judge.follow(.recovered))
        #expect(judge.state == .open)
        #expect(judge.admits())
        #expect(judge.state == .halfOpen)
        #expect(judge.follow(.recovered))
        #expect(judge.state == .closed)
    }

    @Test func failedProbesOfOthersOpenAHalfOpenBreakerAgain() async throws {
        let breaker = try breaker()
        await fail(breaker, times: 2)
        clock.advance(by: .seconds(10))
        let probe = try breaker.acquire()
        #expect(!breaker.follow(.opened(for: .seconds(20), failedRecoveries: 0)))
        #expect(breaker.state == .halfOpen)
        #expect(breaker.follow(.probesFailed(retryAfter: .seconds(20))))
        #expect(breaker.state == .open)
        #expect(breaker.snapshot().retryAfter == .seconds(20))
        // It belongs to an earlier state.
        probe.succeed()
        #expect(breaker.state == .open)
    }

    // MARK: Permits

    @Test func probesNeedPermits() async throws {
        let permits = ScriptedPermits(atHand: 1)
        let breaker = try breaker()
        breaker.connect(to: permits)
        await fail(breaker, times: 2)
        #expect(permits.changes == 1)
        clock.advance(by: .seconds(10))
        let probe = try breaker.acquire()
        #expect(permits.changes == 2)
        let refusal = #expect(throws: CircuitBreakerError.self) { try refused(breaker) }
        #expect(refusal?.reason == .halfOpenLimit)
        #expect(refusal?.retryAfter == .milliseconds(100))
        permits.add(1)
        let second = try breaker.acquire()
        // The breaker's own limit comes first: no permit is asked for.
        let asked = permits.asked
        #expect(!breaker.admits())
        #expect(permits.asked == asked)
        probe.succeed()
        second.succeed()
        #expect(breaker.state == .closed)
        #expect(permits.outcomes == [.succeeded, .succeeded])
    }

    private func refused(_ breaker: CircuitBreaker) throws {
        let permit = try breaker.acquire()
        permit.ignore()
    }

    @Test func everyPermitIsGivenBackOnce() async throws {
        let permits = ScriptedPermits(atHand: 3)
        let breaker = try breaker(halfOpenMaxCalls: 3)
        breaker.connect(to: permits)
        await fail(breaker, times: 2)
        clock.advance(by: .seconds(10))
        let ignored = try breaker.acquire()
        let failing = try breaker.acquire()
        let late = try breaker.acquire()
        ignored.ignore()
        #expect(permits.outcomes == [.undecided])
        failing.fail(Broken())
        #expect(breaker.state == .open)
        #expect(permits.outcomes == [.undecided, .reopened, .undecided])
        late.succeed()
        #expect(permits.outcomes.count == 3)
    }

    @Test func probesThatHangOpenAgainAndSaySo() async throws {
        let permits = ScriptedPermits(atHand: 1)
        let breaker = try breaker()
        breaker.connect(to: permits)
        await fail(breaker, times: 2)
        clock.advance(by: .seconds(10))
        let probe = try breaker.acquire()
        clock.advance(by: .seconds(60))
        #expect(breaker.state == .open)
        #expect(permits.outcomes == [.reopened])
        probe.succeed()
        #expect(permits.outcomes == [.reopened])
    }

    @Test func aChangeByHandGivesThePermitsBackWithoutAVerdict() async throws {
        let permits = ScriptedPermits(atHand: 2)
        let breaker = try breaker()
        breaker.connect(to: permits)
        await fail(breaker, times: 2)
        clock.advance(by: .seconds(10))
        let probe = try breaker.acquire()
        breaker.reset()
        #expect(permits.outcomes == [.undecided])
        probe.succeed()
        #expect(permits.outcomes == [.undecided])
    }

    @Test func aBreakerThatIsLeftToItselfProbesWithoutPermits() async throws {
        let permits = ScriptedPermits(atHand: 0)
        let breaker = try breaker()
        breaker.connect(to: permits)
        await fail(breaker, times: 2)
        clock.advance(by: .seconds(10))
        #expect(!breaker.admits())
        breaker.connect(to: nil)
        #expect(breaker.admits())
    }

    @Test func callsWaitForPermitsWhereTheBreakerIsToldTo() async throws {
        let permits = ScriptedPermits(atHand: 0)
        let breaker = try breaker(queued: 2)
        breaker.connect(to: permits)
        await fail(breaker, times: 2)
        clock.advance(by: .seconds(10))
        async let result = breaker.execute { 7 }
        // It sleeps until the longest time that a probe may take.
        await clock.waitForTimer(at: .init(offset: .seconds(70)), count: 1)
        permits.add(1)
        breaker.probePermitsAvailable(1)
        #expect(try await result == 7)
        #expect(permits.outcomes == [.succeeded])
    }

    @Test func whoWaitsForAPermitInVainIsRefused() async throws {
        let breaker = try breaker(queued: 2)
        breaker.connect(to: ScriptedPermits(atHand: 0))
        await fail(breaker, times: 2)
        clock.advance(by: .seconds(10))
        async let result = breaker.execute { 7 }
        await clock.waitForTimer(at: .init(offset: .seconds(70)), count: 1)
        clock.advance(by: .seconds(60))
        do {
            Issue.record("It got \(try await result)")
        } catch {
            #expect(error as? CircuitBreakerError == CircuitBreakerError(policyName: "b", reason: .halfOpenLimit))
        }
    }

    @Test func aClosedBreakerNeverAsks() async throws {
        let permits = ScriptedPermits(atHand: 0)
        let breaker = try breaker()
        breaker.connect(to: permits)
        for _ in 0..<10 { try await breaker.execute {} }
        #expect(permits.asked == 0)
        #expect(permits.changes == 0)
    }
}

/// Permits that a test hands out.
private final class ScriptedPermits: ProbePermits {
    private struct State {
        var atHand: Int
        var asked = 0
        var changes = 0
        var outcomes: [ProbePermit.Outcome] = []
    }

    private let state: Mutex<State>

    init(atHand: Int) {
        state = Mutex(State(atHand: atHand))
    }

    var asked: Int { state.withLock { $0.asked } }
    var changes: Int { state.withLock { $0.changes } }
    var outcomes: [ProbePermit.Outcome] { state.withLock { $0.outcomes } }

    func add(_ count: Int) { state.withLock { $0.atHand += count } }

    func acquireProbe() -> ProbePermission {
        state.withLock { state in
            state.asked += 1
            guard state.atHand > 0 else { return .refused(retryAfter: .milliseconds(100)) }
            state.atHand -= 1
            return .granted(ProbePermit { outcome in self.state.withLock { $0.outcomes.append(outcome) } })
        }
    }

    func breakerDidChange() { state.withLock { $0.changes += 1 } }
}
