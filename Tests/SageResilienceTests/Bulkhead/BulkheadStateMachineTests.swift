import SageTesting
import Testing

@testable import SageResilience

struct BulkheadStateMachineTests {
    private typealias Machine = BulkheadDriver

    private func machine(
        _ limit: Int = 1, maxQueued: Int = 100, ageing: Duration = .seconds(1)
    ) throws -> Machine {
        Machine(try BulkheadConfiguration(limit: limit, maxQueued: maxQueued, ageing: ageing))
    }

    /// The identifiers of those who are granted, one permit after the other.
    private func served(_ machine: Machine, at now: Double) -> [UInt64] {
        var order: [UInt64] = []
        while machine.waiting > 0 { order += machine.serve(free: 1, now: .seconds(now)).notices.map(\.id) }
        return order
    }

    /// Arrivals (priority, second) and the order in which they are served.
    @Test(
        arguments: [
            (
                "equals in the order of arrival", 1.0, [(CallPriority.normal, 0.0), (.normal, 0), (.normal, 1)],
                [1, 2, 3]
            ),
            ("the more important first", 1, [(.low, 0), (.normal, 0), (.high, 0), (.critical, 0)], [4, 3, 2, 1]),
            ("a level counts as the ageing time", 1, [(.low, 0), (.normal, 0.9)], [2, 1]),
            ("who has waited for it is as important, and was first", 1, [(.low, 0), (.normal, 1)], [1, 2]),
            ("levels add up", 1, [(.low, 0), (.critical, 2.9), (.critical, 3.1)], [2, 1, 3]),
            (
                "without ageing time the order is that of arrival", 0, [(.low, 0), (.critical, 0), (.high, 1)],
                [1, 2, 3]
            ),
            ("with a very long one priority is strict", 1e9, [(.low, 0), (.normal, 1e6), (.high, 2e6)], [3, 2, 1]),
        ] as [(Comment, Double, [(CallPriority, Double)], [UInt64])])
    func order(rule: Comment, ageing: Double, arrivals: [(CallPriority, Double)], expected: [UInt64]) throws {
        let machine = try machine(ageing: .nanoseconds(Int64.seconds(ageing)))
        for (priority, second) in arrivals {
            _ = machine.arrive(priority, maxWait: .max, remaining: nil, now: .seconds(second))
        }
        #expect(served(machine, at: 1e7) == expected, rule)
    }

    @Test func theLongestAgeingStillKeepsTheLevelsApart() throws {
        let machine = try machine(ageing: .seconds(Int64.max))
        for priority in CallPriority.allCases {
            _ = machine.arrive(priority, maxWait: .max, remaining: nil, now: .seconds(1))
        }
        #expect(served(machine, at: 2) == [4, 3, 2, 1])
    }

    @Test func nobodyStarves() throws {
        let machine = try machine(maxQueued: 10_000)
        _ = machine.arrive(.low, maxWait: .max, remaining: nil, now: .zero)
        var servedAt: Int?
        for second in 0..<10 where servedAt == nil {
            let now = Moment.seconds(Double(second))
            for _ in 0..<2 { _ = machine.arrive(.critical, maxWait: .max, remaining: nil, now: now) }
            // One place for two calls that arrive: the queue grows for ever.
            let notices = machine.serve(free: 1, now: now).notices
            if notices.contains(where: { $0.id == 1 }) { servedAt = second }
        }
        #expect(servedAt == 6, "behind the six critical calls of the first three seconds")
    }

    @Test func aFullQueueShedsTheLeastImportantAndOfThoseTheYoungest() throws {
        let machine = try machine(maxQueued: 4)
        for priority in [CallPriority.normal, .low, .low, .high] {
            _ = machine.arrive(priority, maxWait: .max, remaining: nil, now: .zero)
        }
        func arrive(_ priority: CallPriority) -> Bulkhead.StateMachine.Arrival {
            machine.arrive(priority, maxWait: .max, remaining: nil, now: .zero)
        }
        func displaced(_ id: UInt64, _ priority: CallPriority) -> Bulkhead.Notice {
            Bulkhead.Notice(id: id, priority: priority, signal: .rejected(.displaced))
        }
        #expect(arrive(.low) == .rejected(.queueFull), "equally important: who came first stays")
        #expect(arrive(.normal) == .queued(5, displaced: displaced(3, .low)))
        #expect(arrive(.critical) == .queued(6, displaced: displaced(2, .low)))
        #expect(arrive(.normal) == .rejected(.queueFull))
        #expect(arrive(.high) == .queued(7, displaced: displaced(5, .normal)))
        #expect(machine.counters.displaced == 3)
        #expect(machine.counters.rejected == 5)
        #expect(machine.waiting == 4)
        #expect(served(machine, at: 0) == [6, 4, 7, 1])
    }

