import SageResilience
import Testing

@testable import SageTelemetry

struct FloodGuardTests {
    private func policy(_ name: String) -> PolicyIdentity { PolicyIdentity(.bulkhead, name) }
    private func at(_ nanoseconds: Int64) -> Moment { Moment(nanoseconds: nanoseconds) }

    @Test func writesTheFirstOfAnIntervalAndCountsTheRest() {
        var guardian = FloodGuard(limit: 2, interval: 100)
        let verdicts = [0, 1, 2, 99, 100, 101, 102].map { guardian.admit(policy("a"), .hedgeSent, now: at($0)) }
        #expect(
            verdicts == [
                .write(suppressed: 0), .write(suppressed: 0), .suppress, .suppress, .write(suppressed: 2),
                .write(suppressed: 0), .suppress,
            ])
    }

    @Test func tellsPoliciesAndKindsApart() {
        var guardian = FloodGuard(limit: 1, interval: 100)
        #expect(guardian.admit(policy("a"), .hedgeSent, now: at(0)) == .write(suppressed: 0))
        #expect(guardian.admit(policy("a"), .hedgeWon, now: at(0)) == .write(suppressed: 0))
        #expect(guardian.admit(policy("b"), .hedgeSent, now: at(0)) == .write(suppressed: 0))
        #expect(guardian.admit(policy("a"), .hedgeSent, now: at(0)) == .suppress)
    }

    @Test func handsOutWhatIsOverdueOnce() {
        var guardian = FloodGuard(limit: 1, interval: 100)
        for _ in 1...4 { _ = guardian.admit(policy("a"), .hedgeSent, now: at(0)) }
        _ = guardian.admit(policy("b"), .hedgeSent, now: at(50))
        #expect(guardian.takeOverdue(now: at(99)).isEmpty)
        let overdue = guardian.takeOverdue(now: at(100))
        #expect(overdue.map(\.suppressed) == [3])
        #expect(overdue.map(\.key) == [FloodGuard.Key(policy: policy("a"), line: .hedgeSent)])
        #expect(guardian.takeOverdue(now: at(200)).isEmpty)
        #expect(guardian.count == 0)
    }

    @Test func remembersABoundedNumberAndLosesNoCount() {
        var guardian = FloodGuard(limit: 1, interval: 100, capacity: 10)
        var written = 0
        var told = 0
        for number in 0..<1_000 {
            if case .write(let suppressed) = guardian.admit(policy("\(number)"), .hedgeSent, now: at(0)) {
                written += 1
                told += suppressed
            }
        }
        // Ten of their own and one for all others.
        #expect(guardian.count == 11)
        #expect(written == 11)
        // When their intervals are over their places are free, and their counts are told by the shared one.
        _ = guardian.admit(policy("0"), .hedgeSent, now: at(50))
        for number in 1_000..<1_030 {
            if case .write(let suppressed) = guardian.admit(policy("\(number)"), .hedgeSent, now: at(200)) {
                written += 1
                told += suppressed
            }
        }
        told += guardian.takeOverdue(now: at(1_000)).reduce(0) { $0 + $1.suppressed }
        #expect(written + told == 1_000 + 1 + 30)
    }
}
