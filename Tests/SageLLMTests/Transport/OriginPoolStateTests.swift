import NIOCore
import Testing

@testable import SageLLM

struct OriginPoolStateTests {
    final class Connection {}
    typealias State = OriginPoolState<Connection, Int>

    static func instant(_ seconds: UInt64) -> NIODeadline { .uptimeNanoseconds(seconds * 1_000_000_000) }

    func state(connections: Int = 10, idle: Int = 10, waiters: Int = 10) -> State {
        State(.init(connections: connections, idle: idle, waiters: waiters))
    }

    /// What was decided, as text.
    func text(_ submission: State.Submission) -> String {
        switch submission {
        case .use: "use"
        case .wait(let connects): connects ? "connect" : "wait"
        case .refuse: "refuse"
        }
    }

    func text(_ placement: State.Placement) -> String {
        switch placement {
        case .serve(let waiter): "serve \(waiter)"
        case .park: "park"
        case .close: "close"
        }
    }

    @Test func connectionUsedLastIsUsedNext() {
        var state = state()
        let (old, new) = (Connection(), Connection())
        state.park(old, until: Self.instant(10))
        state.park(new, until: Self.instant(11))
        guard case .use(let used) = state.submit(1, until: Self.instant(1)) else {
            Issue.record("a connection was idle")
            return
        }
        #expect(used === new)
        #expect(state.leased == 1 && state.idle.count == 1)
    }

    @Test func requestsThatWaitAreServedInOrder() {
        var state = state(connections: 2)
        #expect(text(state.submit(1, until: Self.instant(1))) == "connect")
        #expect(text(state.submit(2, until: Self.instant(1))) == "connect")
        #expect(text(state.submit(3, until: Self.instant(1))) == "wait", "no more connections are allowed")
        #expect(text(state.connected()) == "serve 1")
        #expect(text(state.released()) == "serve 2", "whoever is free first")
        #expect(text(state.connected()) == "serve 3")
        #expect(text(state.released()) == "park")
        #expect(state.leased == 1 && state.connecting == 0)
    }

    @Test func failureIsForOneWhoHasNoOtherConnectionComing() {
        var state = state()
        for waiter in 1...3 { _ = state.submit(waiter, until: Self.instant(1)) }
        #expect(state.connectFailed() == 1)
        #expect(text(state.connected()) == "serve 2")
        #expect(text(state.released()) == "serve 3")
        #expect(state.connectFailed() == nil, "nobody waits any more")
        #expect(state.connecting == 0)
    }

    @Test func connectionIsMadeForWhoWaitsOnceThereIsRoom() {
        var state = state(connections: 1)
        _ = state.submit(1, until: Self.instant(1))
        _ = state.submit(2, until: Self.instant(1))
        #expect(text(state.connected()) == "serve 1")
        #expect(state.beginConnecting() == false)
        state.closed(Connection())
        #expect(state.leased == 0)
        #expect(state.beginConnecting() == true)
        #expect(state.beginConnecting() == false)
    }

    @Test func queueIsBounded() {
        var state = state(connections: 1, waiters: 2)
        #expect(text(state.submit(1, until: Self.instant(1))) == "connect")
        #expect(text(state.submit(2, until: Self.instant(1))) == "wait")
        #expect(text(state.submit(3, until: Self.instant(1))) == "refuse")
    }

    @Test func idleConnectionsAreBounded() {
        var state = state(idle: 1)
        _ = state.submit(1, until: Self.instant(1))
        _ = state.submit(2, until: Self.instant(1))
        _ = state.connected()
        _ = state.connected()
        #expect(text(state.released()) == "park")
        state.park(Connection(), until: Self.instant(1))
        #expect(text(state.released()) == "close")
    }

    @Test func whatIsTooOldIsTakenOut() {
        var state = state()
        let connections = (0..<3).map { _ in Connection() }
        for (index, connection) in connections.enumerated() {
            state.park(connection, until: Self.instant([10, 5, 20][index]))
        }
        _ = state.removeWaiters { _ in true }
        #expect(state.nextDeadline == Self.instant(5))
        #expect(state.expire(now: Self.instant(10)).count == 2)
        #expect(state.idle.count == 1 && state.idle[0].connection === connections[2])
        #expect(state.expire(now: Self.instant(19)).count == 0)
    }

    @Test func waitersThatAreLateOrGoneAreTakenOut() {
        var state = state()
        for waiter in 1...4 { _ = state.submit(waiter, until: Self.instant(UInt64(waiter))) }
        #expect(state.nextDeadline == Self.instant(1))
        #expect(state.removeWaiters { $0.deadline <= Self.instant(2) } == [1, 2])
        #expect(state.removeWaiters { $0.waiter == 4 } == [4])
        #expect(state.removeWaiters { $0.waiter == 4 } == [])
        #expect(state.waiting.map(\.waiter) == [3])
    }

    @Test func closedIdleConnectionIsForgotten() {
        var state = state()
        let connection = Connection()
        state.park(connection, until: Self.instant(1))
        state.closed(connection)
        #expect(state.isEmpty)
    }

    @Test func afterTheEndNothingIsKept() {
        var state = state()
        state.park(Connection(), until: Self.instant(1))
        _ = state.submit(1, until: Self.instant(1))
        _ = state.submit(2, until: Self.instant(1))
        let (idle, waiting) = state.shutDown()
        #expect(idle.isEmpty && waiting == [2])
        #expect(text(state.released()) == "close")
        #expect(text(state.connected()) == "close")
        #expect(text(state.submit(3, until: Self.instant(1))) == "refuse")
        #expect(state.beginConnecting() == false)
    }
}
