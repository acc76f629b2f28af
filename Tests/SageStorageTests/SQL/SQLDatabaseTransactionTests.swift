import SageStorage
import StorageTestSupport
import Testing

// What every database promises about transactions.
struct SQLDatabaseTransactionTests {
    private struct OwnError: Error, Equatable { var number = 1 }

    private func withThings(
        _ backend: DatabaseBackend, _ body: (any SQLDatabase) async throws -> Void
    ) async throws {
        try await backend.with { database in
            try await database.write {
                try $0.executeScript(
                    """
                    CREATE TABLE things (id BIGINT PRIMARY KEY, value TEXT NOT NULL);
                    -- a comment; with a semicolon
                    CREATE TABLE parts (thing BIGINT NOT NULL REFERENCES things (id));
                    """)
            }
            try await body(database)
        }
    }

    private func ids(in database: any SQLDatabase) async throws -> [Int64] {
        try await database.fetch("SELECT id FROM things ORDER BY id").compactMap { $0[0].integer }
    }

    private func expect(
        _ expected: [Int64], in database: any SQLDatabase, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let found = try await ids(in: database)
        #expect(found == expected, sourceLocation: sourceLocation)
    }

    @Test(arguments: DatabaseBackend.available)
    func whatWriteReturnedFromIsThere(_ backend: DatabaseBackend) async throws {
        try await withThings(backend) { database in
            let changed = try await database.write { session in
                try session.execute("INSERT INTO things VALUES ($1, $2), ($3, $4)", [1, "a", 2, "b"])
                    + session.execute("UPDATE things SET value = $1", ["c"])
            }
            #expect(changed == 4)
            let deleted = try await database.execute("DELETE FROM things WHERE id > $1", [7])
            #expect(deleted == 0)
            try await expect([1, 2], in: database)
        }
    }

