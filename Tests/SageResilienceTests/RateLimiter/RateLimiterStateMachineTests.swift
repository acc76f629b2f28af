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
            machine.admit(6, maxWait: .max, now: .zero)
                == .rejected(RateLimiter.Refusal(reason: .insufficientCapacity, wait: nil)))
        #expect(machine.admit(5, maxWait: nil, now: .zero) == .admitted)
    }

    @Test(arguments: [0, -1, Int.min])
    func nothingIsAlwaysGrantedAndNeverCounted(permits: Int) throws {
        var machine = try machine(capacity: 1, seconds: 1)
        #expect(machine.admit(1, maxWait: nil, now: .zero) == .admitted)
        #expect(machine.admit(permits, maxWait: nil, now: .zero) == .admitted)
        #expect(machine.counters.acquired == 1)
    }

    @Test func aWaitThatIsKnownToBeTooLongIsRefusedAtOnce() throws {
        var machine = try machine(capacity: 1, seconds: 2)
        #expect(machine.admit(1, maxWait: second, now: .zero) == .admitted)
        #expect(
            machine.admit(1, maxWait: second, now: at(0.5))
                == .rejected(RateLimiter.Refusal(reason: .waitTooLong, wait: second * 3 / 2)))
        #expect(machine.admit(1, maxWait: second * 3 / 2, now: at(0.5)) == .mustWait)
        #expect(
            machine.admit(1, maxWait: nil, now: at(0.5))
                == .rejected(RateLimiter.Refusal(reason: .rateLimited, wait: second * 3 / 2)))
    }

    @Test func thePromiseCountsThoseWhoWaitAlready() throws {
        var machine = try machine(capacity: 2, seconds: 1)
        #expect(machine.admit(2, maxWait: nil, now: .zero) == .admitted)
        #expect(machine.enqueue(1, maxWait: 9 * second, now: .zero).signal == .sleep(until: at(1)))
        #expect(machine.enqueue(2, maxWait: 9 * second, now: .zero).signal == nil)
        #expect(
            machine.admit(1, maxWait: nil, now: at(0.25))
                == .rejected(RateLimiter.Refusal(reason: .rateLimited, wait: second * 15 / 4)))
    }

    @Test func nobodyOvertakesEvenWhereThereWouldBePermits() throws {
        var machine = try machine(capacity: 2, seconds: 1)
        #expect(machine.admit(1, maxWait: nil, now: .zero) == .admitted)
        #expect(machine.admit(2, maxWait: 9 * second, now: .zero) == .mustWait)
        let (id, signal) = machine.enqueue(2, maxWait: 9 * second, now: .zero)
        #expect(signal == .sleep(until: at(1)))
        #expect(
            machine.admit(1, maxWait: nil, now: .zero)
                == .rejected(RateLimiter.Refusal(reason: .rateLimited, wait: 2 * second)))
        #expect(machine.claim(id, now: at(1)).map(\.signal) == [.granted(waited: second)])
    }

    @Test func aFullQueueRefuses() throws {
        var machine = try machine(capacity: 1, seconds: 1, maxQueued: 1)
        #expect(machine.admit(1, maxWait: nil, now: .zero) == .admitted)
        _ = machine.enqueue(1, maxWait: 9 * second, now: .zero)
        #expect(
            machine.admit(1, maxWait: 9 * second, now: .zero)
                == .rejected(RateLimiter.Refusal(reason: .queueFull, wait: 2 * second)))
    }

    @Test func oneClaimServesEverybodyForWhomThereArePermits() throws {
        var machine = RateLimiter.StateMachine(
            try RateLimiterConfiguration(.slidingWindow(limit: 2, per: .seconds(1))))
        #expect(machine.admit(2, maxWait: nil, now: .zero) == .admitted)
        let ids = (1...3).map { _ in machine.enqueue(1, maxWait: 9 * second, now: .zero).id }
        let notices = machine.claim(ids[0], now: at(1))
        #expect(notices.map(\.id) == ids)
        #expect(
            notices.map(\.signal) == [
                .granted(waited: second), .granted(waited: second), .sleep(until: at(2)),
            ])
    }

    @Test func whenTheHeadLeavesTheNextOneTakesItsPlace() throws {
        var machine = try machine(capacity: 2, seconds: 1)
        #expect(machine.admit(2, maxWait: nil, now: .zero) == .admitted)
        let head = machine.enqueue(2, maxWait: 9 * second, now: .zero).id
        let next = machine.enqueue(1, maxWait: 9 * second, now: .zero).id
        let notices = machine.leave(head, now: at(0.5))
        #expect(notices.map(\.id) == [head, next])
        #expect(notices.map(\.signal) == [.cancelled, .sleep(until: at(1))])
        #expect(machine.leave(head, now: at(0.5)).isEmpty)
    }

    @Test func timeThatGoesBackwardsNeitherFreesNorUsesPermits() throws {
        var machine = try machine(capacity: 3, seconds: 1)
        #expect(machine.admit(1, maxWait: nil, now: at(10)) == .admitted)
        #expect(machine.snapshot(name: "", now: at(2)).availablePermits == 2)
        #expect(machine.admit(2, maxWait: nil, now: at(2)) == .admitted)
        #expect(machine.snapshot(name: "", now: at(2)).availablePermits == 0)
        #expect(machine.snapshot(name: "", now: at(11)).availablePermits == 1)
    }

    @Test func ofTwoPausesTheLaterEndHolds() throws {
        var machine = try machine(capacity: 3, seconds: 1)
        _ = machine.pause(until: at(5), now: .zero)
        _ = machine.pause(until: at(2), now: .zero)
        #expect(
            machine.admit(1, maxWait: nil, now: at(3))
                == .rejected(RateLimiter.Refusal(reason: .rateLimited, wait: 2 * second)))
        #expect(machine.snapshot(name: "", now: at(3)).pausedFor == .seconds(2))
        #expect(machine.admit(1, maxWait: nil, now: at(5)) == .admitted)
    }

    @Test func aPauseRefusesThoseBehindTheHeadForWhomItIsTooLong() throws {
        var machine = try machine(capacity: 1, seconds: 1)
        #expect(machine.admit(1, maxWait: nil, now: .zero) == .admitted)
        let head = machine.enqueue(1, maxWait: 2 * second, now: .zero).id
        let short = machine.enqueue(1, maxWait: 3 * second, now: .zero).id
        let long = machine.enqueue(1, maxWait: 10 * second, now: .zero).id
        let notices = machine.pause(until: at(10), now: .zero)
        let refused = RateLimiter.Signal.rejected(
            RateLimiter.Refusal(reason: .waitTooLong, wait: 10 * second))
        #expect(notices.map(\.id) == [short])
        #expect(notices.map(\.signal) == [refused])
        let later = machine.claim(head, now: at(1))
        #expect(later.map(\.id) == [head, long])
        #expect(later.last?.signal == .sleep(until: at(10)))
    }
}
