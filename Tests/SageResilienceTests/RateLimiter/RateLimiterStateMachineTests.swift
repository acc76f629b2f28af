import Testing

@testable import SageResilience

struct RateLimiterStateMachineTests {
    private func machine(capacity: Int, seconds: Int, maxQueued: Int = 10) throws -> RateLimiter.StateMachine {
        RateLimiter.StateMachine(
            try RateLimiterConfiguration(
                .tokenBucket(capacity: capacity, refillInterval: .seconds(seconds)), maxQueued: maxQueued))
    }

    private func at(_ seconds: Double) -> Moment { Moment(nanoseconds: Int64(seconds * 1e9)) }
    private let second: Int64 = 1_000_000_000

    /// Conformance case 41, governor: more than the capacity is refused for good, and nothing is consumed.
    @Test func sixOfFiveIsInsufficientCapacityAndConsumesNothing() throws {
        var machine = try machine(capacity: 5, seconds: 1)
        #expect(
            machine.admit(6, patience: .endless, now: .zero)
                == .rejected(RateLimiter.Refusal(reason: .insufficientCapacity, wait: nil)))
        #expect(machine.admit(5, patience: .none, now: .zero) == .admitted)
    }

    @Test(arguments: [0, -1, Int.min])
    func nothingIsAlwaysGrantedAndNeverCounted(permits: Int) throws {
        var machine = try machine(capacity: 1, seconds: 1)
        #expect(machine.admit(1, patience: .none, now: .zero) == .admitted)
        #expect(machine.admit(permits, patience: .none, now: .zero) == .admitted)
        #expect(machine.counters.acquired == 1)
    }

    @Test func aWaitThatIsKnownToBeTooLongIsRefusedAtOnce() throws {
        var machine = try machine(capacity: 1, seconds: 2)
        #expect(machine.admit(1, patience: .init(longest: second), now: .zero) == .admitted)
        #expect(
            machine.admit(1, patience: .init(longest: second), now: at(0.5))
                == .rejected(RateLimiter.Refusal(reason: .waitTooLong, wait: second * 3 / 2)))
        #expect(machine.admit(1, patience: .init(longest: second * 3 / 2), now: at(0.5)) == .mustWait)
        #expect(
            machine.admit(1, patience: .none, now: at(0.5))
                == .rejected(RateLimiter.Refusal(reason: .rateLimited, wait: second * 3 / 2)))
    }

    @Test func thePromiseCountsThoseWhoWaitAlready() throws {
        var machine = try machine(capacity: 2, seconds: 1)
        #expect(machine.admit(2, patience: .none, now: .zero) == .admitted)
        #expect(machine.enqueue(1, patience: .init(longest: 9 * second), now: .zero).signal == .sleep(until: at(1)))
        #expect(machine.enqueue(2, patience: .init(longest: 9 * second), now: .zero).signal == nil)
        #expect(
            machine.admit(1, patience: .none, now: at(0.25))
                == .rejected(RateLimiter.Refusal(reason: .rateLimited, wait: second * 15 / 4)))
    }

    @Test func nobodyOvertakesEvenWhereThereWouldBePermits() throws {
        var machine = try machine(capacity: 2, seconds: 1)
        #expect(machine.admit(1, patience: .none, now: .zero) == .admitted)
        #expect(machine.admit(2, patience: .init(longest: 9 * second), now: .zero) == .mustWait)
        let (id, signal) = machine.enqueue(2, patience: .init(longest: 9 * second), now: .zero)
        #expect(signal == .sleep(until: at(1)))
        #expect(
            machine.admit(1, patience: .none, now: .zero)
                == .rejected(RateLimiter.Refusal(reason: .rateLimited, wait: 2 * second)))
        #expect(machine.claim(id, now: at(1)).map(\.signal) == [.granted(waited: second, at: at(1))])
    }

    @Test func aFullQueueRefuses() throws {
        var machine = try machine(capacity: 1, seconds: 1, maxQueued: 1)
        #expect(machine.admit(1, patience: .none, now: .zero) == .admitted)
        _ = machine.enqueue(1, patience: .init(longest: 9 * second), now: .zero)
        #expect(
            machine.admit(1, patience: .init(longest: 9 * second), now: .zero)
                == .rejected(RateLimiter.Refusal(reason: .queueFull, wait: 2 * second)))
    }

    @Test func oneClaimServesEverybodyForWhomThereArePermits() throws {
        var machine = RateLimiter.StateMachine(
            try RateLimiterConfiguration(.slidingWindow(limit: 2, per: .seconds(1))))
        #expect(machine.admit(2, patience: .none, now: .zero) == .admitted)
        let ids = (1...3).map { _ in machine.enqueue(1, patience: .init(longest: 9 * second), now: .zero).id }
        let notices = machine.claim(ids[0], now: at(1))
        #expect(notices.map(\.id) == ids)
        #expect(
            notices.map(\.signal) == [
                .granted(waited: second, at: at(1)), .granted(waited: second, at: at(1)), .sleep(until: at(2)),
            ])
    }

    @Test func whenTheHeadLeavesTheNextOneTakesItsPlace() throws {
        var machine = try machine(capacity: 2, seconds: 1)
        #expect(machine.admit(2, patience: .none, now: .zero) == .admitted)
        let head = machine.enqueue(2, patience: .init(longest: 9 * second), now: .zero).id
        let next = machine.enqueue(1, patience: .init(longest: 9 * second), now: .zero).id
        let notices = machine.leave(head, now: at(0.5))
        #expect(notices.map(\.id) == [head, next])
        #expect(notices.map(\.signal) == [.cancelled, .sleep(until: at(1))])
        #expect(machine.leave(head, now: at(0.5)).isEmpty)
    }

    @Test func timeThatGoesBackwardsNeitherFreesNorUsesPermits() throws {
        var machine = try machine(capacity: 3, seconds: 1)
        #expect(machine.admit(1, patience: .none, now: at(10)) == .admitted)
        #expect(machine.snapshot(name: "", counters: machine.counters, now: at(2)).availablePermits == 2)
        #expect(machine.admit(2, patience: .none, now: at(2)) == .admitted)
        #expect(machine.snapshot(name: "", counters: machine.counters, now: at(2)).availablePermits == 0)
        #expect(machine.snapshot(name: "", counters: machine.counters, now: at(11)).availablePermits == 1)
    }

    @Test func ofTwoPausesTheLaterEndHolds() throws {
        var machine = try machine(capacity: 3, seconds: 1)
        _ = machine.pause(until: at(5), now: .zero)
        _ = machine.pause(until: at(2), now: .zero)
        #expect(
            machine.admit(1, patience: .none, now: at(3))
                == .rejected(RateLimiter.Refusal(reason: .rateLimited, wait: 2 * second)))
        #expect(machine.snapshot(name: "", counters: machine.counters, now: at(3)).pausedFor == .seconds(2))
        #expect(machine.admit(1, patience: .none, now: at(5)) == .admitted)
    }

    @Test func aPauseRefusesAtOnceAllForWhomItIsTooLongAndTellsTheNextHead() throws {
        var machine = try machine(capacity: 1, seconds: 1)
        #expect(machine.admit(1, patience: .none, now: .zero) == .admitted)
        let head = machine.enqueue(1, patience: .init(longest: 2 * second), now: .zero).id
        let long = machine.enqueue(1, patience: .init(longest: 10 * second), now: .zero).id
        let short = machine.enqueue(1, patience: .init(longest: .max, untilDeadline: 3 * second), now: .zero).id
        let notices = machine.pause(until: at(10), now: .zero)
        #expect(notices.map(\.id) == [head, short, long])
        #expect(
            notices.map(\.signal) == [
                .rejected(RateLimiter.Refusal(reason: .waitTooLong, wait: 10 * second)),
                .rejected(RateLimiter.Refusal(reason: .deadlineExceeded, wait: 11 * second)),
                .sleep(until: at(10)),
            ])
        #expect(machine.counters.rejected == 2)
        // The timer of the head that has gone finds nothing to do.
        #expect(machine.claim(head, now: at(1)).isEmpty)
        #expect(machine.claim(long, now: at(10)).map(\.signal) == [.granted(waited: 10 * second, at: at(10))])
    }

    @Test func aPauseThatTheHeadAcceptsMovesItsAlarmOnce() throws {
        var machine = try machine(capacity: 1, seconds: 1)
        #expect(machine.admit(1, patience: .none, now: .zero) == .admitted)
        _ = machine.enqueue(1, patience: .init(longest: 9 * second), now: .zero)
        #expect(machine.pause(until: at(5), now: .zero).map(\.signal) == [.sleep(until: at(5))])
        #expect(machine.pause(until: at(4), now: .zero).isEmpty)
        #expect(machine.pause(until: at(6), now: at(1)).map(\.signal) == [.sleep(until: at(6))])
    }

    @Test func aClockThatWakesTheHeadTooEarlyIsAskedAgain() throws {
        var machine = try machine(capacity: 1, seconds: 2)
        #expect(machine.admit(1, patience: .none, now: .zero) == .admitted)
        let head = machine.enqueue(1, patience: .init(longest: 9 * second), now: .zero).id
        #expect(machine.claim(head, now: at(1)).map(\.signal) == [.sleep(until: at(2))])
    }

    @Test func theDeadlineOfTheCallIsAReasonOfItsOwn() throws {
        var machine = try machine(capacity: 1, seconds: 4)
        #expect(machine.admit(1, patience: .none, now: .zero) == .admitted)
        let table: [(longest: Int64, untilDeadline: Int64, reason: RejectionReason?)] = [
            (5, 3, .deadlineExceeded), (3, 3, .deadlineExceeded), (3, 5, .waitTooLong), (0, 3, .rateLimited),
            (4, 4, nil),
        ]
        for row in table {
            let patience = RateLimiter.Patience(
                longest: row.longest * second, untilDeadline: row.untilDeadline * second)
            let expected = row.reason.map {
                RateLimiter.StateMachine.Decision.rejected(RateLimiter.Refusal(reason: $0, wait: 4 * second))
            }
            #expect(machine.admit(1, patience: patience, now: .zero) == expected ?? .mustWait)
        }
    }

    // MARK: The plan

    @Test func whoIsServedAsPlannedLeavesThePlanAsItIs() throws {
        var machine = try machine(capacity: 1, seconds: 1)
        #expect(machine.admit(1, patience: .none, now: .zero) == .admitted)
        var ids: [UInt64] = []
        for _ in 1...4 {
            #expect(machine.admit(1, patience: .endless, now: .zero) == .mustWait)
            ids.append(machine.enqueue(1, patience: .endless, now: .zero).id)
        }
        #expect(machine.plan?.end == at(4))
        #expect(machine.claim(ids[0], now: at(1)).first?.signal == .granted(waited: second, at: at(1)))
        #expect(machine.plan?.end == at(4))
        #expect(machine.plan?.late == 0)
        _ = machine.claim(ids[1], now: at(2.5))
        #expect(machine.plan?.late == 1)
        #expect(machine.leave(ids[2], now: at(2.5)).isEmpty == false)
        #expect(machine.plan == nil)
        _ = machine.claim(ids[3], now: at(3.5))
        #expect(machine.waiters.isEmpty)
        #expect(machine.plan == nil)
    }

    /// The work of a plan is that of a queue's length, and it lasts for a queue's length of late calls.
    @Test func whereTimersAreLateThePlanIsSeldomMadeAnew() throws {
        var machine = try machine(capacity: 1, seconds: 1, maxQueued: 1_000)
        #expect(machine.admit(1, patience: .none, now: .zero) == .admitted)
        var head: UInt64 = 1
        var plans = 0
        func arrive(_ now: Moment) {
            if machine.plan == nil { plans += 1 }
            #expect(machine.admit(1, patience: .endless, now: now) == .mustWait)
            _ = machine.enqueue(1, patience: .endless, now: now)
        }
        for _ in 1...100 { arrive(.zero) }
        plans = 0
        for place in 1...1_000 {
            let now = at(Double(place) * 1.001)
            #expect(machine.claim(head, now: now).count == 2)
            head += 1
            arrive(now)
        }
        #expect(plans > 0)
        #expect(plans <= 1_000 / 100)
    }

    // MARK: Settling

    @Test func aBucketThatMayHaveBeenFullWhileItWasOpenRefundsNothing() throws {
        for (looksAt, available) in [(1.5, 1), (2.0, 0)] {
            var machine = try machine(capacity: 2, seconds: 1)
            #expect(machine.admit(2, patience: .none, now: .zero) == .admitted)
            var open = try #require(machine.freeBucket)
            // Open, it was full at 2 s, and somebody took all of it; or not so long, and somebody took one.
            open.take(looksAt < 2 ? 1 : 2, at: at(looksAt))
            open.lastFull = Moment(nanoseconds: .min)  // What an exchange of one number cannot carry.
            machine.adopt(open, now: at(looksAt))
            _ = machine.settle(reserved: 1, at: .zero, actual: 0, now: at(looksAt))
            #expect(machine.account.available(at: at(looksAt)) == available)
        }
    }

    @Test func aRefundServesThoseWhoWaitSoonerAndADebitLater() throws {
        var machine = try machine(capacity: 4, seconds: 1)
        machine.startMetering()
        #expect(machine.freeBucket == nil)
        #expect(machine.admit(4, patience: .none, now: .zero) == .admitted)
        #expect(machine.enqueue(4, patience: .init(longest: 9 * second), now: .zero).signal == .sleep(until: at(4)))
        let next = machine.enqueue(1, patience: .init(longest: 5 * second), now: .zero).id
        #expect(
            machine.settle(reserved: 2, at: .zero, actual: 1, now: at(1)).map(\.signal) == [.sleep(until: at(3))])
        #expect(
            machine.settle(reserved: 1, at: .zero, actual: 2, now: at(1)).map(\.signal) == [.sleep(until: at(4))])
        let notices = machine.settle(reserved: 1, at: .zero, actual: 3, now: at(1))
        #expect(notices.map(\.id) == [next, 1])
        #expect(
            notices.map(\.signal) == [
                .rejected(RateLimiter.Refusal(reason: .waitTooLong, wait: 6 * second)), .sleep(until: at(6)),
            ])
        #expect(machine.counters.refundedPermits == 1)
        #expect(machine.counters.debitedPermits == 3)
        #expect(
            machine.settle(reserved: 4, at: .zero, actual: 0, now: at(2)).map(\.signal) == [
                .granted(waited: 2 * second, at: at(2))
            ])
    }
}

extension RateLimiter.Patience {
    static let none = Self(longest: 0)
    static let endless = Self(longest: .max)
}
