/// Which connections of a pool are free, as a value: it knows numbers only.
///
/// Who may have a connection at all is decided before: no more than the pool's size come here at the same time, and each
/// brings back what it took. So there are never more connections than that, but for those that are about to end.
struct PostgresPoolState: Sendable {
    /// What someone who may have a connection gets.
    enum Lease: Sendable, Hashable {
        /// This one, which was free.
        case use(UInt64)
        /// A new one, to be made.
        case open
        /// Nothing, for the pool is closed.
        case closed
    }

    /// The free connections; the one that was used last is taken first, so that those that are too many grow old.
    private(set) var idle: [UInt64] = []
    /// All connections that have begun and not ended, the free ones included.
    private(set) var open: Set<UInt64> = []
    private(set) var isClosed = false
    private var last: UInt64 = 0

    /// Takes a free connection, or the right to make one.
    mutating func take() -> Lease {
        guard !isClosed else { return .closed }
        return idle.popLast().map(Lease.use) ?? .open
    }

    /// Begins a new connection.
    ///
    /// - Returns: Its number; nil when the pool is closed.
    mutating func begin() -> UInt64? {
        guard !isClosed else { return nil }
        last += 1
        open.insert(last)
        return last
    }

    /// Brings a connection back that can be used again.
    ///
    /// - Returns: False when it has to end, for the pool is closed.
    mutating func giveBack(_ number: UInt64) -> Bool {
        guard !isClosed, open.contains(number), !idle.contains(number) else { return false }
        idle.append(number)
        return true
    }

    /// Takes a connection out, if it is free.
    ///
    /// - Returns: False when somebody has taken it.
    mutating func withdraw(_ number: UInt64) -> Bool {
        guard let index = idle.firstIndex(of: number) else { return false }
        idle.remove(at: index)
        return true
    }

    /// A connection is closed.
    mutating func ended(_ number: UInt64) {
        open.remove(number)
        _ = withdraw(number)
    }

    /// Gives out no connection any more.
    ///
    /// - Returns: The free ones, which have to end.
    mutating func close() -> [UInt64] {
        isClosed = true
        defer { idle.removeAll() }
        return idle
    }
}
