import SageResilience
import SageStorage
import Testing

struct PostgresConfigurationTests {
    @Test func readsEveryPartOfAURL() throws {
        let configuration = try PostgresConfiguration(
            url:
                "postgresql://me%40home:p%2Fw%3A%23%25@db.example:6543/my%20db?sslmode=verify-full&sslrootcert=%2Fca.crt"
                + "&sslcert=c&sslkey=k&connect_timeout=3&application_name=app&pool_size=3&pool_queue=5&pool_wait=250ms"
                + "&pool_idle_time=1m&pool_idle_check=2s&pool_lifetime=1h&max_row_bytes=4096&max_prepared=7")
        #expect(configuration.host == "db.example")
        #expect(configuration.port == 6543)
        #expect(configuration.user == "me@home")
        #expect(configuration.database == "my db")
        #expect(
            configuration.tls == PostgresTLS(.verifyFull, rootCertificate: "/ca.crt", certificate: "c", key: "k"))
        #expect(configuration.applicationName == "app")
        #expect(configuration.connectTimeout == .seconds(3))
        #expect(
            try configuration.limits
                == PostgresLimits(
                    poolSize: 3, maxQueued: 5, maxWait: .milliseconds(250), idleTime: .seconds(60),
                    idleCheck: .seconds(2), maxLifetime: .seconds(3_600), maxRowBytes: 4_096, maxPrepared: 7))
        #expect(configuration.location == "postgres://db.example:6543/my%20db")
    }

    @Test func takesDefaultsForWhatIsNotSaid() throws {
        let configuration = try PostgresConfiguration(url: "postgres://me@")
        #expect(configuration == (try PostgresConfiguration(user: "me")))
        #expect(configuration.location == "postgres://127.0.0.1:5432/me")
        #expect(configuration.tls.mode == .prefer)
    }

    @Test func readsAddressesOfTheSixthVersionAndFoldersOfSockets() throws {
        let address = try PostgresConfiguration(url: "postgres://u:p@[::1]:5433/db")
        #expect(address.host == "::1")
        #expect(address.location == "postgres://[::1]:5433/db")
        let folder = try PostgresConfiguration(url: "postgres://u@%2Fvar%2Frun%2Fpostgresql/db")
        #expect(folder.host == "/var/run/postgresql")
    }

    @Test(arguments: [
        ("mysql://u:secret@h/d", "url"), ("postgres:/u:secret@h/d", "url"), ("", "url"),
        ("postgres://u:sec#ret@h/d", "url"), ("postgres://u:sec/ret@h/d", "url"), ("postgres://u:sec?ret@h/d", "url"),
        ("postgres://u:secret@h:0/d", "port"), ("postgres://u:secret@h:65536/d", "port"),
        ("postgres://u:secret@h:x/d", "port"), ("postgres://u:secret@[::1/d", "host"),
        ("postgres://u:secret@a,b/d", "host"), ("postgres://u:secret@a%20b/d", "host"),
        ("postgres://u:sec%ZZret@h/d", "password"), ("postgres://u:sec%00ret@h/d", "password"),
        ("postgres://u%FF:secret@h/d", "user"), ("postgres://u:secret@h/d%00", "database"),
        ("postgres://u:secret@h/\(String(repeating: "d", count: 64))", "database"),
        ("postgres://u:secret@h/d?sslmode=full", "sslmode"), ("postgres://u:secret@h/d?sslmode=", "sslmode"),
        ("postgres://u:secret@h/d?pool_size=0", "poolSize"), ("postgres://u:secret@h/d?pool_size=-1", "pool_size"),
        ("postgres://u:secret@h/d?pool_size=many", "pool_size"), ("postgres://u:secret@h/d?pool_wait=0", "maxWait"),
        ("postgres://u:secret@h/d?connect_timeout=soon", "connect_timeout"),
        ("postgres://u:secret@h/d?max_row_bytes=1", "maxRowBytes"),
        ("postgres://u:secret@h/d?secret=1", "option of the url"),
        ("postgres://u:secret@h/d?pool_size=1&pool_size=2", "'pool_size'"),
        ("postgres://u:secret@h/d?application_name=a%0Ab", "applicationName"),
    ])
    func refusesWhatIsWrongAndNamesItWithoutTheSecret(_ url: String, _ field: String) {
        let error = #expect(throws: ConfigurationError.self) { try PostgresConfiguration(url: url) }
        #expect(error?.field == field)
        #expect(error?.allowed.isEmpty == false)
        #expect(error.map { $0.value.contains("ret@") || $0.description.contains("secret@") } == false)
    }

    @Test func showsNoPassword() throws {
        let configuration = try PostgresConfiguration(url: "postgres://user:hunter2@h/d")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped, configuration.location] {
            #expect(!text.contains("hunter2"))
        }
    }
}
