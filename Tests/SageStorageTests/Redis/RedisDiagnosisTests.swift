import SageStorage
import Testing

@Suite(.timeLimit(.minutes(2)))
struct RedisDiagnosisTests {
    @Test(.enabled(if: RedisEnvironment.hasServer)) func aGoodServerPassesAllSteps() async throws {
        let server = try await RedisTestServer()
        let redis = try Redis(RedisConfiguration(port: server.port))
        let diagnosis = await redis.diagnose()
        #expect(diagnosis.findings.map(\.step) == RedisDiagnosis.Step.allCases)
        #expect(diagnosis.findings.allSatisfy { $0.verdict == .passed })
        #expect(diagnosis.isUsable)
        #expect(diagnosis.version?.isEmpty == false)
        #expect(try await redis.send(["DBSIZE"]) == .integer(0))
        await redis.close()
    }

    @Test(
        .enabled(if: RedisEnvironment.hasServer),
        arguments: [
            ("allkeys-lru", RedisDiagnosis.Verdict.warning), ("volatile-ttl", .warning), ("noeviction", .passed),
        ])
    func keysThatAreRemovedBeforeTheirTimeAreAWarning(_ policy: String, _ verdict: RedisDiagnosis.Verdict) async throws
    {
        let server = try await RedisTestServer(options: ["--maxmemory", "100mb", "--maxmemory-policy", policy])
        let redis = try Redis(RedisConfiguration(port: server.port))
        let diagnosis = await redis.diagnose()
        #expect(diagnosis.findings.last?.verdict == verdict)
        #expect(diagnosis.isUsable)
        await redis.close()
    }

    private static let faults: [(FakeRedis.Behaviour, FakeRedis.Behaviour?, RedisDiagnosis.Step)] = [
        (.silence, .silence, .connection), (.silence, .answer(Array("SSH-2.0-OpenSSH\r\n".utf8)), .connection),
        (.silence, .answer(Array("-NOAUTH Authentication required.\r\n".utf8)), .login), (.silence, nil, .version),
        (.answer(Array("$25\r\nredis_version:5.0.14\r\na:b\r\n".utf8)), nil, .version),
        (.answer(Array("+nothing\r\n".utf8)), nil, .version),
    ]

    /// Short where nothing comes, and long where something does, however busy the machine is.
    private static func patience(_ behaviour: FakeRedis.Behaviour?) -> Duration {
        if case .silence = behaviour { .seconds(2) } else { .seconds(20) }
    }

    @Test(arguments: faults.indices)
    func saysAtWhichStepItFails(_ index: Int) async throws {
        let (behaviour, login, step) = Self.faults[index]
        let server = try FakeRedis(behaviour, login: login ?? .answer(Array("+OK\r\n".utf8)))
        defer { server.stop() }
        let redis = try Redis(
            RedisConfiguration(
                port: server.port, connectTimeout: Self.patience(login), commandTimeout: Self.patience(behaviour)))
        let diagnosis = await redis.diagnose()
        #expect(
            diagnosis.findings.map(\.step).first { step in
                diagnosis.findings.contains { $0.step == step && $0.verdict == .failed }
            } == step)
        #expect(!diagnosis.isUsable)
        #expect(Set(diagnosis.findings.map(\.step)) == Set(RedisDiagnosis.Step.allCases))
        await redis.close()
    }

    @Test func aServerThatIsDownHasARemedy() async throws {
        let redis = try Redis(RedisConfiguration(port: LoopbackPort.free()))
        let diagnosis = await redis.diagnose()
        let finding = diagnosis.findings.first { $0.verdict == .failed }
        #expect(finding?.step == .connection)
        #expect(finding?.remedy?.isEmpty == false)
        #expect(diagnosis.findings.last?.verdict == .skipped)
        await redis.close()
    }

    @Test func aNameThatDoesNotExistIsFoundFirst() async throws {
        let redis = try Redis(RedisConfiguration(host: "no-such-host.invalid"))
        #expect(await redis.diagnose().findings.first?.verdict == .failed)
        await redis.close()
    }
}
