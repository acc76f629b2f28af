import SageStorage
import StorageTestSupport
import Testing

// What every database does with values.
struct SQLDatabaseValueTests {
    static let texts = [
        "", "plain", "it's \"quoted\" `and` [so on]", "'; DROP TABLE notes; --", "%_\\ $1 ? :x @y",
        "line\nbreak\r\n\ttab", "ünïcödé 漢字 🙂 👩‍👩‍👧‍👦", "\u{FEFF}\u{200B}\u{202E}", "\u{1}\u{7F}\u{FFFF}",
        String(repeating: "long ", count: 50_000),
    ]

    static let numbers: [Int64] = [0, 1, -1, .max, .min, 1 << 53 + 1, -(1 << 53) - 1]
    static let reals: [Double] = [
        0, 1.5, -1e300, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .infinity, -.infinity, 0.1 + 0.2,
    ]
    static let blobs: [[UInt8]] = [
        [], [0], [0, 0xff, 0x27, 0x5c, 0], Array(0...255), [UInt8](repeating: 7, count: 300_000),
    ]

    private func roundTrip(_ value: SQLValue, type: String, in backend: DatabaseBackend) async throws -> SQLValue {
        try await backend.with { database in
            try await database.write { session in
                try session.executeScript("CREATE TABLE things (id BIGINT PRIMARY KEY, value \(type))")
                try session.execute("INSERT INTO things (id, value) VALUES ($1, $2)", [1, value])
            }
            return try await database.fetchValue("SELECT value FROM things WHERE id = $1", [1])
        }
    }

    @Test(arguments: DatabaseBackend.available, texts) func keepsText(
        _ backend: DatabaseBackend, _ text: String
    )
        async throws
    {
        #expect(try await roundTrip(.text(text), type: "TEXT", in: backend) == .text(text))
    }

    @Test(arguments: DatabaseBackend.available, numbers)
    func keepsWholeNumbers(_ backend: DatabaseBackend, _ number: Int64) async throws {
        #expect(try await roundTrip(.integer(number), type: "BIGINT", in: backend) == .integer(number))
    }

    @Test(arguments: DatabaseBackend.available, reals)
    func keepsNumbers(_ backend: DatabaseBackend, _ number: Double) async throws {
        #expect(try await roundTrip(.real(number), type: "DOUBLE PRECISION", in: backend) == .real(number))
    }

    @Test(arguments: DatabaseBackend.available)
    func keepsBytesAndNoValue(_ backend: DatabaseBackend) async throws {
        try await backend.with { database in
            let type = database.dialect == .sqlite ? "BLOB" : "BYTEA"
            try await database.write {
                try $0.executeScript("CREATE TABLE things (id BIGINT PRIMARY KEY, value \(type))")
            }
            let values = Self.blobs.map(SQLValue.blob) + [.null]
            for (id, value) in values.enumerated() {
                try await database.execute(
                    "INSERT INTO things (id, value) VALUES ($1, $2)", [.integer(Int64(id)), value])
            }
            let rows = try await database.fetch("SELECT value FROM things ORDER BY id")
            #expect(rows.map { $0[0] } == values)
        }
    }

    @Test(arguments: DatabaseBackend.available)
    func refusesTextWithNULAndChangesNothing(_ backend: DatabaseBackend) async throws {
        try await backend.with { database in
            try await database.write { try $0.executeScript("CREATE TABLE things (id BIGINT, value TEXT)") }
            let error = await #expect(throws: StorageError.self) {
                try await database.execute("INSERT INTO things VALUES ($1, $2)", [1, "a\0b"])
            }
            #expect(error?.problem == .value)
            #expect(error?.message.contains("$2") == true)
            #expect(try await database.fetchValue("SELECT COUNT(*) FROM things") == 0)
        }
    }

    /// SQLite stores no value in its stead, PostgreSQL stores it; here it is kept or refused.
    @Test(arguments: DatabaseBackend.available)
    func neverTurnsNotANumberIntoNoValue(_ backend: DatabaseBackend) async throws {
        try await backend.with { database in
            try await database.write { try $0.executeScript("CREATE TABLE things (value DOUBLE PRECISION)") }
            do {
                try await database.execute("INSERT INTO things VALUES ($1)", [.real(.nan)])
                #expect(try await database.fetchValue("SELECT value FROM things").real?.isNaN == true)
            } catch let error as StorageError {
                #expect(error.problem == .value)
                #expect(try await database.fetchValue("SELECT COUNT(*) FROM things") == 0)
            }
        }
    }

    @Test(arguments: DatabaseBackend.available)
    func takesParametersInAnyOrderAndMoreThanOnce(_ backend: DatabaseBackend) async throws {
        try await backend.with { database in
            let cast = { (index: Int) in database.dialect == .sqlite ? "$\(index)" : "$\(index)::text" }
            let row = try await database.fetchRow(
                "SELECT \(cast(2)) AS second, \(cast(1)) AS first, \(cast(2)) AS again", ["one", "two"])
            #expect(row?.columns == ["second", "first", "again"])
            #expect(row?.values == ["two", "one", "two"])
        }
    }

    @Test(arguments: DatabaseBackend.available, [[], ["one"], ["one", "two", "three"]] as [[SQLValue]])
    func refusesTheWrongNumberOfValues(_ backend: DatabaseBackend, _ values: [SQLValue]) async throws {
        try await backend.with { database in
            try await database.write { try $0.executeScript("CREATE TABLE things (a TEXT, b TEXT)") }
            let error = await #expect(throws: StorageError.self) {
                try await database.execute("INSERT INTO things VALUES ($1, $2)", values)
            }
            #expect(error?.problem == .statement)
        }
    }
}