    @Test(arguments: DatabaseBackend.available)
    func whatTheClosureThrowsComesThroughAndUndoesAll(_ backend: DatabaseBackend) async throws {
        try await withThings(backend) { database in
            await #expect(throws: OwnError(number: 7)) {
                try await database.write { session in
                    try session.execute("INSERT INTO things VALUES (1, 'a')")
                    #expect(try session.fetchValue("SELECT COUNT(*) FROM things") == 1)
                    throw OwnError(number: 7)
                }
            }
            try await expect([], in: database)
        }
    }

    @Test(arguments: DatabaseBackend.available)
    func anErrorThatTheClosureCatchesUndoesAllTheSame(_ backend: DatabaseBackend) async throws {
        try await withThings(backend) { database in
            let error = await #expect(throws: StorageError.self) {
                try await database.write { session in
                    try session.execute("INSERT INTO things VALUES (1, 'a')")
                    _ = try? session.execute("INSERT INTO things VALUES (1, 'b')")
                    _ = try? session.execute("INSERT INTO things VALUES (2, 'b')")
                }
            }
            #expect(error != nil)
            try await expect([], in: database)
        }
    }

    @Test(arguments: DatabaseBackend.available)
    func constraintsAreToldFromMistakes(_ backend: DatabaseBackend) async throws {
        try await withThings(backend) { database in
            try await database.execute("INSERT INTO things VALUES (1, 'a')")
            let cases: [(String, StorageError.Problem)] = [
                ("INSERT INTO things VALUES (1, 'again')", .constraint),
                ("INSERT INTO things VALUES (2, NULL)", .constraint),
                ("INSERT INTO parts VALUES (99)", .constraint),
                ("INSERT INTO nowhere VALUES (99)", .statement),
                ("SELECT FROM WHERE", .statement),
                ("", .statement),
                ("INSERT INTO things VALUES (3, 'a'); DELETE FROM things", .statement),
            ]
            for (sql, problem) in cases {
                let error = await #expect(throws: StorageError.self, "\(sql)") {
                    _ = try await database.execute(sql)
                }
                #expect(error?.problem == problem, "\(sql)")
                #expect(error?.store == database.name)
            }
            try await expect([1], in: database)
        }
    }

    @Test(arguments: DatabaseBackend.available, ["BEGIN", "COMMIT", "ROLLBACK", " /* so */ commit", "SAVEPOINT x"])
    func statementsCannotEndTheTransaction(_ backend: DatabaseBackend, _ sql: String) async throws {
        try await withThings(backend) { database in
            let error = await #expect(throws: StorageError.self) {
                try await database.write { session in
                    try session.execute("INSERT INTO things VALUES (1, 'a')")
                    try session.execute(sql)
                }
            }
            #expect(error?.problem == .statement)
            try await expect([], in: database)
        }
    }

    @Test(arguments: DatabaseBackend.available)
    func aReadChangesNothing(_ backend: DatabaseBackend) async throws {
        try await withThings(backend) { database in
            await #expect(throws: StorageError.self) {
                try await database.read { try $0.execute("INSERT INTO things VALUES (1, 'a')") }
            }
            await #expect(throws: StorageError.self) {
                try await database.read { try $0.executeScript("CREATE TABLE others (id BIGINT)") }
            }
            try await expect([], in: database)
        }
    }

    @Test(arguments: DatabaseBackend.available)
    func rowsStreamAndStopEarly(_ backend: DatabaseBackend) async throws {
        try await withThings(backend) { database in
            try await database.write { session in
                for id in 0..<2_000 {
                    try session.execute("INSERT INTO things VALUES ($1, $2)", [.integer(Int64(id)), "x"])
                }
            }
            let seen = try await database.read { session in
                var seen: [Int64] = []
                try session.forEachRow("SELECT id FROM things ORDER BY id", []) { row throws(StorageError) in
                    seen.append(row["id"].integer ?? -1)
                    return seen.count < 10
                }
                return seen
            }
            #expect(seen == Array(0..<10))
            // The connection is as good as before.
            #expect(try await ids(in: database).count == 2_000)
        }
    }

    /// PostgreSQL's connection is busy with the rows.
    @Test(arguments: DatabaseBackend.available)
    func refusesAStatementWhileTheRowsOfAnotherAreRead(_ backend: DatabaseBackend) async throws {
        try await withThings(backend) { database in
            try await database.write { try $0.execute("INSERT INTO things VALUES (1, 'a'), (2, 'b')") }
            let error = await #expect(throws: StorageError.self) {
                try await database.read { session in
                    try session.forEachRow("SELECT id FROM things ORDER BY id", []) { row throws(StorageError) in
                        _ = try session.fetch("SELECT id FROM things")
                        return true
                    }
                }
            }
            #expect(error?.problem == .statement)
            try await expect([1, 2], in: database)
        }
    }

    @Test(arguments: DatabaseBackend.available)
    func anErrorInTheMiddleOfRowsComesThrough(_ backend: DatabaseBackend) async throws {
        try await withThings(backend) { database in
            try await database.write { try $0.execute("INSERT INTO things VALUES (1, 'a'), (2, 'b'), (3, 'c')") }
            let mine = StorageError(.value, store: "mine", "not this row")
            await #expect(throws: mine) {
                try await database.read { session in
                    try session.forEachRow("SELECT id FROM things ORDER BY id", []) { row throws(StorageError) in
                        if row[0] == 2 { throw mine }
                        return true
                    }
                }
            }
            try await expect([1, 2, 3], in: database)
        }
    }

    @Test(arguments: DatabaseBackend.available)
    func returningGivesRowsOfWhatWasWritten(_ backend: DatabaseBackend) async throws {
        try await withThings(backend) { database in
            let id = try await database.write { session in
                try session.fetchValue("INSERT INTO things VALUES ($1, $2) RETURNING id", [42, "a"])
            }
            #expect(id == 42)
            try await expect([42], in: database)
        }
    }

    @Test(arguments: DatabaseBackend.available)
    func writesOfManyTasksAreAllThereAndFailuresUndoOnlyThemselves(_ backend: DatabaseBackend) async throws {
        try await withThings(backend) { database in
            let kept = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for id in Int64(0)..<200 {
                    group.addTask {
                        do {
                            return try await database.write { session in
                                try session.execute("INSERT INTO things VALUES ($1, 'a')", [.integer(id)])
                                if id % 3 == 0 { throw OwnError() }
                                // Every fifth meets a constraint of the database itself.
                                if id % 5 == 0 {
                                    try session.execute("INSERT INTO things VALUES ($1, 'b')", [.integer(id)])
                                }
                                return id
                            }
                        } catch is OwnError {
                            #expect(id % 3 == 0)
                            return nil
                        } catch let error as StorageError {
                            #expect(error.problem == .constraint)
                            #expect(id % 5 == 0)
                            return nil
                        }
                    }
                }
                var kept: [Int64] = []
                for try await id in group { if let id { kept.append(id) } }
                return kept.sorted()
            }
            #expect(kept == (0..<200).filter { $0 % 3 != 0 && $0 % 5 != 0 })
            try await expect(kept, in: database)
        }
    }

    @Test(arguments: DatabaseBackend.available)
    func concurrentIncrementsLoseNothing(_ backend: DatabaseBackend) async throws {
        try await withThings(backend) { database in
            try await database.write {
                try $0.executeScript("CREATE TABLE counters (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)")
                try $0.execute("INSERT INTO counters VALUES (1, 0)")
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        for _ in 0..<5 {
                            try await database.execute("UPDATE counters SET n = n + 1 WHERE id = $1", [1])
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await database.fetchValue("SELECT n FROM counters") == 100)
        }
    }

    @Test(arguments: DatabaseBackend.available)
    func aReadSeesOneStateWhileOthersWrite(_ backend: DatabaseBackend) async throws {
        try await withThings(backend) { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for id in Int64(0)..<50 {
                        try await database.write { session in
                            try session.execute("INSERT INTO things VALUES ($1, 'a')", [.integer(2 * id)])
                            try session.execute("INSERT INTO things VALUES ($1, 'b')", [.integer(2 * id + 1)])
                        }
                    }
                }
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<20 {
                            let (first, second) = try await database.read { session in
                                (
                                    try session.fetchValue("SELECT COUNT(*) FROM things"),
                                    try session.fetchValue("SELECT COUNT(*) FROM things")
                                )
                            }
                            #expect(first == second)
                            #expect((first.integer ?? 1) % 2 == 0)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await ids(in: database).count == 100)
        }
    }

    /// A statement that would run for minutes.
    static let endless = """
        WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000000000000)
        SELECT MAX(n) FROM numbers
        """

    @Test(.timeLimit(.minutes(1)), arguments: DatabaseBackend.available, [true, false])
    func cancellingStopsARunningStatement(_ backend: DatabaseBackend, _ writes: Bool) async throws {
        try await withThings(backend) { database in
            let (started, begun) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                let body: @Sendable (any SQLSession) throws -> Void = { session in
                    if writes { try session.execute("INSERT INTO things VALUES (1, 'a')") }
                    begun.yield()
                    _ = try session.fetchValue(Self.endless)
                }
                if writes { try await database.write(body) } else { try await database.read(body) }
            }
            for await _ in started.prefix(1) { task.cancel() }
            let result = await task.result
            #expect(throws: CancellationError.self) { try result.get() }
            // The next one has a sound connection.
            try await database.execute("INSERT INTO things VALUES (2, 'b')")
            try await expect([2], in: database)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: DatabaseBackend.available)
    func cancellingWhatWaitsLeavesTheOthersInPeace(_ backend: DatabaseBackend) async throws {
        try await withThings(backend) { database in
            let tasks = (0..<50).map { id in
                Task {
                    try await database.write { session in
                        try session.execute("INSERT INTO things VALUES ($1, 'a')", [.integer(Int64(id))])
                    }
                }
            }
            for (id, task) in tasks.enumerated() where id % 2 == 1 { task.cancel() }
            var kept: [Int64] = []
            for (id, task) in tasks.enumerated() {
                switch await task.result {
                case .success: kept.append(Int64(id))
                case .failure(let error):
                    #expect(error is CancellationError)
                    #expect(id % 2 == 1)
                }
            }
            #expect(kept.count >= 25)
            try await expect(kept, in: database)
        }
    }

    @Test(arguments: DatabaseBackend.available)
    func aClosedDatabaseRefusesAndClosesTwice(_ backend: DatabaseBackend) async throws {
        try await withThings(backend) { database in
            async let last: Void = database.write { try $0.execute("INSERT INTO things VALUES (1, 'a')") }
            try await last
            await database.close()
            await database.close()
            for operation in [
                { _ = try await database.fetch("SELECT 1") }, { try await database.execute("DELETE FROM things") },
                { try await database.connect() },
            ] as [@Sendable () async throws -> Void] {
                let error = await #expect(throws: StorageError.self) { try await operation() }
                #expect(error?.problem == .closed)
            }
        }
    }

    @Test(arguments: DatabaseBackend.available)
    func aDatabaseThatWasNeverUsedCloses(_ backend: DatabaseBackend) async throws {
        try await backend.with { await $0.close() }
    }
}
