import Foundation
import SageStorage

/// The Redis server beside which the tests run, if there is one.
enum RedisEnvironment {
    static let url = ProcessInfo.processInfo.environment["SAGE_TEST_REDIS"]
    static let tlsURL = ProcessInfo.processInfo.environment["SAGE_TEST_REDIS_TLS"]
    static let authorities = ProcessInfo.processInfo.environment["SAGE_TEST_REDIS_CA"]
    static let isThere = url != nil
    static let hasTLS = tlsURL != nil && authorities != nil
    /// Whether servers can be started.
    static let hasServer = RedisTestServer.program != nil

    /// A client of the server.
    static func client(
        connections: Int = 4, commandTimeout: Duration = .seconds(20), maxReplyBytes: Int = 64 << 20,
        maxReplyValues: Int = 1_000_000
    ) throws -> Redis {
        let base = try RedisConfiguration(url: url ?? "")
        return try Redis(
            RedisConfiguration(
                host: base.host, port: base.port, database: base.database, connectTimeout: .seconds(20),
                commandTimeout: commandTimeout,
                connections: connections, maxReplyBytes: maxReplyBytes, maxReplyValues: maxReplyValues))
    }

    /// A prefix of keys for one test.
    static func prefix() -> String { "test-\(UUID().uuidString):" }

    /// Removes what a test has written.
    static func remove(_ prefix: String, _ redis: Redis) async throws {
        var cursor = "0"
        repeat {
            let reply = try await redis.send(
                ["SCAN", .text(cursor), "MATCH", .text("\(prefix)*"), "COUNT", 1_000], isIdempotent: true)
            cursor = reply.array?[0].text ?? "0"
            for key in reply.array?[1].array ?? [] {
                try await redis.send(["DEL", .bytes(key.bytes ?? [])], isIdempotent: true)
            }
        } while cursor != "0"
    }
}
