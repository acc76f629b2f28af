import SageStorage
import StorageTestSupport
import Testing

struct MigrationsTests {
    private static let notes = Migration(
        "notes",
        sql: "CREATE TABLE notes (id BIGINT PRIMARY KEY, text TEXT NOT NULL); CREATE INDEX texts ON notes (text)")
    private static let created = Migration(
        "when it was made", sql: "ALTER TABLE notes ADD COLUMN created BIGINT NOT NULL DEFAULT 0")
    private static let filled = Migration("a first note") { session in
        try session.execute("INSERT INTO notes (id, text) VALUES ($1, $2)", [1, "first"])
    }

    private func tables(_ database: any SQLDatabase) async throws -> SQLValue {
        try await database.fetchValue(
            database.dialect == .sqlite
                ? "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'notes'"
                : "SELECT COUNT(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('notes')")
    }

    @Test(arguments: DatabaseBackend.available)
    func appliesWhatIsMissingAndSaysSo(_ backend: DatabaseBackend) async throws {
        try await backend.with { database in
            let first = try await Migrations("notes", [Self.notes]).apply(to: database) { 1_000 }
            #expect(first == Migrations.Report(component: "notes", from: 0, to: 1, applied: ["notes"]))
            let all = Migrations("notes", [Self.notes, Self.created, Self.filled])
            let second = try await all.apply(to: database) { 2_000 }
            #expect(second.from == 1)
            #expect(second.applied == ["when it was made", "a first note"])
            let third = try await all.apply(to: database) { 3_000 }
            #expect(third == Migrations.Report(component: "notes", from: 3, to: 3, applied: []))
            let version = try await all.appliedVersion(in: database)
            #expect(version == 3)
            let times = try await database.fetch("SELECT applied_at FROM sage_schema ORDER BY version")
            #expect(times.map { $0[0] } == [1_000, 2_000, 2_000])
            let text = try await database.fetchValue("SELECT text FROM notes WHERE created = 0")
            #expect(text == "first")
        }
    }

    @Test(arguments: DatabaseBackend.available)
    func storesShareATableAndNotTheirVersions(_ backend: DatabaseBackend) async throws {
        try await backend.with { database in
            try await Migrations("notes", [Self.notes, Self.created]).apply(to: database)
            let other = Migrations("others", [Migration("others", sql: "CREATE TABLE others (id BIGINT)")])
            let before = try await other.appliedVersion(in: database)
            #expect(before == 0)
            let report = try await other.apply(to: database)
            #expect(report.to == 1)
        }
    }

    @Test(arguments: DatabaseBackend.available)
    func aStepThatFailsUndoesAll(_ backend: DatabaseBackend) async throws {
        struct OwnError: Error {}
        try await backend.with { database in
            let failing = Migrations(
                "notes", [Self.notes, Migration("fails") { _ in throw OwnError() }])
            await #expect(throws: OwnError.self) { try await failing.apply(to: database) }
            let found = try await tables(database)
            #expect(found == 0)
            let version = try await failing.appliedVersion(in: database)
            #expect(version == 0)
            let wrong = Migrations("notes", [Self.notes, Migration("wrong", sql: "CREATE TABEL x")])
            let error = await #expect(throws: StorageError.self) { try await wrong.apply(to: database) }
            #expect(error?.problem == .statement)
            let still = try await tables(database)
            #expect(still == 0)
        }
    }

    @Test(arguments: DatabaseBackend.available)
    func refusesANewerSchemaAndNamesBothVersions(_ backend: DatabaseBackend) async throws {
        try await backend.with { database in
            try await Migrations("notes", [Self.notes, Self.created]).apply(to: database)
            let error = await #expect(throws: StorageError.self) {
                try await Migrations("notes", [Self.notes]).apply(to: database)
            }
            #expect(error?.problem == .newerSchema)
            #expect(error?.message.contains("version 2") == true)
            #expect(error?.message.contains("version 1") == true)
            #expect(error?.remedy != nil)
        }
    }

    @Test(arguments: DatabaseBackend.available)
    func noticesAStepThatWasEditedLater(_ backend: DatabaseBackend) async throws {
        try await backend.with { database in
            try await Migrations("notes", [Self.notes]).apply(to: database)
            let edited = Migration("notes", sql: "CREATE TABLE notes (id BIGINT PRIMARY KEY, text TEXT)")
            let error = await #expect(throws: StorageError.self) {
                try await Migrations("notes", [edited, Self.created]).apply(to: database)
            }
            #expect(error?.problem == .corrupt)
            #expect(error?.message.contains("edited") == true)
            try await database.execute("DELETE FROM sage_schema")
            try await database.execute("INSERT INTO sage_schema VALUES ('notes', 2, 'when it was made', 0, 0)")
            let missing = await #expect(throws: StorageError.self) {
                try await Migrations("notes", [Self.notes, Self.created]).apply(to: database)
            }
            #expect(missing?.message.contains("version 1") == true)
        }
    }

    @Test func checksumsDifferByTitleTextAndRevision() {
        let steps = [
            Migration("a", sql: "b"), Migration("ab", sql: ""), Migration("a", sql: "b "), Migration("", sql: "ab"),
            Migration("a", revision: "b2") { _ in },
        ]
        #expect(Set(steps.map { $0.checksum(.sqlite) }).count == steps.count)
        let both = Migration("a", sqlite: "b", postgres: "c")
        #expect(both.checksum(.sqlite) == steps[0].checksum(.sqlite))
        #expect(both.checksum(.postgres) != both.checksum(.sqlite))
    }

    @Test(arguments: DatabaseBackend.available.filter(\.isSharable))
    func manyProcessesMayStartAtOnce(_ backend: DatabaseBackend) async throws {
        try await backend.withMany(16) { databases in
            let migrations = Migrations("notes", [Self.notes, Self.created, Self.filled])
            let reports = try await withThrowingTaskGroup(of: Migrations.Report.self) { group in
                for database in databases { group.addTask { try await migrations.apply(to: database) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(reports.count { $0.applied.count == 3 } == 1)
            #expect(reports.allSatisfy { $0.to == 3 })
            let count = try await databases[0].fetchValue("SELECT COUNT(*) FROM notes")
            #expect(count == 1)
        }
    }
}
