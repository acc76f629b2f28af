import SageResilience
import SageStorage
import Testing

@Suite(.enabled(if: RedisEnvironment.isThere), .timeLimit(.minutes(2)))
struct RedisClientTests {
    private let prefix = RedisEnvironment.prefix()

    @Test func repliesHaveTheirTypes() async throws {
        let redis = try RedisEnvironment.client()
        #expect(try await redis.send(["SET", .text(prefix + "a"), "7"]) == .status("OK"))
        #expect(try await redis.send(["INCR", .text(prefix + "a")]) == .integer(8))
        #expect(try await redis.send(["GET", .text(prefix + "a")]) == .bytes(Array("8".utf8)))
        #expect(try await redis.send(["GET", .text(prefix + "none")]).isNull)
        try await redis.send(["RPUSH", .text(prefix + "list"), "x", "y"])
        #expect(
            try await redis.send(["LRANGE", .text(prefix + "list"), 0, -1])
                == .array([.bytes(Array("x".utf8)), .bytes(Array("y".utf8))]))
        try await RedisEnvironment.remove(prefix, redis)
        await redis.close()
    }

    @Test func keysAndValuesAreAnyBytes() async throws {
        let redis = try RedisEnvironment.client()
        let bytes = (0...255).map { UInt8($0) } + Array("\r\n$5\r\n\"'\\ ]] return redis.call('FLUSHALL')".utf8)
        let key = Array(prefix.utf8) + bytes
        try await redis.send(["SET", .bytes(key), .bytes(bytes)])
        #expect(try await redis.send(["GET", .bytes(key)]).bytes == bytes)
        #expect(try await redis.send(["DEL", .bytes(key)]) == .integer(1))
        await redis.close()
    }

    @Test func largeValuesGoBothWays() async throws {
        let redis = try RedisEnvironment.client()
        let bytes = [UInt8](repeating: 0x61, count: 50 << 20)
        try await redis.send(["SET", .text(prefix + "large"), .bytes(bytes)])
        #expect(try await redis.send(["GET", .text(prefix + "large")]).bytes?.count == bytes.count)
        try await redis.send(["DEL", .text(prefix + "large")])
        await redis.close()
    }

    @Test func aReplyBeyondTheLimitsIsAnErrorAndTheClientGoesOn() async throws {
        let redis = try RedisEnvironment.client(connections: 1, maxReplyBytes: 1 << 16, maxReplyValues: 100)
        try await redis.send(["SET", .text(prefix + "large"), .bytes([UInt8](repeating: 0, count: 1 << 17))])
        for index in 0..<101 { try await redis.send(["RPUSH", .text(prefix + "list"), .integer(Int64(index))]) }
        for command: RedisCommand in [
            ["GET", .text(prefix + "large")], ["LRANGE", .text(prefix + "list"), 0, -1],
        ] {
            let error = try await #require(throws: StorageError.self) {
                try await redis.send(command, isIdempotent: true)
            }
            #expect(error.problem == .value)
            #expect(try await redis.send(["PING"]) == .status("PONG"))
        }
        try await RedisEnvironment.remove(prefix, redis)
        await redis.close()
    }

    @Test func aPipelineKeepsErrorsInTheirPlaces() async throws {
        let redis = try RedisEnvironment.client()
        let replies = try await redis.pipeline([
            ["SET", .text(prefix + "a"), "x"], ["INCR", .text(prefix + "a")], ["GET", .text(prefix + "a")],
        ])
        #expect(replies[0] == .status("OK"))
        #expect(replies[1].error?.hasPrefix("ERR") == true)
        #expect(replies[2].text == "x")
        #expect(try await redis.pipeline([]) == [])
        await #expect(throws: StorageError.self) {
            try await redis.pipeline(Array(repeating: ["PING"], count: 10_001))
        }
        try await RedisEnvironment.remove(prefix, redis)
        await redis.close()
    }

    @Test func aLongPipelineDoesNotBlockItself() async throws {
        let redis = try RedisEnvironment.client(connections: 1)
        let value = [UInt8](repeating: 0x62, count: 8_192)
        try await redis.send(["SET", .text(prefix + "a"), .bytes(value)])
        let commands = (0..<4_000).map { _ -> RedisCommand in ["ECHO", .bytes(value)] }
        let replies = try await redis.pipeline(commands, isIdempotent: true)
        #expect(replies.count == 4_000 && replies.allSatisfy { $0.bytes == value })
        try await RedisEnvironment.remove(prefix, redis)
        await redis.close()
    }

    @Test func errorRepliesAreThrownWithTheirProblem() async throws {
        let redis = try RedisEnvironment.client()
        try await redis.send(["RPUSH", .text(prefix + "list"), "x"])
        let error = try await #require(throws: StorageError.self) {
            try await redis.send(["GET", .text(prefix + "list")])
        }
        #expect(error.code == "WRONGTYPE")
        await #expect(throws: StorageError.self) { try await redis.send(["NO-SUCH-COMMAND", "x"]) }
        await #expect(throws: StorageError.self) { try await redis.send([]) }
        // The caller's mistakes do not count against the server.
        #expect(redis.health.status == .healthy)
        #expect(redis.lastFailure == nil)
        try await RedisEnvironment.remove(prefix, redis)
        await redis.close()
    }

    @Test func manyTasksShareFewConnections() async throws {
        let redis = try RedisEnvironment.client(connections: 4)
        let key = prefix + "counter"
        try await withThrowingTaskGroup { group in
            for _ in 0..<64 {
                group.addTask {
                    for _ in 0..<50 { try await redis.send(["INCR", .text(key)]) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await redis.send(["GET", .text(key)]).integer == 3_200)
        try await RedisEnvironment.remove(prefix, redis)
        #expect(redis.usage.inFlight == 0)
        await redis.close()
    }

    @Test func cancelledTasksLeaveAtOnceAndTheirConnectionsAreReused() async throws {
        let redis = try RedisEnvironment.client(connections: 2)
        // The tasks wait in the server; those behind them wait for a connection.
        let tasks = (0..<6).map { _ in
            Task { try await redis.send(["BLPOP", .text(prefix + "nothing"), 1]) }
        }
        for task in tasks { task.cancel() }
        for task in tasks {
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        // After a second the server has answered those whom nobody waits for any more; answers are not mixed up.
        for index in 0..<20 {
            #expect(try await redis.send(["ECHO", .integer(Int64(index))]).integer == Int64(index))
        }
        await redis.close()
    }

    @Test func afterClosingEverythingIsRefused() async throws {
        let redis = try RedisEnvironment.client()
        try await redis.connect()
        try await redis.connect()
        await redis.close()
        await redis.close()
        let error = try await #require(throws: StorageError.self) { try await redis.ping() }
        #expect(error.problem == .closed)
    }

    @Test(.enabled(if: RedisEnvironment.hasTLS)) func speaksTLS() async throws {
        let plain = try RedisConfiguration(url: RedisEnvironment.tlsURL ?? "")
        func client(_ tls: RedisConfiguration.TLS) throws -> Redis {
            try Redis(
                RedisConfiguration(host: plain.host, port: plain.port, tls: tls, commandTimeout: .seconds(20)),
                policies: .impatient)
        }
        for tls: RedisConfiguration.TLS in [.verified(authorities: RedisEnvironment.authorities), .unverified] {
            let redis = try client(tls)
            let bytes = [UInt8](repeating: 7, count: 3 << 20)
            #expect(try await redis.send(["ECHO", .bytes(bytes)]).bytes == bytes)
            let replies = try await redis.pipeline((0..<100).map { ["ECHO", .integer($0)] })
            #expect(replies.map(\.integer) == (0..<100).map { Int64($0) })
            await redis.close()
        }
        // An authority that the system does not know, and a file that does not exist.
        for tls: RedisConfiguration.TLS in [.verified(), .verified(authorities: "/nonexistent.pem")] {
            let redis = try client(tls)
            let error = try await #require(throws: StorageError.self) { try await redis.ping() }
            #expect(error.problem == .tls)
            await redis.close()
        }
        let redis = try client(.off)
        let error = try await #require(throws: StorageError.self) { try await redis.ping() }
        #expect([.foreign, .connectionLost].contains(error.problem))
        await redis.close()
    }
}
