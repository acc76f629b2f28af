import Testing

@testable import SageResilience

/// Plays calls to a circuit breaker's state machine, with time in seconds, and keeps what came of them.
///
/// A class, because an expectation cannot change a value.
final class BreakerDriver {
    typealias StateMachine = CircuitBreaker.StateMachine

    private var machine: StateMachine
    /// The states that were entered, in order.
    private(set) var entered: [CircuitBreaker.State] = []
    private(set) var snapshots: [CircuitBreaker.Snapshot] = []
    private(set) var wouldOpen: [CircuitBreaker.Snapshot] = []
    private(set) var lastRejection: (reason: RejectionReason, retryAfter: Duration?)?
    /// The jitter of the next opening, where 0.5 is none, and the call's place in the ramp.
    var unitRandom = 0.5

    init(_ configuration: CircuitBreakerConfiguration) {
        machine = StateMachine("breaker", configuration, now: .zero)
    }

    var state: CircuitBreaker.State { machine.state }

    func isForgettable(at now: Double) -> Bool {
        look(at: now)
        return machine.isForgettable(now: .seconds(now))
    }

    func snapshot(at now: Double) -> CircuitBreaker.Snapshot {
        look(at: now)
        return machine.currentSnapshot(now: .seconds(now))
    }

    /// What every use of a breaker does first.
    func look(at now: Double) {
        note(machine.endOverdueTrial(now: .seconds(now)))
    }

    /// Starts a call; nil when it is refused.
    func start(at now: Double) -> CircuitBreaker.Ticket? {
        look(at: now)
        let (admission, transition) = machine.admit(now: .seconds(now), unitRandom: unitRandom)
        note(transition)
        switch admission {
        case .admitted(let ticket):
            return ticket
        case .rejected(let reason, let retryAfter):
            lastRejection = (reason, retryAfter.map { .nanoseconds($0) })
            return nil
        case .mustWait, .missing:
            Issue.record("\(admission) for a call that does not wait")
            return nil
        }
    }

    func finish(_ ticket: CircuitBreaker.Ticket, _ report: StateMachine.Report, at now: Double) {
        look(at: now)
        switch machine.record(report, for: ticket, now: .seconds(now), unitRandom: unitRandom) {
        case .none: break
        case .transition(let transition): note(transition)
        case .wouldOpen(let snapshot): wouldOpen.append(snapshot)
        case .missing(let need): Issue.record("\(need) is not missing")
        }
    }

    /// One whole call; false when it was refused.
    @discardableResult
    func call(_ report: StateMachine.Report, at start: Double, took: Double = 0) -> Bool {
        guard let ticket = self.start(at: start) else { return false }
        finish(ticket, report, at: start + took)
        return true
    }

    /// Calls one after the other: F fails, S succeeds, I is ignored; false when one was refused.
    @discardableResult
    func play(_ results: String, at now: Double, took: Double = 0) -> Bool {
        results.filter { $0 != " " }.allSatisfy { call(Self.report($0), at: now, took: took) }
    }

    func change(to state: CircuitBreaker.State, at now: Double) throws {
        look(at: now)
        note(try machine.change(to: state, now: .seconds(now), unitRandom: unitRandom))
    }

    func open(for seconds: Double, at now: Double) {
        note(machine.open(forNanoseconds: .seconds(seconds), now: .seconds(now)))
    }

    func reset(at now: Double) {
        note(machine.reset(now: .seconds(now)))
    }

    private func note(_ transition: CircuitBreaker.Transition?) {
        guard let transition else { return }
        entered.append(transition.to)
        snapshots.append(transition.snapshot)
    }

    private static func report(_ letter: Character) -> StateMachine.Report {
        switch letter {
        case "F": .failed
        case "S": .success
        default: .ignored(hint: nil)
        }
    }
}

extension CircuitBreaker.StateMachine.Report {
    /// A failure without further circumstances.
    static let failed = failed(.transient)

    static func failed(_ errorClass: ErrorClass, hint: ServerHint? = nil) -> Self {
        .failure(.init(errorType: UnknownError.self, classification: ErrorClassification(errorClass, hint: hint)))
    }
}