    @Test func ageProtectsFromBeingDisplaced() throws {
        let machine = try machine(maxQueued: 1)
        _ = machine.arrive(.low, maxWait: .max, remaining: nil, now: .zero)
        #expect(machine.arrive(.normal, maxWait: .max, remaining: nil, now: .seconds(1)) == .rejected(.queueFull))
        #expect(
            machine.arrive(.high, maxWait: .max, remaining: nil, now: .seconds(1))
                == .queued(2, displaced: .init(id: 1, priority: .low, signal: .rejected(.displaced))))
    }

    @Test(
        arguments: [
            (Int64(0), nil, RejectionReason.concurrencyLimited), (-1, nil, .concurrencyLimited),
            (.min, nil, .concurrencyLimited), (1, 0, .deadlineExceeded), (.max, -1, .deadlineExceeded),
            (0, 0, .concurrencyLimited),
        ] as [(Int64, Int64?, RejectionReason)])
    func whoCannotWaitIsRefusedAtOnce(maxWait: Int64, remaining: Int64?, reason: RejectionReason) throws {
        let machine = try machine()
        #expect(machine.arrive(.normal, maxWait: maxWait, remaining: remaining, now: .zero) == .rejected(reason))
        #expect(machine.waiting == 0)
        #expect(machine.counters.rejected == 1)
    }

    /// The permit goes to the next call, not to one that cannot use it any more.
    @Test(
        arguments: [
            (2.0, nil, 2.0, Bulkhead.Signal.granted(waited: .seconds(2))), (2, nil, 2.1, .rejected(.waitTooLong)),
            (2, 1, 1, .granted(waited: .seconds(1))), (2, 1, 1.1, .rejected(.deadlineExceeded)),
            (2, 3, 2.1, .rejected(.waitTooLong)),
        ] as [(Double, Double?, Double, Bulkhead.Signal)])
    func anOverdueCallTakesNoPermit(wait: Double, left: Double?, now: Double, signal: Bulkhead.Signal) throws {
        let machine = try machine()
        _ = machine.arrive(.high, maxWait: .seconds(wait), remaining: left.map { .seconds($0) }, now: .zero)
        _ = machine.arrive(.low, maxWait: .max, remaining: nil, now: .zero)
        let (granted, notices) = machine.serve(free: 1, now: .seconds(now))
        #expect(granted == 1)
        #expect(notices.first == .init(id: 1, priority: .high, signal: signal))
        #expect(notices.count == (signal == .granted(waited: .seconds(now)) ? 1 : 2))
    }

    @Test func timeThatGoesBackwardsChangesNoOrder() throws {
        let machine = try machine()
        for second in [5.0, 1, 3, -7] {
            _ = machine.arrive(.normal, maxWait: .max, remaining: nil, now: .seconds(second))
        }
        #expect(served(machine, at: 4) == [1, 2, 3, 4])
        #expect(machine.counters.totalWait == 0)
    }

    /// The same operations on the machine and on a list that is searched from end to end.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func behavesAsTheReferenceModel(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let (maxQueued, ageing) = (Int.random(in: 0...12, using: &random), Int64.random(in: 0...5, using: &random))
        let machine = Machine(
            try BulkheadConfiguration(limit: 3, maxQueued: maxQueued, ageing: .nanoseconds(ageing)))
        let model = BulkheadModel(limit: 3, maxQueued: maxQueued, ageing: ageing)
        var (free, now, arrived, told) = (3, Int64(0), 0, 0)
        func moment() -> Moment { Moment(nanoseconds: now) }
        for _ in 0..<600 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                if free > 0, machine.waiting == 0 {
                    #expect(model.enter())
                    free -= 1
                    continue
                }
                let priority = CallPriority.allCases.randomElement(using: &random)!
                let (wait, left) = (Int64.random(in: 0...20, using: &random), Int64.random(in: -1...20, using: &random))
                let remaining = Bool.random(using: &random) ? left : nil
                let answer = machine.arrive(priority, maxWait: wait, remaining: remaining, now: moment())
                if case .queued(_, let displaced) = answer {
                    arrived += 1
                    if displaced != nil { told += 1 }
                }
                #expect(answer == model.arrive(priority, maxWait: wait, remaining: remaining, now: now))
            case 4..<7:
                guard model.inFlight > 0 else { continue }
                model.inFlight -= 1
                free += 1
            case 7:
                let id = UInt64.random(in: 0...UInt64(arrived + 1), using: &random)
                let priority = model.priority(of: id) ?? .normal
                let isOver = Bool.random(using: &random)
                let notice = isOver ? machine.expire(id, priority) : machine.leave(id, priority)
                #expect(notice == model.remove(id, isOver: isOver))
                if notice != nil { told += 1 }
            case 8:
                let limit = Int.random(in: 1...6, using: &random)
                free += machine.resize(to: limit)
                model.limit = limit
            default:
                now += Int64.random(in: 0...6, using: &random)
            }
            let (granted, notices) = machine.serve(free: free, now: moment())
            free -= granted
            told += notices.count
            #expect(notices == model.serve(now: now))
            #expect(granted == notices.count { if case .granted = $0.signal { true } else { false } })
            #expect(machine.limit - free == model.inFlight, "issued = returned + held")
            #expect(machine.waiting == arrived - told, "every waiting call is told exactly once")
            #expect(machine.waiting <= maxQueued)
            for priority in CallPriority.allCases {
                #expect(machine.queued(priority) == model.waiters.count { $0.priority == priority })
            }
        }
        #expect(arrived > 0 || maxQueued == 0)
    }
}

