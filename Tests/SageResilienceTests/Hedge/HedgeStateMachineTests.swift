import SageTesting
import Testing

@testable import SageResilience

@Suite(.timeLimit(.minutes(1)))
struct HedgeStateMachineTests {
    typealias StateMachine = Hedge.StateMachine

    private func machine(
        copies: Int = 4, delay: Double? = 0.5, maxHint: Double = 60, deadline: Double? = nil
    ) -> StateMachine {
        StateMachine(
            maxCopies: copies, delay: delay.map { Moment.seconds($0).nanoseconds },
            maxServerHint: Moment.seconds(maxHint).nanoseconds,
            deadline: deadline.map(Moment.seconds) ?? .distantFuture, now: .zero)
    }

    /// Starts everything that is due, as the shell does.
    @discardableResult
    private func wake(_ machine: inout StateMachine, at now: Double, budget: Bool = true) -> [Int] {
        var sent: [Int] = []
        while case .send(let copy) = machine.wake(now: .seconds(now), reserve: { budget }) { sent.append(copy) }
        return sent
    }

    @Test("case 36, gRPC A6: hedge .5 x 4", arguments: [(0.001, 1), (0.501, 2), (1.001, 3), (1.501, 4), (9, 4)])
    func sendsAfterEachDelay(now: Double, inFlight: Int) {
        var machine = machine()
        for step in stride(from: 0, through: now, by: 0.1) { wake(&machine, at: step) }
        wake(&machine, at: now)
        #expect(machine.inFlight == inFlight)
        #expect(machine.sent == inFlight)
        #expect((machine.due == nil) == (inFlight == 4))
    }

    @Test("case 36, gRPC A6: a non-fatal error sends the next now, and the one after it a delay later")
    func aTransientErrorSendsTheNextAtOnce() {
        var machine = machine()
        #expect(machine.fail(copy: 1, .transient(nil), now: .seconds(0.2)) == .wait)
        #expect(wake(&machine, at: 0.2) == [2])
        #expect(wake(&machine, at: 0.5).isEmpty)
        #expect(wake(&machine, at: 0.7) == [3])
        #expect(machine.inFlight == 2)
    }

    @Test("gRPC A6: a push-back moves the next copy to exactly its time, then the delay goes on")
    func aHintMovesTheNextCopy() {
        var machine = machine()
        #expect(machine.fail(copy: 1, .transient(.wait(.seconds(3))), now: .seconds(0.2)) == .wait)
        #expect(machine.inFlight == 0)
        #expect(wake(&machine, at: 3.199).isEmpty)
        #expect(wake(&machine, at: 3.2) == [2])
        #expect(wake(&machine, at: 3.7) == [3])
    }

    @Test("gRPC A6: a negative push-back sends no more and waits for those in flight")
    func aHintForbidsMore() {
        var machine = machine()
        wake(&machine, at: 0.5)
        #expect(machine.fail(copy: 1, .transient(.doNotRetry), now: .seconds(0.6)) == .wait)
        #expect(machine.due == nil)
        #expect(wake(&machine, at: 5).isEmpty)
        #expect(machine.fail(copy: 2, .transient(nil), now: .seconds(6)) == .fail(copy: 1))
    }

    @Test(
        "a wait beyond the maximum forbids more, a wait in the past is none",
        arguments: [(61.0, false), (60, true), (-5, true)])
    func hintLimits(seconds: Double, allowed: Bool) {
        var machine = machine()
        let step = machine.fail(copy: 1, .transient(.wait(.seconds(seconds))), now: .zero)
        #expect(step == (allowed ? .wait : .fail(copy: 1)))
        #expect(machine.due == (allowed ? .seconds(max(0, seconds)) : nil))
    }

    @Test func anUnknownErrorOnlyTakesItsCopyOut() {
        var machine = machine()
        wake(&machine, at: 0.5)
        #expect(machine.fail(copy: 2, .unknown, now: .seconds(0.6)) == .wait)
        #expect(machine.due == .seconds(1), "neither earlier nor never")
        #expect(machine.fail(copy: 1, .unknown, now: .seconds(0.7)) == .fail(copy: 1), "nobody is left to wait for")
    }

    @Test func aRejectionStopsTheHedge() {
        var machine = machine()
        wake(&machine, at: 0.5)
        #expect(machine.fail(copy: 2, .rejected, now: .seconds(0.6)) == .wait)
        #expect(machine.due == nil)
        #expect(machine.fail(copy: 1, .transient(nil), now: .seconds(0.7)) == .fail(copy: 1))
    }

    @Test func aFatalErrorEndsTheCall() {
        var machine = machine()
        wake(&machine, at: 0.5)
        #expect(machine.fail(copy: 2, .fatal, now: .seconds(0.6)) == .fail(copy: 2))
    }

    @Test("case 39: a refused copy leaves the call waiting for the primary, and is not asked for again")
    func aRefusalKeepsWaiting() {
        var machine = machine()
        #expect(machine.wake(now: .seconds(0.5), reserve: { false }) == .wait)
        #expect(machine.inFlight == 1)
        #expect(wake(&machine, at: 9).isEmpty)
        #expect(machine.due == nil)
        #expect(machine.fail(copy: 1, .transient(nil), now: .seconds(9)) == .fail(copy: 1))
    }

    @Test func aRefusalAfterTheLastErrorEndsTheCall() {
        var machine = machine()
        #expect(machine.fail(copy: 1, .transient(nil), now: .zero) == .wait)
        #expect(machine.wake(now: .zero, reserve: { false }) == .fail(copy: 1))
    }

