import SageResilience
import SageStorage
import SageTesting
import Testing

/// A server of the test's own, which is killed, paused and replaced.
@Suite(.enabled(if: RedisEnvironment.hasServer), .timeLimit(.minutes(2)))
struct RedisServerTests {
    private func client(
        _ server: RedisTestServer, _ policies: StoragePolicies = .eager, user: String? = nil, password: String? = nil,
        connections: Int = 3, commandTimeout: Duration = .seconds(20), idleCheck: Duration = .seconds(30)
    ) throws -> Redis {
        try Redis(
            RedisConfiguration(
                port: server.port, user: user, password: password, connectTimeout: .seconds(20),
                commandTimeout: commandTimeout,
                connections: connections, idleCheck: idleCheck),
            policies: policies)
    }

    @Test func aServerThatIsKilledAndRestartedEmptyIsFoundAgain() async throws {
        let server = try await RedisTestServer()
        let redis = try client(server, .impatient)
        let store = try RedisStateStore(redis)
        let rule = RateRule.slidingWindow(limit: 2, per: .seconds(60))
        for _ in 0..<2 { _ = try await store.take([RateDemand("a", rule)]) }
        for _ in 0..<2 {
            server.kill()
            let error = try await #require(throws: StorageError.self) { try await redis.ping() }
            #expect([.serviceDown, .connectionLost].contains(error.problem))
            try await server.start()
            // Connections and scripts are gone, and so is what was counted.
            #expect(try await store.take([RateDemand("a", rule, permits: 2)]) != .wait(.zero))
            try await withThrowingTaskGroup { group in
                for index in 0..<20 {
                    group.addTask {
                        let reply = try await redis.send(["ECHO", .integer(Int64(index))])
                        #expect(reply.integer == Int64(index))
                    }
                }
                try await group.waitForAll()
            }
        }
        await redis.close()
    }

    @Test func aServerThatIsKilledUnderLoadLosesNothingThatWasAnsweredAndHoldsNobody() async throws {
        let server = try await RedisTestServer()
        let redis = try client(server, .impatient)
        let results = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<30 {
                group.addTask {
                    for round in 0..<20 {
                        if index == 0, round == 10 { server.kill() }
                        do {
                            let reply = try await redis.send(["ECHO", .integer(Int64(index * 100 + round))])
                            guard reply.integer == Int64(index * 100 + round) else { return false }
                        } catch {}
                    }
                    return true
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results == Array(repeating: true, count: 30))
        #expect(redis.usage.inFlight == 0)
        await redis.close()
    }

    @Test func aPausedServerHoldsNobodyLongerThanTheCommandTimeout() async throws {
        let server = try await RedisTestServer()
        let redis = try client(server, connections: 2, commandTimeout: .seconds(1))
        server.pause()
        let start = ContinuousClock.now
        await withTaskGroup { group in
            for index in 0..<8 {
                group.addTask {
                    await #expect(throws: (any Error).self) {
                        try await redis.send(["INCR", "k"], isIdempotent: index % 2 == 0)
                    }
                }
            }
        }
        #expect(ContinuousClock.now - start < .seconds(10))
        server.resume()
        let patient = try client(server)
        #expect(try await patient.send(["ECHO", "back"]).text == "back")
        await redis.close()
        await patient.close()
    }

    @Test func theBreakerOpensAndClosesAgain() async throws {
        let server = try await RedisTestServer()
        let clock = TestClock()
        var policies = StoragePolicies.impatient
        policies.clock = clock
        let redis = try client(server, policies)
        server.kill()
        for _ in 0..<5 {
            await #expect(throws: StorageError.self) { try await redis.ping() }
        }
        await #expect(throws: CircuitBreakerError.self) { try await redis.ping() }
        #expect(redis.health.status == .unhealthy)
        try await server.start()
        await #expect(throws: CircuitBreakerError.self) { try await redis.ping() }
        clock.advance(by: .seconds(70))
        for _ in 0..<3 { try await redis.ping() }
        #expect(redis.health.status == .healthy)
        #expect(redis.lastFailure == nil)
        await redis.close()
    }

    @Test func connectionsThatTheServerClosesAreReplacedBeforeAnythingIsSent() async throws {
        let server = try await RedisTestServer()
        let redis = try client(server, .impatient, connections: 1)
        let other = try client(server, .impatient, connections: 1)
        for expected in 1...5 {
            #expect(try await redis.send(["INCR", "k"]) == .integer(Int64(expected)))
            #expect(try await other.send(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]) == .integer(1))
        }
        await redis.close()
        await other.close()
    }

