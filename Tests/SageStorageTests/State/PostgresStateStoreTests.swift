import SageStorage
import StorageTestSupport
import Testing

@Suite(.enabled(if: PostgresEnvironment.isThere))
struct PostgresStateStoreTests {
    @Test func theServersClockCounts() async throws {
        try await DatabaseBackend.postgres.with { database in
            let store = SQLiteStateStore(database)
            let clock = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
            let before = try await database.fetchValue(clock).integer ?? .max
            let now = try await store.ping().microseconds
            let after = try await database.fetchValue(clock).integer ?? .min
            #expect((before...after).contains(now))
        }
    }

    @Test func instancesWithConnectionsOfTheirOwnShareALimit() async throws {
        try await DatabaseBackend.postgres.withMany(3) { databases in
            let stores = databases.map { SQLiteStateStore($0) }
            let rule = RateRule.slidingWindow(limit: 10, per: .seconds(3_600))
            let granted = try await withThrowingTaskGroup(of: Bool.self) { group in
                for index in 0..<30 {
                    group.addTask {
                        if case .granted = try await stores[index % 3].take([RateDemand("a", rule)]) { return true }
                        return false
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(granted == 10)
        }
    }
}
