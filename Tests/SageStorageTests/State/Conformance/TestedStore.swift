import StorageTestSupport
import Synchronization
import Testing

@testable import SageStorage

/// The implementations of ``StateStore`` that pass one suite.
enum TestedStore: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case memory
    case sqlite
    case postgres
    case redis

    /// Those that are there.
    static var allCases: [TestedStore] {
        [.memory, .sqlite] + (PostgresEnvironment.isThere ? [.postgres] : [])
            + (RedisEnvironment.isThere ? [.redis] : [])
    }

    var testDescription: String { rawValue }

    /// Runs a test on an empty store whose clock stands still until the test moves it.
    func run(_ body: (any StateStore, StoreHands) async throws -> Void) async throws {
        let hands = StoreHands()
        switch self {
        case .memory:
            try await body(InMemoryStateStore("tested", clock: hands.clock), hands)
        case .sqlite:
            let database = try SQLiteDatabase(SQLiteConfiguration(.memory), name: "tested")
            try await body(SQLiteStateStore(database, clock: hands.clock), hands)
            await database.close()
        case .postgres:
            try await DatabaseBackend.postgres.with(name: "tested") { database in
                try await body(SQLiteStateStore(database, clock: hands.clock), hands)
            }
        case .redis:
            let prefix = RedisEnvironment.prefix()
            let redis = try RedisEnvironment.client(connections: 2)
            try await body(RedisStateStore(redis, prefix: prefix, clock: hands.clock), hands)
            try await RedisEnvironment.remove("{\(prefix)}", redis)
            await redis.close()
        }
    }
}

/// The hands of a store's clock, which go in both directions.
final class StoreHands: Sendable {
    private let microseconds = Atomic<Int64>(1_800_000_000_000_000)

    var clock: StoreClock { StoreClock { self.now } }

    var now: StoreInstant { StoreInstant(microseconds: microseconds.load(ordering: .sequentiallyConsistent)) }

    func move(by duration: Duration) {
        microseconds.wrappingAdd(Int64(duration / .microseconds(1)), ordering: .sequentiallyConsistent)
    }
}
