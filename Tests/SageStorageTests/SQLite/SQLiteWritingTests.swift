import SageResilience
import SageStorage
import SageTesting
import StorageTestSupport
import Testing

// What is SQLite's own about writes: one connection, several writes in one transaction, limits.
struct SQLiteWritingTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func open(
        _ change: (inout SQLiteConfiguration) -> Void = { _ in }, policies: StoragePolicies = .default
    ) async throws -> SQLiteDatabase {
        var configuration = SQLiteConfiguration(.file(folder.file()))
        change(&configuration)
        let database = try SQLiteDatabase(configuration, policies: policies)
        try await database.write {
            try $0.executeScript(
                """
                CREATE TABLE things (id INTEGER PRIMARY KEY, value TEXT);
                CREATE TABLE parts (thing INTEGER REFERENCES things (id) DEFERRABLE INITIALLY DEFERRED);
                """)
        }
        return database
    }

    /// Holds the writing connection, lets writes queue up behind it in order, and returns what became of them.
    private func queued<Value: Sendable>(
        in database: SQLiteDatabase, _ writes: [@Sendable (any SQLSession) throws -> Value]
    ) async throws -> [Result<Value, any Error>] {
        let gate = Gate()
        let (held, begun) = AsyncStream.makeStream(of: Void.self)
        let holder = Task {
            try await database.write { _ in
                begun.yield()
                gate.wait()
            }
        }
        for await _ in held.prefix(1) {}
        return try await withThrowingTaskGroup(of: (Int, Result<Value, any Error>).self) { group in
            for (index, write) in writes.enumerated() {
                group.addTask {
                    do { return (index, .success(try await database.write(write))) } catch {
                        return (index, .failure(error))
                    }
                }
                // One after the other, so that their order is known.
                await database.waitForQueued(index + 1)
            }
            gate.open()
            try await holder.value
            var results = [Result<Value, any Error>?](repeating: nil, count: writes.count)
            for try await (index, result) in group { results[index] = result }
            return results.compactMap { $0 }
        }
    }

    private func problem<Value>(of result: Result<Value, any Error>) -> StorageError.Problem? {
        guard case .failure(let error) = result else { return nil }
        return (error as? StorageError)?.problem
    }

    private func ids(_ database: SQLiteDatabase) async throws -> [Int64] {
        try await database.fetch("SELECT id FROM things ORDER BY id").compactMap { $0[0].integer }
    }

    @Test func writesThatWaitKeepTheirOrderAndSeeEachOther() async throws {
        let database = try await open()
        let results = try await queued(
            in: database,
            (0..<20).map { id in
                { session in
                    try session.execute("INSERT INTO things VALUES ($1, 'x')", [.integer(Int64(id))])
                    return try session.fetchValue("SELECT COUNT(*) FROM things")
                }
            })
        #expect(try results.map { try $0.get() } == (1...20).map { .integer($0) })
        await database.close()
    }

    @Test func whatOneThrowsUndoesItsOwnChangesOnly() async throws {
        struct OwnError: Error {}
        let database = try await open()
        let results = try await queued(
            in: database,
            (0..<9).map { id in
                { session in
                    try session.execute("INSERT INTO things VALUES ($1, 'x')", [.integer(Int64(id))])
                    if id % 3 == 1 { throw OwnError() }
                    if id % 3 == 2 { try session.execute("INSERT INTO things VALUES ($1, 'x')", [.integer(Int64(id))]) }
                }
            })
        for (id, result) in results.enumerated() {
            switch id % 3 {
            case 0: #expect(throws: Never.self) { try result.get() }
            case 1: #expect(throws: OwnError.self) { try result.get() }
            default:
                let error = #expect(throws: StorageError.self) { try result.get() }
                #expect(error?.problem == .constraint)
            }
        }
        #expect(try await ids(database) == [0, 3, 6])
        await database.close()
    }

    /// A deferred constraint fails the commit of them all; the innocent ones are written all the same.
    @Test func aCommitThatFailsBecauseOfOneIsRepeatedForTheOthers() async throws {
        let database = try await open()
        let results = try await queued(
            in: database,
            (0..<5).map { id in
                { session in
                    try session.execute("INSERT INTO things VALUES ($1, 'x')", [.integer(Int64(id))])
                    if id == 2 { try session.execute("INSERT INTO parts VALUES (99)") }
                }
            })
        let failures = results.map(problem)
        #expect(failures == [nil, nil, .constraint, nil, nil])
        #expect(try await ids(database) == [0, 1, 3, 4])
        await database.close()
    }

    /// SQLite undoes the whole transaction when the disk is full; those who wait with it are written all the same.
    @Test func aTransactionThatSQLiteEndsIsRepeatedForTheOthers() async throws {
        let database = try await open(policies: .once)
        try await database.write { _ = try $0.fetch("PRAGMA max_page_count = 30") }
        let large = SQLValue.text(String(repeating: "x", count: 500_000))
        let results = try await queued(
            in: database,
            (0..<5).map { id in
                { session in
                    try session.execute(
                        "INSERT INTO things VALUES ($1, $2)", [.integer(Int64(id)), id == 2 ? large : "x"])
                }
            })
        let failures = results.map(problem)
        #expect(failures == [nil, nil, .full, nil, nil])
        #expect(try await ids(database) == [0, 1, 3, 4])
        await database.close()
    }

    @Test(.timeLimit(.minutes(1))) func cancellingARunningOneLeavesItsNeighboursInPeace() async throws {
        let database = try await open()
        let (running, begun) = AsyncStream.makeStream(of: Void.self)
        let gate = Gate()
        let (held, holding) = AsyncStream.makeStream(of: Void.self)
        let holder = Task {
            try await database.write { _ in
                holding.yield()
                gate.wait()
            }
        }
        for await _ in held.prefix(1) {}
        async let before: Void = database.write { try $0.execute("INSERT INTO things VALUES (1, 'x')") }
        await database.waitForQueued(1)
        let endless = Task {
            try await database.write { session in
                try session.execute("INSERT INTO things VALUES (2, 'x')")
                begun.yield()
                _ = try session.fetchValue(SQLDatabaseTransactionTests.endless)
            }
        }
        await database.waitForQueued(2)
        async let after: Void = database.write { try $0.execute("INSERT INTO things VALUES (3, 'x')") }
        await database.waitForQueued(3)
        gate.open()
        for await _ in running.prefix(1) { endless.cancel() }
        _ = try await (before, after)
        try await holder.value
        let result = await endless.result
        #expect(throws: CancellationError.self) { try result.get() }
        #expect(try await ids(database) == [1, 3])
        await database.close()
    }

    @Test func refusesWritesBeyondTheQueue() async throws {
        let database = try await open({ $0.maxQueued = 3 }, policies: .once)
        let results = try await queuedBeyond(in: database, 3)
        #expect(results == .queueFull)
        await database.close()
    }

    private func queuedBeyond(in database: SQLiteDatabase, _ capacity: Int) async throws -> RejectionReason? {
        let gate = Gate()
        let (held, begun) = AsyncStream.makeStream(of: Void.self)
        let holder = Task {
            try await database.write { _ in
                begun.yield()
                gate.wait()
            }
        }
        for await _ in held.prefix(1) {}
        let waiting = (0..<capacity).map { _ in
            Task { try await database.write { try $0.execute("DELETE FROM things") } }
        }
        await database.waitForQueued(capacity)
        let error = await #expect(throws: BulkheadError.self) {
            try await database.execute("DELETE FROM things")
        }
        gate.open()
        try await holder.value
        for task in waiting { _ = try await task.value }
        return error?.reason
    }

    @Test(.timeLimit(.minutes(1))) func aStatementEndsAtItsTimeLimit() async throws {
        let clock = TestClock()
        var policies = StoragePolicies.once
        policies.clock = clock
        let database = try await open(policies: policies)
        for writes in [true, false] {
            let (running, begun) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                let body: @Sendable (any SQLSession) throws -> Void = { session in
                    if writes { try session.execute("INSERT INTO things VALUES (1, 'x')") }
                    begun.yield()
                    _ = try session.fetchValue(SQLDatabaseTransactionTests.endless)
                }
                if writes { try await database.write(body) } else { try await database.read(body) }
            }
            for await _ in running.prefix(1) { clock.advance(by: .seconds(30)) }
            let result = await task.result
            let error = #expect(throws: StorageError.self) { try result.get() }
            #expect(error?.problem == .timeout)
            #expect(error?.isNotDone == true)
            #expect(error?.message.contains("time limit") == true)
        }
        #expect(try await ids(database) == [])
        await database.close()
    }

    @Test(.timeLimit(.minutes(1))) func aWriteThatWaitsForOthersIsAnsweredAtItsDeadline() async throws {
        let clock = TestClock()
        var policies = StoragePolicies.once
        policies.clock = clock
        let database = try await open(policies: policies)
        let gate = Gate()
        let (held, begun) = AsyncStream.makeStream(of: Void.self)
        let holder = Task {
            try await database.write { _ in
                begun.yield()
                gate.wait()
            }
        }
        for await _ in held.prefix(1) {}
        let waiting = Task {
            try await CallContext.with(deadline: .after(.seconds(2), clock: clock)) {
                try await database.write { try $0.execute("INSERT INTO things VALUES (1, 'x')") }
            }
        }
        await clock.waitForTimer(due: .seconds(2))
        clock.advance(by: .seconds(2))
        let result = await waiting.result
        let error = #expect(throws: StorageError.self) { try result.get() }
        #expect(error?.problem == .timeout)
        #expect(error?.isNotDone == true)
        gate.open()
        try await holder.value
        #expect(try await ids(database) == [])
        await database.close()
    }

    @Test func refusesValuesThatAreTooLargeAndSaysWhich() async throws {
        let database = try await open { $0.maxValueBytes = 2_000 }
        for value in [SQLValue.text(String(repeating: "x", count: 2_001)), .blob([UInt8](repeating: 1, count: 2_001))] {
            let error = await #expect(throws: StorageError.self) {
                try await database.execute("INSERT INTO things VALUES ($1, $2)", [1, value])
            }
            #expect(error?.problem == .value)
            #expect(error?.message == "parameter $2 is 2001 bytes; allowed is up to 2000 bytes")
        }
        try await database.execute(
            "INSERT INTO things VALUES ($1, $2)", [1, .text(String(repeating: "x", count: 2_000))])
        #expect(try await ids(database) == [1])
        await database.close()
    }

    @Test func keepsFiftyMegabytes() async throws {
        let database = try await open()
        let text = String(repeating: "0123456789", count: 5_000_000)
        try await database.execute("INSERT INTO things VALUES (1, $1)", [.text(text)])
        let back = try await database.fetchValue("SELECT value FROM things")
        #expect(back.text?.utf8.count == text.utf8.count)
        #expect(back.text == text)
        await database.close()
    }

    @Test func manyDifferentStatementsDoNotPileUp() async throws {
        let database = try await open { $0.statementCacheSize = 4 }
        try await database.write { session in
            for round in 0..<3 {
                for number in 0..<50 {
                    let value = try session.fetchValue("SELECT \(number) + $1", [.integer(Int64(round))])
                    #expect(value == .integer(Int64(number + round)))
                }
            }
        }
        await database.close()
    }

    @Test func aChangedSchemaIsSeenByPreparedStatements() async throws {
        let database = try await open()
        try await database.execute("INSERT INTO things VALUES (1, 'x')")
        let before = try await database.write { try $0.fetchRow("SELECT * FROM things") }
        try await database.write { try $0.executeScript("ALTER TABLE things ADD COLUMN more INTEGER DEFAULT 7") }
        let after = try await database.write { try $0.fetchRow("SELECT * FROM things") }
        let read = try await database.fetchRow("SELECT * FROM things")
        #expect(before?.columns == ["id", "value"])
        #expect(after?.columns == ["id", "value", "more"])
        #expect(after?["more"] == 7)
        #expect(read == after)
        await database.close()
    }

    @Test func aSessionIsOfNoUseAfterItsTransaction() async throws {
        let database = try await open()
        struct Escaped: @unchecked Sendable { let session: any SQLSession }
        let escaped = try await database.write { Escaped(session: $0) }
        let error = #expect(throws: StorageError.self) { try escaped.session.execute("DELETE FROM things") }
        #expect(error?.problem == .statement)
        await database.close()
    }

    @Test(arguments: ["SELECT ?", "SELECT :name", "SELECT @name", "SELECT $name", "SELECT $01", "SELECT $0"])
    func refusesParametersWrittenInAnotherWay(_ sql: String) async throws {
        let database = try await open()
        let error = await #expect(throws: StorageError.self) { _ = try await database.fetch(sql, [1]) }
        #expect(error?.problem == .statement)
        await database.close()
    }

    @Test func messagesOfExtensionsNeverShowValues() async throws {
        let database = try await open()
        try await database.write { try $0.executeScript("CREATE VIRTUAL TABLE texts USING fts5 (body)") }
        let error = await #expect(throws: StorageError.self) {
            _ = try await database.fetch("SELECT * FROM texts WHERE texts MATCH $1", ["secret\" AND ("])
        }
        #expect(error?.problem == .statement)
        #expect(error.map { "\($0)".contains("secret") } == false)
        await database.close()
    }

    @Test func theGuardShowsBreakersAndHealth() async throws {
        let database = try await open()
        #expect(database.breakers.map(\.name) == ["sqlite.connect", "sqlite.statements"])
        #expect(database.location == "sqlite:\(folder.file())")
        #expect(database.health.status == .healthy)
        await database.close()
    }

    static let wrongConfigurations: [(String, SQLiteConfiguration)] = [
        ("maxReaders", SQLiteConfiguration(.memory, maxReaders: 0)),
        ("maxReaders", SQLiteConfiguration(.memory, maxReaders: 65)),
        ("maxQueued", SQLiteConfiguration(.memory, maxQueued: 0)),
        ("statementCacheSize", SQLiteConfiguration(.memory, statementCacheSize: -1)),
        ("maxValueBytes", SQLiteConfiguration(.memory, maxValueBytes: 10)),
        ("maxLogBytes", SQLiteConfiguration(.memory, maxLogBytes: 0)),
        ("busyTimeout", SQLiteConfiguration(.memory, busyTimeout: .seconds(-1))),
        ("location", SQLiteConfiguration(.file(""))),
        ("location", SQLiteConfiguration(.file("a\0b"))),
        ("isReadOnly", SQLiteConfiguration(.memory, isReadOnly: true)),
    ]

    @Test(arguments: wrongConfigurations.indices) func refusesImpossibleConfigurations(_ index: Int) {
        let (field, configuration) = Self.wrongConfigurations[index]
        let error = #expect(throws: ConfigurationError.self) { try SQLiteDatabase(configuration) }
        #expect(error?.field == field)
    }
}

extension StoragePolicies {
    /// One attempt each, so that no test waits.
    static var once: StoragePolicies {
        var policies = StoragePolicies.default
        policies.connect.attempts = 1
        policies.statements.attempts = 1
        return policies
    }
}