/// A state machine in a class, because an expectation cannot change a value.
private final class BulkheadDriver {
    private var machine: Bulkhead.StateMachine

    init(_ configuration: BulkheadConfiguration) { machine = Bulkhead.StateMachine(configuration) }

    var waiting: Int { machine.waiting }
    var limit: Int { machine.limit }
    var counters: Bulkhead.Counters { machine.counters }

    func arrive(
        _ priority: CallPriority, maxWait: Int64, remaining: Int64?, now: Moment
    ) -> Bulkhead.StateMachine.Arrival {
        machine.arrive(priority, maxWait: maxWait, remaining: remaining, now: now)
    }

    func serve(free: Int, now: Moment) -> (granted: Int, notices: [Bulkhead.Notice]) {
        machine.serve(free: free, now: now)
    }

    func expire(_ id: UInt64, _ priority: CallPriority) -> Bulkhead.Notice? { machine.expire(id, priority) }

    func leave(_ id: UInt64, _ priority: CallPriority) -> Bulkhead.Notice? { machine.leave(id, priority) }

    func resize(to limit: Int) -> Int { machine.resize(to: limit) }

    func queued(_ priority: CallPriority) -> Int { machine.queued(priority) }
}

/// A bulkhead as one would write it without regard to its cost.
private final class BulkheadModel {
    struct Waiter {
        let id: UInt64
        let priority: CallPriority
        let since: Int64
        let deadline: Int64
        let reason: RejectionReason
    }

    var limit: Int
    let maxQueued: Int
    let ageing: Int64
    var inFlight = 0
    var waiters: [Waiter] = []
    var last: UInt64 = 0

    init(limit: Int, maxQueued: Int, ageing: Int64) {
        (self.limit, self.maxQueued, self.ageing) = (limit, maxQueued, ageing)
    }

    func enter() -> Bool {
        guard waiters.isEmpty, inFlight < limit else { return false }
        inFlight += 1
        return true
    }

    func priority(of id: UInt64) -> CallPriority? { waiters.first { $0.id == id }?.priority }

    /// The priority with the wait in levels, both multiplied by the ageing time so that nothing is divided.
    private func importance(_ waiter: Waiter, now: Int64) -> Int64 {
        Int64(waiter.priority.rawValue) * ageing + now - waiter.since
    }

    private func inOrder(now: Int64) -> [Waiter] {
        waiters.sorted { one, other in
            let (first, second) = (importance(one, now: now), importance(other, now: now))
            return first != second ? first > second : one.id < other.id
        }
    }

    func arrive(
        _ priority: CallPriority, maxWait: Int64, remaining: Int64?, now: Int64
    ) -> Bulkhead.StateMachine.Arrival {
        if maxWait <= 0 { return .rejected(.concurrencyLimited) }
        if let remaining, remaining <= 0 { return .rejected(.deadlineExceeded) }
        let newcomer = Waiter(
            id: last + 1, priority: priority, since: now, deadline: now + min(maxWait, remaining ?? .max),
            reason: (remaining ?? .max) < maxWait ? .deadlineExceeded : .waitTooLong)
        waiters.append(newcomer)
        var notice: Bulkhead.Notice?
        if waiters.count > maxQueued, let loser = inOrder(now: now).last {
            waiters.removeAll { $0.id == loser.id }
            if loser.id == newcomer.id { return .rejected(.queueFull) }
            notice = .init(id: loser.id, priority: loser.priority, signal: .rejected(.displaced))
        }
        last += 1
        return .queued(last, displaced: notice)
    }

    func remove(_ id: UInt64, isOver: Bool) -> Bulkhead.Notice? {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return nil }
        let waiter = waiters.remove(at: index)
        return .init(id: id, priority: waiter.priority, signal: isOver ? .rejected(waiter.reason) : .cancelled)
    }

    func serve(now: Int64) -> [Bulkhead.Notice] {
        var notices: [Bulkhead.Notice] = []
        while inFlight < limit, let waiter = inOrder(now: now).first {
            waiters.removeAll { $0.id == waiter.id }
            let isOver = waiter.deadline < now
            if !isOver { inFlight += 1 }
            let signal = isOver ? Bulkhead.Signal.rejected(waiter.reason) : .granted(waited: now - waiter.since)
            notices.append(.init(id: waiter.id, priority: waiter.priority, signal: signal))
        }
        return notices
    }
}
