import SageResilience
import SageStorage
import StorageTestSupport
import Testing

// Files that are missing, another program's, damaged or not to be written.
struct SQLiteFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// One attempt each, so that no test waits.
    private func database(_ path: String, isReadOnly: Bool = false) throws -> SQLiteDatabase {
        var policies = StoragePolicies.default
        policies.connect.attempts = 1
        policies.statements.attempts = 1
        return try SQLiteDatabase(
            SQLiteConfiguration(.file(path), isReadOnly: isReadOnly, busyTimeout: .milliseconds(1)), policies: policies)
    }

    private func fill(_ database: SQLiteDatabase, rows: Int = 1) async throws {
        try await database.write { session in
            try session.executeScript("CREATE TABLE things (id INTEGER PRIMARY KEY, value TEXT)")
            for id in 0..<rows {
                try session.execute(
                    "INSERT INTO things VALUES ($1, $2)",
                    [.integer(Int64(id)), .text(String(repeating: "v", count: 200))])
            }
        }
    }

    /// A database that has been filled and closed.
    private func makeFile(rows: Int = 1) async throws {
        let database = try database(folder.file())
        try await fill(database, rows: rows)
        await database.close()
    }

    private func problem(opening database: SQLiteDatabase) async -> StorageError? {
        let error = await #expect(throws: StorageError.self) { try await database.connect() }
        await database.close()
        return error
    }

    // MARK: Making and opening

    @Test func makesFoldersAndFileForTheUserAlone() async throws {
        let path = folder.file("a/b c/'\"%?#/sage.db")
        let database = try database(path)
        try await fill(database)
        await database.close()
        #expect(try folder.permissions(of: path) == 0o600)
        #expect(try folder.permissions(of: folder.file("a")) == 0o700)
        #expect(try folder.permissions(of: folder.file("a/b c")) == 0o700)
    }

    @Test func whatWasWrittenIsThereAfterItWasOpenedAgain() async throws {
        try await makeFile(rows: 10)
        let again = try database(folder.file())
        #expect(try await again.fetchValue("SELECT COUNT(*) FROM things") == 10)
        await again.close()
        // The last to close leaves one file.
        #expect(try folder.contents == ["sage.db"])
    }

    @Test func theFileSaysWhoseItIsAndHowItIsWritten() async throws {
        let database = try database(folder.file())
        try await fill(database)
        let pragmas = try await database.write { session in
            try ["application_id", "journal_mode", "synchronous", "auto_vacuum", "foreign_keys"].map {
                try session.fetchValue("PRAGMA \($0)")
            }
        }
        #expect(pragmas == [0x5361_6765, "wal", 2, 2, 1])
        await database.close()
        let relaxed = try SQLiteDatabase(SQLiteConfiguration(.file(folder.file()), synchronization: .relaxed))
        #expect(try await relaxed.write { try $0.fetchValue("PRAGMA synchronous") } == 1)
        await relaxed.close()
    }

    @Test func severalProcessesShareTheFile() async throws {
        let first = try SQLiteDatabase(SQLiteConfiguration(.file(folder.file())))
        let second = try SQLiteDatabase(SQLiteConfiguration(.file(folder.file())))
        try await fill(first)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for database in [first, second] {
                group.addTask {
                    for _ in 0..<50 { try await database.execute("INSERT INTO things (value) VALUES ('x')") }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await second.fetchValue("SELECT COUNT(*) FROM things") == 101)
        await first.close()
        #expect(try await second.fetchValue("SELECT COUNT(*) FROM things") == 101)
        await second.close()
    }

    @Test func manyMayOpenANewFileAtOnce() async throws {
        let databases = try (0..<12).map { _ in try SQLiteDatabase(SQLiteConfiguration(.file(folder.file()))) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for database in databases { group.addTask { try await database.connect() } }
            try await group.waitForAll()
        }
        for database in databases { await database.close() }
    }

    @Test func oneDatabaseIsOpenedOnceForAllItsCallers() async throws {
        let database = try database(folder.file())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { try await database.connect() } }
            try await group.waitForAll()
        }
        #expect(database.storageGuard.connectBreaker.snapshot().calls == 1)
        await database.close()
    }

    // MARK: Other programs' files

    private static let ordinary: [UInt8] = Array("Dear diary,\n".utf8) + [UInt8](repeating: 0x20, count: 5_000)

    @Test(arguments: [Self.ordinary, Array("x".utf8), [UInt8](repeating: 0, count: 4_096)])
    func aFileThatIsNoDatabaseIsRefusedUntouched(_ bytes: [UInt8]) async throws {
        try folder.write(bytes)
        let error = try await problem(opening: database(folder.file()))
        #expect(error?.problem == .foreign)
        #expect(error?.remedy != nil)
        #expect(try folder.bytes() == bytes)
        #expect(try folder.contents == ["sage.db"])
    }

    @Test(arguments: [0, 0x4750_4b47] as [UInt32])
    func aDatabaseOfAnotherProgramIsRefusedUntouched(_ id: UInt32) async throws {
        try await makeFile(rows: 10)
        var bytes = try folder.bytes()
        for (index, shift) in [24, 16, 8, 0].enumerated() { bytes[68 + index] = UInt8(truncatingIfNeeded: id >> shift) }
        try folder.write(bytes)
        // A log that opening it by SQLite would merge and delete.
        try folder.write([1, 2, 3], to: "sage.db-wal")
        let error = try await problem(opening: database(folder.file()))
        #expect(error?.problem == .foreign)
        #expect(error?.message.contains("another program") == true)
        #expect(try folder.bytes() == bytes)
        #expect(try folder.contents == ["sage.db", "sage.db-wal"])
        #expect(try folder.bytes(of: "sage.db-wal") == [1, 2, 3])
    }

    @Test func aFolderIsNoFile() async throws {
        let error = try await problem(opening: database(folder.path))
        #expect(error?.problem == .foreign)
    }

    @Test func aFileInTheWayOfAFolderIsSaid() async throws {
        try folder.write([1], to: "plain")
        let error = try await problem(opening: database(folder.file("plain/sage.db")))
        #expect(error?.problem == .databaseMissing)
    }

    @Test func anEmptyFileIsTaken() async throws {
        try folder.write([])
        let database = try database(folder.file())
        try await fill(database)
        await database.close()
    }

    // MARK: Damage

    @Test(arguments: [0.3, 0.6]) func aTruncatedFileIsFoundDamaged(_ share: Double) async throws {
        try await makeFile(rows: 2_000)
        let bytes = try folder.bytes()
        try folder.write(Array(bytes.prefix(Int(Double(bytes.count) * share) / 4_096 * 4_096 + 100)))
        let database = try database(folder.file())
        let error = await #expect(throws: StorageError.self) {
            _ = try await database.fetch("SELECT * FROM things")
        }
        #expect(error?.problem == .corrupt)
        #expect(error?.remedy?.contains("sage doctor") == true)
        #expect(try await database.checkIntegrity().isEmpty == false)
        await database.close()
    }

    @Test func aHeaderThatIsCutOffIsSaid() async throws {
        try await makeFile()
        try folder.write(Array(try folder.bytes().prefix(50)))
        let error = try await problem(opening: database(folder.file()))
        #expect(error?.problem == .corrupt)
    }

    /// Wherever a byte is flipped, the program gets an answer or an error, and the examination finds what matters.
    @Test(arguments: 0..<24) func flippedBytesNeverCrash(_ seed: UInt64) async throws {
        try await makeFile(rows: 200)
        var bytes = try folder.bytes()
        var generator = SplitMix(state: seed)
        for _ in 0..<64 {
            // The header's first 100 bytes have tests of their own.
            let place = 100 + Int(generator.next() % UInt64(bytes.count - 100))
            bytes[place] ^= UInt8(truncatingIfNeeded: 1 + generator.next() % 255)
        }
        try folder.write(bytes)
        let database = try database(folder.file())
        do {
            for row in try await database.fetch("SELECT id, value FROM things") { _ = row.values }
            try await database.execute("UPDATE things SET value = value || 'x' WHERE id < 50")
        } catch let error as StorageError {
            #expect([.corrupt, .foreign, .statement, .other].contains(error.problem), "\(error)")
        }
        _ = try await database.checkIntegrity(isThorough: true)
        await database.close()
    }

    @Test func textThatIsNoUnicodeIsRepaired() async throws {
        let database = try database(folder.file())
        let row = try await database.fetchRow(
            "SELECT CAST(x'41ff42' AS TEXT) AS broken, CAST(x'410042' AS TEXT) AS nul")
        #expect(row?.values == ["A\u{FFFD}B", "A\0B"])
        await database.close()
    }

    // MARK: Read-only and full

    @Test func aDatabaseOpenedForReadingRefusesWrites() async throws {
        try await makeFile(rows: 3)
        let reader = try database(folder.file(), isReadOnly: true)
        #expect(try await reader.fetchValue("SELECT COUNT(*) FROM things") == 3)
        let error = await #expect(throws: StorageError.self) { try await reader.execute("DELETE FROM things") }
        #expect(error?.problem == .readOnly)
        await reader.close()
        let missing = try await problem(opening: database(folder.file("missing.db"), isReadOnly: true))
        #expect(missing?.problem == .databaseMissing)
        #expect(try folder.contents.contains("missing.db") == false)
    }

    @Test func aFullDatabaseUndoesTheTransactionAndGoesOnReading() async throws {
        let database = try database(folder.file())
        try await fill(database, rows: 10)
        try await database.write { _ = try $0.fetch("PRAGMA max_page_count = 20") }
        let error = await #expect(throws: StorageError.self) {
            try await database.write { session in
                for _ in 0..<1_000 {
                    try session.execute(
                        "INSERT INTO things (value) VALUES ($1)", [.text(String(repeating: "x", count: 1_000))])
                }
            }
        }
        #expect(error?.problem == .full)
        #expect(error?.isNotDone == true)
        #expect(error?.code == "SQLITE_FULL")
        #expect(try await database.fetchValue("SELECT COUNT(*) FROM things") == 10)
        try await database.execute("DELETE FROM things WHERE id > 4")
        #expect(try await database.fetchValue("SELECT COUNT(*) FROM things") == 5)
        await database.close()
    }

    @Test(.timeLimit(.minutes(1))) func aLockOfAnotherProcessIsSaidAndPasses() async throws {
        let (first, second) = (try database(folder.file()), try database(folder.file()))
        try await fill(first)
        try await second.connect()
        let (locked, begun) = AsyncStream.makeStream(of: Void.self)
        let gate = Gate()
        async let holding: Void = first.write { session in
            try session.execute("DELETE FROM things")
            begun.yield()
            gate.wait()
        }
        for await _ in locked.prefix(1) {
            let error = await #expect(throws: StorageError.self) { try await second.execute("DELETE FROM things") }
            #expect(error?.problem == .busy)
            #expect(error?.isNotDone == true)
            // Reading is not in anybody's way.
            let count = try await second.fetchValue("SELECT COUNT(*) FROM things")
            #expect(count == 1)
        }
        gate.open()
        try await holding
        try await second.execute("DELETE FROM things")
        await first.close()
        await second.close()
    }

    // MARK: Copies

    @Test func aCopyIsCompleteAndCanBeOpened() async throws {
        let database = try database(folder.file())
        try await fill(database, rows: 100)
        let path = folder.file("copy 'of' it.db")
        try await database.backUp(to: path)
        #expect(try folder.permissions(of: path) == 0o600)
        let again = await #expect(throws: StorageError.self) { try await database.backUp(to: path) }
        #expect(again?.problem == .value)
        await database.close()
        let copy = try self.database(path)
        #expect(try await copy.fetchValue("SELECT COUNT(*) FROM things") == 100)
        #expect(try await copy.checkIntegrity(isThorough: true) == [])
        await copy.close()
        #expect(try folder.contents == ["copy 'of' it.db", "sage.db"])
    }

    @Test func maintenanceGivesSpaceBackAndEmptiesTheLog() async throws {
        let database = try database(folder.file())
        try await fill(database, rows: 5_000)
        try await database.execute("DELETE FROM things")
        let before = try await database.size()
        #expect(before.freeBytes > 500_000)
        #expect(before.logBytes > 0)
        try await database.maintain()
        let after = try await database.size()
        #expect(after.freeBytes == 0)
        #expect(after.bytes < before.bytes / 10)
        #expect(after.logBytes == 0)
        await database.close()
    }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
