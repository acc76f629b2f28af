import Testing

@testable import SageStorage

struct RedisErrorsTests {
    private let errors: RedisErrors

    init() throws {
        errors = RedisErrors(store: "redis", try RedisConfiguration(url: "redis://user:secret@host"))
    }

    @Test(arguments: [
        ("NOAUTH Authentication required.", StorageError.Problem.authentication),
        ("WRONGPASS invalid username-password pair or user is disabled.", .authentication),
        ("NOPERM this user has no permissions to run the 'get' command", .privilege),
        ("DENIED Redis is running in protected mode", .privilege), ("LOADING Redis is loading the dataset", .starting),
        ("BUSY Redis is busy running a script", .busy),
        ("READONLY You can't write against a read only replica.", .readOnly),
        ("MISCONF Redis is configured to save RDB snapshots", .readOnly),
        ("OOM command not allowed when used memory > 'maxmemory'.", .full), ("MOVED 3999 127.0.0.1:6381", .statement),
        ("ASK 3999 127.0.0.1:6381", .statement), ("CLUSTERDOWN The cluster is down", .starting),
        ("WRONGTYPE Operation against a key holding the wrong kind of value", .statement),
        ("NOSCRIPT No matching script. Please use EVAL.", .statement),
        ("ERR max number of clients reached", .tooManyConnections),
        ("ERR DB index is out of range", .databaseMissing), ("ERR value is not an integer", .statement),
        ("EXECABORT Transaction discarded because of previous errors.", .statement),
    ])
    func tellsRepliesApart(_ reply: String, _ problem: StorageError.Problem) {
        let error = errors.reply(reply)
        #expect(error.problem == problem)
        #expect(error.code == String(reply.prefix { $0 != " " }))
        #expect(!error.message.isEmpty)
    }

    @Test(arguments: ["NOAUTH", "WRONGPASS", "NOPERM", "READONLY", "OOM", "MOVED", "WRONGTYPE", "DENIED", "MISCONF"])
    func saysWhatMendsIt(_ code: String) {
        #expect(errors.reply("\(code) text").remedy?.isEmpty == false)
    }

    @Test func doesNotRepeatTheArgumentsOfACommand() {
        let error = errors.reply("ERR unknown command 'FOO', with args beginning with: 'secret' 'more'")
        #expect("\(error)".contains("FOO"))
        #expect(!"\(error)".contains("secret"))
    }

    @Test func controlCharactersAndLengthsAreKeptFromLogs() {
        let error = errors.reply("ERR \u{1b}[31m\n" + String(repeating: "x", count: 5_000))
        #expect(error.message.count < 300)
        #expect(!error.message.contains("\u{1b}"))
        #expect(errors.reply("").problem == .statement)
        #expect(errors.reply("<html> error").code == nil)
    }

    @Test func noErrorShowsCredentials() {
        let all = [
            errors.refused, errors.silent, errors.closed, errors.unreachable("x"),
            errors.hostUnknown("x", isPassing: false),
            errors.lost("x", isSent: true), errors.timeout(isSent: true), errors.tls("x"),
            errors.malformed(.malformed("x"), first: 0x15), errors.malformed(.tooLarge("x"), first: nil),
        ]
        for error in all {
            #expect(!"\(error)".contains("secret"))
            #expect(!"\(error)".contains("user:"))
            #expect("\(error)".contains("redis://host:6379/0"))
        }
        #expect("\(errors.malformed(.malformed("x"), first: 0x15))".contains("rediss://"))
    }

    @Test(arguments: [("127.0.0.1", false), ("[::1]", false), ("redis.example", true)])
    func theNameServiceIsOnlyToBlameForNames(_ host: String, _ isNamed: Bool) throws {
        let errors = RedisErrors(store: "redis", try RedisConfiguration(url: "redis://\(host):6379"))
        #expect(errors.stuck.remedy?.contains("name service") == isNamed)
        #expect(errors.stuck.remedy?.contains("paused") == true)
    }
}