    @Test func nothingIsSentAtOrAfterTheDeadline() {
        var machine = machine(deadline: 1)
        #expect(wake(&machine, at: 0.5) == [2])
        #expect(machine.due == nil, "1.0 is the deadline")
        #expect(machine.fail(copy: 1, .transient(nil), now: .seconds(0.9)) == .wait)
        #expect(wake(&machine, at: 1).isEmpty, "it came too late to that")
        #expect(machine.inFlight == 1)
    }

    @Test("without a delay only an error sends, and a delay of nothing sends all at once")
    func delaysAtTheEnds() {
        var none = machine(delay: nil)
        #expect(wake(&none, at: 1e9).isEmpty)
        _ = none.fail(copy: 1, .transient(nil), now: .seconds(1e9))
        #expect(wake(&none, at: 1e9) == [2])
        var all = machine(delay: 0)
        #expect(wake(&all, at: 0) == [2, 3, 4])
        var huge = StateMachine(
            maxCopies: 4, delay: .max, maxServerHint: .max, deadline: .distantFuture, now: .seconds(1))
        #expect(huge.due == nil)
        #expect(wake(&huge, at: 1e9).isEmpty)
    }

    @Test func cancellationWaitsForWhatIsInFlight() {
        var machine = machine()
        #expect(machine.cancel() == .wait)
        #expect(machine.due == nil)
        #expect(machine.fail(copy: 1, .unknown, now: .zero) == .fail(copy: 1))
        var idle = self.machine()
        _ = idle.fail(copy: 1, .transient(.wait(.seconds(5))), now: .zero)
        #expect(idle.cancel() == .cancelled)
    }

    @Test func aCallSaysHowLongItsPrimaryTakesAtLeast() {
        var machine = machine()
        #expect(machine.sample(now: .seconds(0.3)) == 300_000_000)
        wake(&machine, at: 0.5)
        #expect(machine.sample(now: .seconds(0.8)) == 800_000_000, "censored: a copy has won")
        _ = machine.fail(copy: 2, .unknown, now: .seconds(0.8))
        #expect(machine.sample(now: .seconds(0.9)) == 900_000_000)
        wake(&machine, at: 1.3)
        _ = machine.fail(copy: 1, .unknown, now: .seconds(1.4))
        #expect(machine.sample(now: .seconds(1.5)) == nil)
    }

    @Test("agrees with a model that looks at the whole history each time", arguments: 0..<200)
    func agreesWithAModel(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let copies = Int.random(in: 2...5, using: &random)
        let delay: Int64? = Bool.random(using: &random) ? Int64.random(in: 0...5, using: &random) : nil
        let deadline = Moment(nanoseconds: Int64.random(in: 3...40, using: &random))
        var machine = StateMachine(
            maxCopies: copies, delay: delay, maxServerHint: 6, deadline: deadline, now: .zero)
        var model = Model(maxCopies: copies, delay: delay, maxHint: 6, deadline: deadline.nanoseconds)
        var now: Int64 = 0
        for _ in 0..<40 where !model.isOver {
            now += Int64.random(in: 0...2, using: &random)
            if Bool.random(using: &random) {
                let budget = Int.random(in: 0..<8, using: &random) > 0
                #expect(machine.wake(now: Moment(nanoseconds: now), reserve: { budget }) == model.wake(now, budget))
            } else if let copy = model.running.randomElement(using: &random) {
                let wait = Duration.nanoseconds(Int64.random(in: -1...8, using: &random))
                let failures: [StateMachine.Failure] = [
                    .transient(nil), .transient(nil), .transient(.wait(wait)), .transient(.doNotRetry), .unknown,
                    .rejected, .fatal,
                ]
                let failure = failures[Int.random(in: 0..<failures.count, using: &random)]
                let step = machine.fail(copy: copy, failure, now: Moment(nanoseconds: now))
                #expect(step == model.fail(copy, failure, now))
            }
            #expect(machine.inFlight == model.running.count)
            #expect(machine.sent == model.sends.count)
        }
    }

    /// What happened so far; every question is answered from the beginning.
    private struct Model {
        let maxCopies: Int
        let delay: Int64?
        let maxHint: Int64
        let deadline: Int64
        var sends: [Int64] = [0]
        var running: [Int] = [1]
        /// Errors that asked for a copy, and when they want it; the last one since the last send counts.
        var wishes: [(at: Int64, afterSends: Int)] = []
        var isStopped = false
        var isOver = false

        var due: Int64? {
            guard !isStopped, sends.count < maxCopies else { return nil }
            let wish = wishes.last { $0.afterSends == sends.count }?.at
            guard let due = wish ?? delay.map({ sends[sends.count - 1] + $0 }), due < deadline else { return nil }
            return due
        }

        mutating func wake(_ now: Int64, _ budget: Bool) -> StateMachine.Step {
            guard let due, due <= now else { return .wait }
            guard now < deadline, budget else {
                isStopped = true
                return end()
            }
            sends.append(now)
            running.append(sends.count)
            return .send(copy: sends.count)
        }

        mutating func fail(_ copy: Int, _ failure: StateMachine.Failure, _ now: Int64) -> StateMachine.Step {
            running.removeAll { $0 == copy }
            switch failure {
            case .fatal:
                isOver = true
                return .fail(copy: copy)
            case .transient(.wait(let wait)) where wait.saturatingNanoseconds <= maxHint:
                wishes.append((now + max(0, wait.saturatingNanoseconds), sends.count))
            case .transient(nil): wishes.append((now, sends.count))
            case .unknown: if running.isEmpty { isStopped = true }
            case .transient, .rejected: isStopped = true
            }
            return end()
        }

        private mutating func end() -> StateMachine.Step {
            isOver = running.isEmpty && due == nil
            return isOver ? .fail(copy: 1) : .wait
        }
    }
}