    @Test func connectionsThatWereIdleAreAskedFirst() async throws {
        let server = try await RedisTestServer()
        func pings(_ redis: Redis) async throws -> Bool {
            for _ in 0..<3 { try await redis.send(["ECHO", "x"]) }
            return try await redis.send(["INFO", "commandstats"]).text?.contains("cmdstat_ping") == true
        }
        let calm = try client(server, connections: 1)
        #expect(try await !pings(calm))
        let anxious = try client(server, connections: 1, idleCheck: .nanoseconds(1))
        #expect(try await pings(anxious))
        await calm.close()
        await anxious.close()
    }

    @Test func loginsAreTriedAndToldApart() async throws {
        let server = try await RedisTestServer(options: ["--requirepass", "p@ss\"word"])
        func problem(_ user: String?, _ password: String?) async throws -> StorageError.Problem? {
            let redis = try client(server, .impatient, user: user, password: password)
            do {
                try await redis.connect()
                await redis.close()
                return nil
            } catch let error as StorageError {
                #expect(!"\(error)".contains("p@ss"))
                #expect(!"\(error)".contains("wrong"))
                return error.problem
            }
        }
        #expect(try await problem(nil, "p@ss\"word") == nil)
        #expect(try await problem("default", "p@ss\"word") == nil)
        #expect(try await problem(nil, "wrong") == .authentication)
        #expect(try await problem("wrong", "p@ss\"word") == .authentication)
        #expect(try await problem(nil, nil) == .authentication)
        let admin = try client(server, password: "p@ss\"word")
        try await admin.send(["ACL", "SETUSER", "reader", "on", ">secret", "~*", "+get", "+ping"])
        let reader = try client(server, .impatient, user: "reader", password: "secret")
        #expect(try await reader.send(["GET", "k"]).isNull)
        let error = try await #require(throws: StorageError.self) { try await reader.send(["SET", "k", "v"]) }
        #expect(error.problem == .privilege)
        let examined = await reader.diagnose()
        #expect(examined.findings.first { $0.verdict == .failed }?.step == .version)
        // A server without a password, and a database that it does not have.
        let open = try await RedisTestServer()
        let mistaken = try client(open, .impatient, password: "secret")
        let refusal = try await #require(throws: StorageError.self) { try await mistaken.ping() }
        #expect(refusal.problem == .authentication)
        let far = try Redis(RedisConfiguration(port: open.port, database: 99), policies: .impatient)
        let missing = try await #require(throws: StorageError.self) { try await far.ping() }
        #expect(missing.problem == .databaseMissing)
        for redis in [admin, reader, mistaken, far] { await redis.close() }
    }

    @Test func clientsHaveTheirNameAndDatabase() async throws {
        let server = try await RedisTestServer()
        let redis = try Redis(RedisConfiguration(port: server.port, database: 3, clientName: "tester"))
        #expect(try await redis.send(["CLIENT", "GETNAME"]).text == "tester")
        #expect(try await redis.send(["CLIENT", "INFO"]).text?.contains(" db=3 ") == true)
        await redis.close()
    }

    @Test func aFullServerSaysSo() async throws {
        let server = try await RedisTestServer(options: ["--maxmemory", "1mb", "--maxmemory-policy", "noeviction"])
        let redis = try client(server, .impatient)
        let error = try await #require(throws: StorageError.self) {
            for index in 0..<100 {
                try await redis.send(["SET", .integer(Int64(index)), .bytes([UInt8](repeating: 0, count: 100_000))])
            }
        }
        #expect(error.problem == .full)
        #expect(error.code == "OOM")
        await redis.close()
    }

    @Test func aReplicaTakesNoWrites() async throws {
        let server = try await RedisTestServer()
        let redis = try client(server, .impatient)
        try await redis.send(["REPLICAOF", "127.0.0.1", .integer(Int64(try LoopbackPort.free()))])
        let error = try await #require(throws: StorageError.self) { try await redis.send(["SET", "k", "v"]) }
        #expect(error.problem == .readOnly)
        let finding = await redis.diagnose().findings.first { $0.verdict == .failed }
        #expect(finding?.step == .writing)
        #expect(finding?.remedy?.isEmpty == false)
        await redis.close()
    }
}
