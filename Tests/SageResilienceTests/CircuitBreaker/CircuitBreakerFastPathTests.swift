import SageTesting
import Synchronization
import Testing

@testable import SageResilience

/// The shell decides without its lock where it can; that must never show.
struct CircuitBreakerFastPathTests {
    private struct Failure: ClassifiedError {
        let classification: ErrorClassification
    }

    private enum Operation {
        case success
        case failure
        case callersMistake
        case late
        case manual(CircuitBreaker.State)
        case reset
        case pause

        static func random(_ generator: inout SeededGenerator) -> Operation {
            switch Int.random(in: 0..<100, using: &generator) {
            case ..<70: .success
            case ..<82: .failure
            case ..<88: .callersMistake
            case ..<92: .late
            case ..<94: .manual(CircuitBreaker.State.allCases.randomElement(using: &generator) ?? .closed)
            case ..<96: .reset
            default: .pause
            }
        }
    }

    @Test("Random sequences leave the breaker and a bare state machine in the same state", arguments: 1...80)
    func agreesWithTheStateMachine(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let configuration = try CircuitBreakerConfiguration(
            window: .calls(Int.random(in: 1...8, using: &generator)),
            minimumCalls: .random(in: 1...4, using: &generator),
            consecutiveFailures: Bool.random(using: &generator) ? 2 : nil,
            slowCallDuration: Bool.random(using: &generator) ? .seconds(3) : nil, slowCallRate: 0.5,
            recoveryTimeout: .seconds(5), recoveryJitter: 0, halfOpenMaxCalls: 2,
            ramp: Bool.random(using: &generator) ? .init(over: .seconds(6), from: 0.3) : nil,
            adaptiveThreshold: Int.random(in: 0..<4, using: &generator) == 0 ? .init(memory: 20, floor: 0.2) : nil)
        let clock = TestClock()
        let breaker = CircuitBreaker("shell", configuration, clock: clock, random: .constant(0.5))
        var machine = CircuitBreaker.StateMachine("breaker", configuration, now: .zero)
        var late: [(CircuitBreaker.Ticket, CircuitBreaker.Ticket)] = []

        for _ in 0..<400 {
            let now = breaker.timeline.now
            #expect(machine.endOverdueTrial(now: now) == nil)
            let operation = Operation.random(&generator)
            switch operation {
            case .manual(let state):
                try? breaker.transition(to: state)
                _ = try? machine.change(to: state, now: now, unitRandom: 0.5)
            case .reset:
                breaker.reset()
                _ = machine.reset(now: now)
            case .pause:
                clock.advance(by: .seconds(2))
            case .success, .failure, .callersMistake, .late:
                let shell = try? breaker.admit()
                let (admission, _) = machine.admit(now: now, unitRandom: 0.5)
                guard let shell, case .admitted(let bare) = admission else {
                    #expect(shell == nil)
                    if case .admitted = admission { Issue.record("the state machine admits what the shell refuses") }
                    continue
                }
                if case .late = operation {
                    late.append((shell, bare))
                    continue
                }
                record(operation, shell, bare, in: breaker, &machine, now)
            }
            if late.count > 3 {
                let (shell, bare) = late.removeFirst()
                record(.success, shell, bare, in: breaker, &machine, breaker.timeline.now)
            }
            let present = breaker.timeline.now
            let (actual, expected) = (breaker.snapshot(), machine.currentSnapshot(now: present))
            #expect(actual.state == expected.state)
            #expect(actual.calls == expected.calls)
            #expect(actual.failures == expected.failures)
            #expect(actual.consecutiveFailures == expected.consecutiveFailures)
            #expect(actual.probesInFlight == expected.probesInFlight)
            #expect(actual.timesOpened == expected.timesOpened)
            #expect(actual.rejected == expected.rejected)
            #expect(actual.slowCalls == expected.slowCalls)
            #expect(actual.totalDuration == expected.totalDuration)
            #expect(actual.retryAfter == expected.retryAfter)
            #expect(actual.rampShare == expected.rampShare)
            #expect(actual.learnedFailureRate == expected.learnedFailureRate)
        }
    }

