import SageStorage
import Testing

@Suite(.enabled(if: RedisEnvironment.isThere), .timeLimit(.minutes(2)))
struct RedisScriptTests {
    private let prefix = RedisEnvironment.prefix()
    private static let increment = RedisScript(
        "increment", source: "return redis.call('INCRBY', KEYS[1], ARGV[1])")

    @Test(.enabled(if: RedisEnvironment.hasServer)) func aScriptThatTheServerHasLostIsSentAgain() async throws {
        let server = try await RedisTestServer()
        let redis = try Redis(RedisConfiguration(port: server.port))
        for expected in 1...3 {
            #expect(try await redis.run(Self.increment, keys: ["k"], arguments: [1]) == .integer(Int64(expected)))
            try await redis.send(["SCRIPT", "FLUSH"])
        }
        let statistics = try await redis.send(["INFO", "commandstats"]).text ?? ""
        #expect(statistics.contains("cmdstat_eval:calls=3,"))
        for _ in 0..<3 { _ = try await redis.run(Self.increment, keys: ["k"], arguments: [1]) }
        // Once it is loaded, the digest is enough.
        #expect(try await redis.send(["INFO", "commandstats"]).text?.contains("cmdstat_eval:calls=4,") == true)
        #expect(try await redis.send(["GET", "k"]).integer == 6)
        await redis.close()
    }

    @Test(arguments: [
        "')] return redis.call('FLUSHALL') --", "]]..redis.call('FLUSHALL')..[[", "\u{0}\r\n*1\r\n$8\r\nFLUSHALL\r\n",
        "{}", "%s%d",
        "\\", "\"", "ключ 🔑",
    ])
    func keysAndArgumentsAreNeverCode(_ text: String) async throws {
        let redis = try RedisEnvironment.client()
        let script = RedisScript(
            "put", source: "redis.call('SET', KEYS[1], ARGV[1], 'PX', 60000) return redis.call('GET', KEYS[1])")
        let key = prefix + text
        #expect(try await redis.run(script, keys: [key], arguments: [.text(text)]).bytes == Array(text.utf8))
        #expect(try await redis.send(["DEL", .text(key)]) == .integer(1))
        await redis.close()
    }

    @Test func anErrorWithinAScriptIsAnError() async throws {
        let redis = try RedisEnvironment.client()
        for source in [
            "return redis.call('NO-SUCH')", "error('x')", "not lua", "return redis.error_reply('MINE text')",
        ] {
            let error = try await #require(throws: StorageError.self) {
                try await redis.run(RedisScript("wrong", source: source), keys: [])
            }
            #expect(error.problem == .statement)
            #expect(!error.isOutcomeUnknown)
        }
        await redis.close()
    }
}
