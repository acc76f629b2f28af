import SageTesting
import Testing

@testable import SageResilience

struct HealthCheckStateMachineTests {
    private typealias StateMachine = HealthCheck.StateMachine

    private static let passing = HealthCheck.Outcome.answered(ServiceHealth(.healthy, state: "passing"))
    private static let failing = HealthCheck.Outcome.failed(errorClass: .transient, errorType: "Oops")

    @Test func anOutcomeIsKnownUntilItIsNotFresh() {
        var machine = StateMachine(freshness: .seconds(5))
        #expect(machine.ask(now: .zero) == .start(run: 1))
        #expect(machine.ask(now: .seconds(1)) == .wait)
        #expect(machine.health(now: .seconds(1)).state == "not_checked")
        var isSettled = machine.end(Self.passing, now: .seconds(2))
        #expect(isSettled)
        #expect(machine.ask(now: .seconds(6.9)) == .known)
        #expect(machine.health(now: .seconds(6)).measurements["age_seconds"] == 4)
        #expect(machine.health(now: .seconds(6)).measurements["duration_seconds"] == 2)
        #expect(machine.ask(now: .seconds(7)) == .start(run: 2))
        // While it runs the old outcome is what is known.
        #expect(machine.health(now: .seconds(8)).status == .healthy)
        isSettled = machine.end(Self.failing, now: .seconds(8))
        #expect(isSettled)
        #expect(machine.health(now: .seconds(9)).status == .unhealthy)
    }

    @Test func aRunThatIsOverItsLimitIsNotStartedAgainBeforeItEnds() {
        var machine = StateMachine(freshness: 0)
        #expect(machine.ask(now: .zero) == .start(run: 1))
        var isSettled = machine.timeOut(run: 1, now: .seconds(5))
        #expect(isSettled)
        #expect(machine.ask(now: .seconds(60)) == .known)
        #expect(machine.health(now: .seconds(60)).reason == "the check has not answered and still runs")
        isSettled = machine.timeOut(run: 1, now: .seconds(61))
        #expect(!isSettled)
        // Its late success does not change what was said.
        isSettled = machine.end(Self.passing, now: .seconds(70))
        #expect(!isSettled)
        #expect(machine.health(now: .seconds(70)).state == "timed_out")
        #expect(machine.health(now: .seconds(70)).lastFailure?.errorClass == .timeout)
        #expect(machine.ask(now: .seconds(70)) == .start(run: 2))
        isSettled = machine.timeOut(run: 1, now: .seconds(71))
        #expect(!isSettled)
        isSettled = machine.end(Self.passing, now: .seconds(72))
        #expect(isSettled)
        #expect(machine.health(now: .seconds(72)).status == .healthy)
        #expect(machine.health(now: .seconds(72)).lastFailure?.age == .seconds(67))
    }

    @Test func failuresInARowAreCounted() {
        var machine = StateMachine(freshness: 0)
        let outcomes: [(HealthCheck.Outcome, Double)] = [
            (Self.failing, 1), (.answered(ServiceHealth(.unhealthy)), 2), (Self.failing, 3),
            (.answered(ServiceHealth(.degraded)), 0), (Self.failing, 1), (Self.passing, 0),
        ]
        for (outcome, expected) in outcomes {
            _ = machine.ask(now: .zero)
            _ = machine.end(outcome, now: .zero)
            #expect(machine.health(now: .zero).measurements["consecutive_failures"] == expected)
        }
    }

    /// Whatever happens: one run at most, each settled exactly once, and nobody told to wait when nothing will come.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func eachRunIsSettledOnce(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var machine = StateMachine(freshness: .seconds(1))
        var now = 0.0
        var (started, settled, running): (UInt64, UInt64, UInt64?) = (0, 0, nil)
        for _ in 0..<2_000 {
            now += Double.random(in: 0...1, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0:
                switch machine.ask(now: .seconds(now)) {
                case .start(let run):
                    #expect(running == nil)
                    (started, running) = (run, run)
                case .wait: #expect(settled < started)
                case .known: #expect(settled == started)
                }
            case 1:
                if machine.end(Self.passing, now: .seconds(now)) { settled += 1 }
                running = nil
            default:
                if machine.timeOut(run: started, now: .seconds(now)) { settled += 1 }
            }
            #expect(settled == started || settled == started - 1)
            #expect(machine.isAwaited == (settled < started))
        }
    }
}
