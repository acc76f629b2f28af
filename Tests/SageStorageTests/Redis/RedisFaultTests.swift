import SageResilience
import Testing

@testable import SageStorage

/// Servers that are none.
@Suite(.timeLimit(.minutes(2)))
struct RedisFaultTests {
    private func client(
        _ url: String, _ policies: StoragePolicies = .impatient, commandTimeout: Duration = .seconds(20)
    ) throws -> Redis {
        let address = try RedisConfiguration(url: url)
        return try Redis(
            RedisConfiguration(
                host: address.host, port: address.port, password: address.password, database: address.database,
                connectTimeout: .seconds(20), commandTimeout: commandTimeout, connections: 2, maxReplyBytes: 1 << 20,
                maxReplyValues: 1_000),
            policies: policies)
    }

    private func error(
        _ redis: Redis, isIdempotent: Bool = true
    ) async throws -> StorageError {
        try await #require(throws: StorageError.self) {
            try await redis.send(["GET", "k"], isIdempotent: isIdempotent)
        }
    }

    private static let answers: [(FakeRedis.Behaviour, StorageError.Problem)] = [
        (.answer(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)), .foreign),
        (.answer([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x0d, 0x0a]), .foreign),
        (.answer(Array("$99999999999999999999\r\n".utf8)), .foreign),
        (.answer(Array("*2147483647\r\n".utf8)), .value),
        (.answer(Array("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n".utf8)), .value),
        (.endless(first: Array("$1000000000\r\n".utf8), then: [UInt8](repeating: 0x61, count: 4_096)), .value),
        (.endless(first: Array("+".utf8), then: [UInt8](repeating: 0x61, count: 4_096)), .value),
        (.answerAndClose(Array("$10\r\nabc".utf8)), .connectionLost), (.answerAndClose([]), .connectionLost),
        (.answer(Array("-LOADING Redis is loading the dataset in memory\r\n".utf8)), .starting),
        (.answer(Array("-READONLY You can't write against a read only replica.\r\n".utf8)), .readOnly),
        (.answer(Array("-MOVED 3999 127.0.0.1:6381\r\n".utf8)), .statement),
    ]

    @Test(arguments: answers.indices)
    func whatAServerMayAnswerIsAClearError(_ index: Int) async throws {
        let (behaviour, problem) = Self.answers[index]
        let server = try FakeRedis(behaviour)
        defer { server.stop() }
        let redis = try client(server.url)
        #expect(try await error(redis).problem == problem)
        await redis.close()
    }

    private static let logins: [(FakeRedis.Behaviour, StorageError.Problem)] = [
        (.answer(Array("-NOAUTH Authentication required.\r\n".utf8)), .authentication),
        (.answer(Array("-DENIED Redis is running in protected mode\r\n".utf8)), .privilege),
        (.answerAndClose(Array("-ERR max number of clients reached\r\n".utf8)), .tooManyConnections),
        (.answer(Array("220 mail.example ESMTP\r\n".utf8)), .foreign), (.answerAndClose([]), .connectionLost),
        (.answer(Array("-LOADING Redis is loading the dataset in memory\r\n".utf8)), .starting),
    ]

    @Test(arguments: logins.indices)
    func whatALoginMayMeetIsAClearError(_ index: Int) async throws {
        let (login, problem) = Self.logins[index]
        let server = try FakeRedis(.silence, login: login)
        defer { server.stop() }
        let redis = try client(server.url.replacing("//", with: "//:password@"))
        let error = try await error(redis, isIdempotent: false)
        #expect(error.problem == problem)
        #expect(error.isNotDone && !error.isOutcomeUnknown)
        #expect(server.commands == 0)
        await redis.close()
    }

    @Test(arguments: [true, false])
    func aServerThatSaysNothingHoldsNobodyForLonger(_ isSilentAtLogin: Bool) async throws {
        let server = try FakeRedis(.silence, login: isSilentAtLogin ? .silence : .answer(Array("+OK\r\n".utf8)))
        defer { server.stop() }
        let redis = try client(server.url, .eager, commandTimeout: .seconds(1))
        let start = ContinuousClock.now
        // Six for two connections: some wait for one in vain.
        await withTaskGroup { group in
            for index in 0..<6 {
                group.addTask {
                    await #expect(throws: (any Error).self) {
                        try await redis.send(["GET", "k"], isIdempotent: index % 2 == 0)
                    }
                }
            }
        }
        #expect(ContinuousClock.now - start < .seconds(10))
        await redis.close()
    }

    @Test(arguments: [true, false], [true, false])
    func whatTimedOutIsNotRepeatedBecauseNoTimeIsLeft(_ isSilentAtLogin: Bool, _ isIdempotent: Bool) async throws {
        let server = try FakeRedis(.silence, login: isSilentAtLogin ? .silence : .answer(Array("+OK\r\n".utf8)))
        defer { server.stop() }
        let redis = try client(server.url, .eager, commandTimeout: .seconds(2))
        let error = try await error(redis, isIdempotent: isIdempotent)
        #expect(error.problem == .timeout)
        #expect(error.isOutcomeUnknown == (!isSilentAtLogin && !isIdempotent))
        #expect(server.connections == 1)
        #expect(server.commands == (isSilentAtLogin ? 0 : 1))
        await redis.close()
    }

    @Test func whatMayHaveRunIsRepeatedOnlyIfTheCallerSaysSo() async throws {
        for isIdempotent in [true, false] {
            let server = try FakeRedis(.answerAndClose(Array("$10\r\nabc".utf8)))
            defer { server.stop() }
            let redis = try client(server.url, .eager)
            let error = try await error(redis, isIdempotent: isIdempotent)
            #expect(error.problem == .connectionLost)
            #expect(error.isOutcomeUnknown == !isIdempotent)
            #expect(server.commands == (isIdempotent ? 3 : 1))
            #expect(server.connections == (isIdempotent ? 3 : 1))
            await redis.close()
        }
    }

    @Test func whatTheServerRefusedBecauseItStartsIsRepeated() async throws {
        let server = try FakeRedis(.answer(Array("-LOADING Redis is loading the dataset in memory\r\n".utf8)))
        defer { server.stop() }
        let redis = try client(server.url, .eager)
        #expect(try await error(redis, isIdempotent: false).problem == .starting)
        #expect(server.commands == 3)
        await #expect(throws: StorageError.self) { try await redis.pipeline([["PING"]]) }
        #expect(server.commands == 6)
        await redis.close()
    }

    @Test func nobodyListens() async throws {
        let redis = try client("redis://127.0.0.1:\(LoopbackPort.free())")
        let error = try await error(redis, isIdempotent: false)
        #expect(error.problem == .serviceDown)
        #expect(error.remedy?.isEmpty == false)
        #expect(redis.health.status != .healthy)
        #expect(redis.lastFailure?.problem == .serviceDown)
        await redis.close()
    }

    @Test func aHostThatDoesNotExist() async throws {
        let redis = try client("redis://no-such-host.invalid")
        #expect([.hostUnknown, .unreachable].contains(try await error(redis).problem))
        await redis.close()
    }

    @Test func aCallersDeadlineCounts() async throws {
        let server = try FakeRedis(.silence)
        defer { server.stop() }
        let redis = try client(server.url)
        let start = ContinuousClock.now
        await #expect(throws: (any Error).self) {
            try await CallContext.with(deadline: .after(.milliseconds(100))) { try await redis.ping() }
        }
        await #expect(throws: (any Error).self) {
            try await redis.send(["PING"], timeout: .milliseconds(100))
        }
        #expect(ContinuousClock.now - start < .seconds(10))
        await redis.close()
    }

    @Test func aCancelledTaskDoesNotWaitForTheServer() async throws {
        let server = try FakeRedis(.silence)
        defer { server.stop() }
        let redis = try client(server.url, commandTimeout: .seconds(3_600))
        let tasks = (0..<5).map { _ in Task { try await redis.send(["GET", "k"]) } }
        for task in tasks { task.cancel() }
        for task in tasks {
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        // The connections are not waited for either: their commands have an hour.
    }
}
