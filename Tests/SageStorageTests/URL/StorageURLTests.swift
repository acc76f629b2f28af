import SageResilience
import SageStorage
import Testing

struct StorageURLTests {
    @Test(arguments: [
        ("sqlite:./.sage/sage.db", "/data", SQLiteLocation.file("/data/.sage/sage.db")),
        ("sqlite:sage.db", "/data/", .file("/data/sage.db")),
        ("sqlite:.//./sage.db", "/data", .file("/data/sage.db")),
        ("sqlite:../sage.db", "/data", .file("/data/../sage.db")),
        ("sqlite:sage.db", ".", .file("sage.db")),
        ("sqlite:/var/lib/sage.db", "/data", .file("/var/lib/sage.db")),
        ("sqlite:///var/lib/sage.db", "/data", .file("/var/lib/sage.db")),
        ("SQLite:a%20b%3F%23%25.db", "/data", .file("/data/a b?#%.db")),
        ("sqlite::memory:", "/data", .memory),
    ]) func readsWhereADatabaseIs(url: String, directory: String, location: SQLiteLocation) throws {
        #expect(try SQLiteConfiguration(url: url, relativeTo: directory).location == location)
    }

    @Test func readsOptions() throws {
        let configuration = try SQLiteConfiguration(
            url: "sqlite:a.db?synchronization=relaxed&readOnly=true&busyTimeout=250ms&maxReaders=2&maxQueued=7"
                + "&statementCacheSize=0&maxValueBytes=1000&maxLogBytes=1048576")
        #expect(configuration.synchronization == .relaxed)
        #expect(configuration.isReadOnly)
        #expect(configuration.busyTimeout == .milliseconds(250))
        #expect(configuration.maxReaders == 2)
        #expect(configuration.maxQueued == 7)
        #expect(configuration.statementCacheSize == 0)
        #expect(configuration.maxValueBytes == 1_000)
        #expect(configuration.maxLogBytes == 1_048_576)
    }

    @Test(arguments: [
        ("sqlite:", "path", "the path of a file"),
        ("sqlite:folder/", "path", "the path of a file"),
        ("sqlite:a%0", "path", "hexadecimal"),
        ("sqlite:a%+1", "path", "hexadecimal"),
        ("sqlite:a%00b", "path", "NUL"),
        ("sqlite:a%ff", "path", "UTF-8"),
        ("sqlite:a#b", "url", "%23"),
        ("sqlite://host/a.db", "url", "sqlite:///absolute/path"),
        ("sqlite:a?synchronization=off", "synchronization", "full or relaxed"),
        ("sqlite:a?readOnly=yes", "readOnly", "true or false"),
        ("sqlite:a?maxReaders=many", "maxReaders", "whole number"),
        ("sqlite:a?maxReaders=", "maxReaders", "a value"),
        ("sqlite:a?maxReaders=65", "maxReaders", "1 to 64"),
        ("sqlite:a?busyTimeout=soon", "busyTimeout", "5s"),
        ("sqlite:a?maxReaders=1&maxReaders=2", "'maxReaders'", "one value"),
        ("sqlite:a?speed=9", "option of the url", "busyTimeout"),
        ("sqlite::memory:?readOnly=true", "isReadOnly", "false"),
        ("file:a.db", "url", "sqlite:path, postgres://"),
        ("mysql://user:secret@host/db", "url", "postgres://"),
        ("", "url", "sqlite:path"),
        ("/var/secret/sage.db", "url", "sqlite:path"),
        ("postgres://user:secret@host:99999/db", "port", "65535"),
        ("redis://:secret@host:x", "port", "65535"),
    ]) func saysWhatIsWrongAndWhatIsAllowed(url: String, field: String, allowed: String) {
        let error = #expect(throws: ConfigurationError.self) { try StorageURL(url) }
        #expect(error?.field == field)
        #expect(error?.allowed.contains(allowed) == true, "\(error?.allowed ?? "")")
        #expect(error?.description.contains("secret") == false)
    }

    @Test func errorsCarryTheNameOfTheSetting() {
        let whole = #expect(throws: ConfigurationError.self) { try StorageURL("x", field: "storage.sessions") }
        #expect(whole?.field == "storage.sessions")
        let part = #expect(throws: ConfigurationError.self) {
            try StorageURL("sqlite:a?maxReaders=0", field: "storage.sessions")
        }
        #expect(part?.field == "storage.sessions (maxReaders)")
    }

    @Test func makesTheDatabaseThatIsNamed() throws {
        let lite = try StorageURL("sqlite:a.db", relativeTo: "/data").makeDatabase(name: "sessions")
        #expect(lite.dialect == .sqlite)
        #expect(lite.location == "sqlite:/data/a.db")
        #expect(lite.breakers.map(\.name) == ["sessions.connect", "sessions.statements"])
        let postgres = try StorageURL("postgres://user:secret@host/db").makeDatabase(name: "memory")
        #expect(postgres.dialect == .postgres)
        #expect(postgres.location.contains("secret") == false)
        let redis = try StorageURL("rediss://host")
        let error = #expect(throws: ConfigurationError.self) {
            try redis.makeDatabase(name: "sessions", field: "storage.sessions")
        }
        #expect(error?.field == "storage.sessions")
    }
}
