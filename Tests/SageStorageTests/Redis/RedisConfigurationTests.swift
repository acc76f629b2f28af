import SageResilience
import SageStorage
import Testing

struct RedisConfigurationTests {
    @Test func readsAllPartsOfAURL() throws {
        let configuration = try RedisConfiguration(
            url: "rediss://us%40er:p%3Aa%2Fs%25s@cache.example:7000/3?commandTimeout=250ms&connectTimeout=1s"
                + "&idleCheck=2m&connections=7&maxQueued=9&clientName=abc&maxReplyBytes=4096&maxReplyValues=5"
                + "&authorities=%2Fetc%2Fca.pem")
        #expect(
            try configuration
                == RedisConfiguration(
                    host: "cache.example", port: 7000, user: "us@er", password: "p:a/s%s", database: 3,
                    tls: .verified(authorities: "/etc/ca.pem"), connectTimeout: .seconds(1),
                    commandTimeout: .milliseconds(250), connections: 7, maxQueued: 9, idleCheck: .seconds(120),
                    clientName: "abc", maxReplyBytes: 4096, maxReplyValues: 5))
        #expect(configuration.location == "rediss://cache.example:7000/3")
    }

    @Test(arguments: [
        ("redis://", "redis://127.0.0.1:6379/0"), ("redis://host", "redis://host:6379/0"),
        ("REDIS://host/", "redis://host:6379/0"), ("redis://[::1]:1/2", "redis://[::1]:1/2"),
        ("redis://:secret@host", "redis://host:6379/0"), ("rediss://host?verify=false", "rediss://host:6379/0"),
    ])
    func whatIsLeftOutHasADefault(_ url: String, _ location: String) throws {
        #expect(try RedisConfiguration(url: url).location == location)
    }

    @Test(arguments: [
        ("http://user:secret@host", "url"), ("redis:host", "url"), ("", "url"), ("redis://secret@host", "url"),
        ("redis://:se/secret@host", "url"), ("redis://:se?secret@host", "url"), ("redis://:se#secret@host", "url"),
        ("redis://host#x", "url"), ("redis://:%zzsecret@host", "password"), ("redis://:secret%00@host", "password"),
        ("redis://:secret@host:0", "port"), ("redis://:secret@host:65536", "port"), ("redis://:secret@host:x", "port"),
        ("redis://:secret@[::1", "host"), ("redis://:secret@[::1]x", "port"), ("redis://:secret@host/a", "database"),
        ("redis://:secret@host/-1", "database"), ("redis://:secret@host/1000001", "database"),
        ("redis://:secret@ho%20st", "host"), ("redis://:secret@host?commandTimeout=5", "commandTimeout"),
        ("redis://:secret@host?commandTimeout=0", "commandTimeout"),
        ("redis://:secret@host?connectTimeout=2d", "connectTimeout"),
        ("redis://:secret@host?connections=0", "connections"), ("redis://:secret@host?connections=", "connections"),
        ("redis://:secret@host?connections=1&connections=2", "'connections'"),
        ("redis://:secret@host?maxQueued=-1", "maxQueued"), ("redis://:secret@host?clientName=a%20b", "clientName"),
        ("redis://:secret@host?maxReplyBytes=1", "maxReplyBytes"),
        ("redis://:secret@host?maxReplyValues=0", "maxReplyValues"),
        ("redis://:secret@host?verify=false", "option of the url"), ("rediss://:secret@host?verify=no", "verify"),
        ("rediss://:secret@host?verify=false&authorities=x", "authorities"),
        ("redis://:secret@host?timeout=1s", "option of the url"),
    ])
    func namesTheFieldThatIsWrongAndNoSecret(_ url: String, _ field: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try RedisConfiguration(url: url) }
        #expect(error.field == field)
        #expect(!error.allowed.isEmpty)
        #expect(!"\(error)".contains("secret"))
    }

    @Test func aUserNeedsAPassword() {
        #expect(throws: ConfigurationError.self) { try RedisConfiguration(user: "user") }
        #expect(throws: ConfigurationError.self) { try RedisConfiguration(user: "", password: "secret") }
    }

    @Test func neverShowsThePassword() throws {
        let configuration = try RedisConfiguration(url: "redis://user:secret@host")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in [dumped, "\(configuration)", String(reflecting: configuration), "\([configuration])"] {
            #expect(!text.contains("secret"))
            #expect(!text.contains("user"))
        }
    }
}
