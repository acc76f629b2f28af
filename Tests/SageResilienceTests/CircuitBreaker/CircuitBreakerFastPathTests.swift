import SageTesting
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

    @Test("Random sequences leave the breaker and a bare state machine in the same state", arguments: 1...40)
    func agreesWithTheStateMachine(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let configuration = try CircuitBreakerConfiguration(
            window: .calls(Int.random(in: 1...8, using: &generator)), minimumCalls: 2,
            consecutiveFailures: Bool.random(using: &generator) ? 2 : nil, recoveryTimeout: .seconds(5),
            recoveryJitter: 0, halfOpenMaxCalls: 2)
        let clock = TestClock()
        let breaker = CircuitBreaker("shell", configuration, clock: clock)
        var machine = CircuitBreaker.StateMachine(configuration, now: .zero)
        var late: [(CircuitBreaker.Ticket, CircuitBreaker.Ticket)] = []

        for _ in 0..<400 {
            let now = breaker.timeline.now
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
                let (admission, _) = machine.admit(now: now)
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
                record(.success, shell, bare, in: breaker, &machine, now)
            }
            let present = breaker.timeline.now
            let (actual, expected) = (breaker.snapshot(), machine.currentSnapshot(now: present))
            #expect(actual.state == expected.state)
            #expect(actual.calls == expected.calls)
            #expect(actual.failures == expected.failures)
            #expect(actual.consecutiveFailures == expected.consecutiveFailures)
            #expect(actual.probesInFlight == expected.probesInFlight)
            #expect(actual.timesOpened == expected.timesOpened)
            #expect(actual.notPermitted == expected.notPermitted)
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
            report = .ignored
        default:
            breaker.recordSuccess(shell)
            report = .success
        }
        _ = machine.record(report, for: bare, now: now, unitRandom: 0.5)
    }
}