    private func record(
        _ operation: Operation, _ shell: CircuitBreaker.Ticket, _ bare: CircuitBreaker.Ticket,
        in breaker: CircuitBreaker, _ machine: inout CircuitBreaker.StateMachine, _ now: Moment
    ) {
        let report: CircuitBreaker.StateMachine.Report
        switch operation {
        case .failure:
            let classification = ErrorClassification(.transient)
            breaker.recordFailure(shell, Failure(classification: classification))
            report = .failure(.init(errorType: Failure.self, classification: classification))
        case .callersMistake:
            breaker.recordFailure(shell, Failure(classification: ErrorClassification(.permanent)))
            report = .ignored(hint: nil)
        default:
            breaker.recordSuccess(shell)
            report = .success
        }
        _ = machine.record(report, for: bare, now: now, unitRandom: 0.5)
    }
}

extension CircuitBreakerFastPathTests {
    /// Refusals take no lock where nobody listens; they must be counted and told all the same.
    @Test func refusalsWithoutTheLockAreLikeOthers() async throws {
        let clock = TestClock()
        let configuration = try CircuitBreakerConfiguration(
            recoveryTimeout: .seconds(10), recoveryJitter: 0, halfOpenMaxCalls: 1)
        let recorder = EventRecorder()
        for listener in [nil, recorder] {
            let breaker = CircuitBreaker("b", configuration, clock: clock, listener: listener)
            try breaker.transition(to: .open)
            #expect((breaker.refusesUntil.load(ordering: .relaxed) == .min) == (listener != nil))
            clock.advance(by: .seconds(4))
            #expect(!breaker.admits())
            let acquired = #expect(throws: CircuitBreakerError.self) { _ = try breaker.acquire() }
            let executed = await #expect(throws: CircuitBreakerError.self) { try await breaker.execute {} }
            for error in [acquired, executed] {
                #expect(error == CircuitBreakerError(policyName: "b", reason: .circuitOpen, retryAfter: .seconds(6)))
            }
            #expect(breaker.snapshot().rejected == 3)
            breaker.open(for: .seconds(100))
            #expect(!breaker.admits())
            breaker.open(for: .seconds(1))
            clock.advance(by: .nanoseconds(999_999_999))
            #expect(!breaker.admits())
            clock.advance(by: .nanoseconds(1))
            // Equality admits.
            let probe = try breaker.acquire()
            #expect(!breaker.admits())
            #expect(breaker.snapshot().rejected == 6)
            probe.succeed()
            #expect(breaker.admits())
            #expect(breaker.refusesUntil.load(ordering: .relaxed) == .min)
            try breaker.transition(to: .forcedOpen)
            #expect(!breaker.admits())
            #expect(breaker.snapshot().rejected == 7)
        }
        #expect(recorder.kinds.count { if case .circuitBreakerRejected = $0 { true } else { false } } == 7)
    }

    @Test("ordinary successes are those that open nothing, and no others")
    func ordinarySuccessesOpenNothing() throws {
        var machine = CircuitBreaker.StateMachine(
            "breaker", try CircuitBreakerConfiguration(window: .calls(4), minimumCalls: 3, failureRate: 0.5), now: .zero
        )
        func keeps(_ generation: UInt64) -> Bool { machine.keepOrdinarySuccess(of: generation, nanoseconds: 0) }
        #expect(keeps(0))
        #expect(keeps(0))
        #expect(!keeps(0), "the rate is judged for the first time")
        #expect(!keeps(1), "another generation")
        #expect(machine.counts.calls == 2)
        _ = machine.open(forNanoseconds: 0, now: .zero)
        #expect(!keeps(machine.generation))
    }

    @Test func successesTakeNoLockOnceTheLastFailureHasLeftTheWindow() async throws {
        let breaker = CircuitBreaker(
            "b", try CircuitBreakerConfiguration(window: .calls(4), minimumCalls: 4), clock: TestClock())
        func ignoresSuccesses() -> Bool {
            let word = breaker.fastPathWord.load(ordering: .relaxed)
            let fastPath = CircuitBreaker.FastPath(word: word)
            return fastPath.ignoresSuccess(of: fastPath.generation)
        }
        try breaker.acquire().fail(ServiceError.transient)
        for _ in 0..<4 {
            #expect(!ignoresSuccesses())
            try await breaker.execute {}
        }
        #expect(ignoresSuccesses())
        try breaker.acquire().fail(ServiceError.transient)
        #expect(!ignoresSuccesses())
    }
}
