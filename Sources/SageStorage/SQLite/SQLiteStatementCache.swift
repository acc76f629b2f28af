import Synchronization

/// The prepared statements of one connection, the least recently used of which go first.
///
/// A statement that is in use is not in it, so that a statement within its own rows gets a copy of its own.
final class SQLiteStatementCache: Sendable {
    private struct Entry {
        var statement: SQLiteStatement
        var lastUse: UInt64
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var uses: UInt64 = 0
        var isEnded = false
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) { self.capacity = capacity }

    func take(_ sql: String) -> SQLiteStatement? {
        state.withLock { $0.entries.removeValue(forKey: sql)?.statement }
    }

    func give(_ statement: SQLiteStatement) {
        let surplus: SQLiteStatement? = state.withLock { state in
            guard capacity > 0, !state.isEnded, state.entries[statement.sql] == nil else { return statement }
            var surplus: SQLiteStatement?
            if state.entries.count >= capacity,
                let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                surplus = oldest.value.statement
                state.entries[oldest.key] = nil
            }
            state.uses += 1
            state.entries[statement.sql] = Entry(statement: statement, lastUse: state.uses)
            return surplus
        }
        surplus?.finalize()
    }

    /// Finalises all statements, so that the connection can be closed; nobody may use the connection meanwhile.
    func end() {
        let entries = state.withLock { state in
            state.isEnded = true
            defer { state.entries = [:] }
            return state.entries
        }
        for entry in entries.values { entry.statement.finalize() }
    }

    var count: Int { state.withLock { $0.entries.count } }
}

/// The caches of all connections of a database.
final class SQLiteStatementCaches: Sendable {
    private let capacity: Int
    private let caches = Mutex<[UInt: SQLiteStatementCache]>([:])

    init(capacity: Int) { self.capacity = capacity }

    /// The cache of a connection.
    func cache(of connection: OpaquePointer) -> SQLiteStatementCache {
        caches.withLock { caches in
            let key = UInt(bitPattern: connection)
            if let cache = caches[key] { return cache }
            let cache = SQLiteStatementCache(capacity: capacity)
            caches[key] = cache
            return cache
        }
    }

    /// Finalises all statements; nobody may use a connection meanwhile.
    func end() {
        let all = caches.withLock { caches in
            defer { caches = [:] }
            return Array(caches.values)
        }
        for cache in all { cache.end() }
    }
}
