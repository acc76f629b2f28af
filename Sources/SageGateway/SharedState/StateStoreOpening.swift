import SageResilience
import SageStorage

/// A store of shared state, and how it is closed.
struct OpenedStateStore: Sendable {
    let store: any StateStore
    let close: @Sendable () async -> Void

    init(_ store: any StateStore, close: @escaping @Sendable () async -> Void = {}) {
        self.store = store
        self.close = close
    }

    /// Makes the store of an address; nil for an instance that keeps to itself.
    ///
    /// Nothing is connected yet.
    ///
    /// The store's own policies try once and soon again: whoever uses it goes on without it, and repeats by itself.
    ///
    /// - Parameter address: Where the state is shared.
    /// - Throws: `ConfigurationError` or `StorageError` for an address that cannot be one.
    static func system(_ address: StoreAddress) throws -> OpenedStateStore? {
        let rule = StoragePolicies.Rule(
            attempts: 1, initialDelay: .milliseconds(10), maxDelay: .milliseconds(10), timeLimit: .seconds(1),
            failuresToOpen: 5, recovery: .seconds(1))
        // Nobody listens: each attempt while it is away would be told, and ``SharedState`` tells it once.
        let policies = StoragePolicies(connect: rule, statements: rule)
        switch address {
        case .local:
            return nil
        case .sqlite(let path):
            // It is advice, which need not wait for the disk.
            let database = try SQLiteDatabase(
                SQLiteConfiguration(
                    .file(path), synchronization: .relaxed, busyTimeout: .milliseconds(500), maxReaders: 1,
                    maxQueued: 1_000),
                name: "state", policies: policies)
            return OpenedStateStore(SQLiteStateStore(database)) { await database.close() }
        case .redis(let url):
            let redis = try Redis(RedisConfiguration(url: url.reveal()), name: "state", policies: policies)
            return OpenedStateStore(try RedisStateStore(redis)) { await redis.close() }
        case .postgres:
            throw ConfigurationError(field: "storage.state", value: "postgres", allowed: "sqlite, redis or local")
        }
    }
}
