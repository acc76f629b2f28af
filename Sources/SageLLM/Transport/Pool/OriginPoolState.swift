import NIOCore

/// The connections to one origin on one event loop, and who waits for one, as a value.
///
/// The connection that was used last is used next: those at the bottom grow old and are closed. A connection is made for
/// a request that finds none, and serves whoever waits longest when it is there.
struct OriginPoolState<Connection: AnyObject, Waiter> {
    struct Limits: Sendable {
        var connections = 16_384
        var idle = 1_024
        var waiters = 16_384
    }

    struct Idle {
        let connection: Connection
        let expiry: NIODeadline
    }

    struct Waiting {
        let waiter: Waiter
        let deadline: NIODeadline
    }

    enum Submission {
        case use(Connection)
        /// It waits; whether a connection is to be made.
        case wait(connects: Bool)
        case refuse
    }

    enum Placement {
        case serve(Waiter)
        case park
        case close
    }

    private let limits: Limits
    private(set) var idle: [Idle] = []
    private(set) var waiting = CircularBuffer<Waiting>(initialCapacity: 1)
    private(set) var connecting = 0
    private(set) var leased = 0
    private var isShutDown = false

    init(_ limits: Limits = Limits()) {
        self.limits = limits
    }

    var isEmpty: Bool { idle.isEmpty && waiting.isEmpty && connecting == 0 && leased == 0 }

    /// When something must be looked at next; nil for never.
    var nextDeadline: NIODeadline? {
        [idle.lazy.map(\.expiry).min(), waiting.lazy.map(\.deadline).min()].compactMap(\.self).min()
    }

    // MARK: Requests

    /// Finds a connection for a request, or lets it wait.
    mutating func submit(_ waiter: Waiter, until deadline: NIODeadline) -> Submission {
        guard !isShutDown else { return .refuse }
        if let connection = idle.popLast()?.connection {
            leased += 1
            return .use(connection)
        }
        guard waiting.count < limits.waiters else { return .refuse }
        waiting.append(Waiting(waiter: waiter, deadline: deadline))
        return .wait(connects: beginConnecting())
    }

    /// Takes out those who wait and need no longer.
    mutating func removeWaiters(where isGone: (Waiting) -> Bool) -> [Waiter] {
        let gone = waiting.filter(isGone).map(\.waiter)
        if !gone.isEmpty { waiting.removeAll(where: isGone) }
        return gone
    }

    // MARK: Connections

    /// Counts a connection that is to be made, if one is wanted and allowed.
    mutating func beginConnecting() -> Bool {
        guard !isShutDown, connecting < waiting.count, connecting + leased + idle.count < limits.connections else {
            return false
        }
        connecting += 1
        return true
    }

    /// A connection was made.
    mutating func connected() -> Placement {
        connecting -= 1
        return place()
    }

    /// A connection could not be made.
    ///
    /// - Returns: Who is told, unless the connections that are still being made are enough for all.
    mutating func connectFailed() -> Waiter? {
        connecting -= 1
        return waiting.count > connecting ? waiting.popFirst()?.waiter : nil
    }

    /// A connection that was in use can be used again.
    mutating func released() -> Placement {
        leased -= 1
        return place()
    }

    private mutating func place() -> Placement {
        guard !isShutDown else { return .close }
        if let waiting = waiting.popFirst() {
            leased += 1
            return .serve(waiting.waiter)
        }
        return idle.count < limits.idle ? .park : .close
    }

    /// Keeps a connection for later.
    mutating func park(_ connection: Connection, until expiry: NIODeadline) {
        idle.append(Idle(connection: connection, expiry: expiry))
    }

    /// A connection is gone.
    mutating func closed(_ connection: Connection) {
        if let index = idle.lastIndex(where: { $0.connection === connection }) {
            idle.remove(at: index)
        } else {
            leased -= 1
        }
    }

    /// Counts a connection that was taken out as one in use, until it says that it is closed.
    mutating func lease() { leased += 1 }

    /// Takes out the connections that have been idle for too long.
    mutating func expire(now: NIODeadline) -> [Connection] {
        let expired = idle.filter { $0.expiry <= now }.map(\.connection)
        if !expired.isEmpty { idle.removeAll { $0.expiry <= now } }
        return expired
    }

    /// Refuses further requests and keeps no connection any more.
    ///
    /// - Returns: What was idle, and who waited.
    mutating func shutDown() -> (idle: [Connection], waiting: [Waiter]) {
        isShutDown = true
        defer {
            idle.removeAll()
            waiting.removeAll()
        }
        return (idle.map(\.connection), waiting.map(\.waiter))
    }
}
