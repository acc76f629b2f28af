import SageResilience
import SageStorage
import StorageTestSupport
import Testing

// What PostgreSQL promises beyond every database; see SQLDatabaseTransactionTests for that.
@Suite(.enabled(if: PostgresEnvironment.isThere), .timeLimit(.minutes(10)))
struct PostgresDatabaseTests {
    @Test func readsEveryTypeThatStoresUse() async throws {
        try await PostgresEnvironment.withDatabase { database in
            let row = try await database.fetchRow(
                """
                SELECT 1::bigint, 2::integer, 3::smallint, true, false, 1.5::double precision, 0.25::real, 'text'::text,
                    'var'::varchar(10), '{"a": 1}'::json, '{"a": 1}'::jsonb,
                    '00112233-4455-6677-8899-aabbccddeeff'::uuid, '\\x00ff'::bytea, NULL
                """)
            #expect(
                row?.values == [
                    1, 2, 3, 1, 0, .real(1.5), .real(0.25), "text", "var", "{\"a\": 1}", "{\"a\": 1}",
                    "00112233-4455-6677-8899-aabbccddeeff", .blob([0, 255]), nil,
                ])
            // With one column of another type all of them arrive as text.
            let mixed = try await database.fetchRow(
                "SELECT 12.50::numeric, 7::bigint, 1.5::float8, true, '\\x00ff'::bytea, '2026-01-02 03:04:05+01'::timestamptz"
            )
            #expect(mixed?.values == ["12.50", 7, .real(1.5), 1, .blob([0, 255]), "2026-01-02 02:04:05+00"])
        }
    }

    @Test(arguments: [16 << 20]) func keepsLargeValues(_ size: Int) async throws {
        try await PostgresEnvironment.withDatabase { database in
            try await database.execute("CREATE TABLE large (id bigint, t text, b bytea)")
            let text = String(repeating: "0123456789abcde\u{1}", count: size / 16)
            let bytes = [UInt8](repeating: 0xfe, count: size)
            try await database.execute("INSERT INTO large VALUES (1, $1, $2)", [.text(text), .blob(bytes)])
            let row = try await database.fetchRow("SELECT t, b FROM large")
            #expect(row?[0] == .text(text))
            #expect(row?[1] == .blob(bytes))
        }
    }

    @Test func limitsTheLengthOfRowsAndParameters() async throws {
        try await PostgresEnvironment.withDatabase(["max_row_bytes=10000"]) { database in
            let row = await #expect(throws: StorageError.self) {
                try await database.fetch("SELECT repeat('x', 10001)")
            }
            #expect(row?.problem == .value)
            #expect(row?.remedy?.contains("max_row_bytes") == true)
            let parameter = await #expect(throws: StorageError.self) {
                try await database.fetch("SELECT $1::text", [.text(String(repeating: "x", count: 10_001))])
            }
            #expect(parameter?.problem == .value)
            let allowed = try await database.fetchValue("SELECT length(repeat('x', 10000))")
            #expect(allowed == 10_000)
        }
    }

    @Test func repeatsWhatCouldNotBeSerialised() async throws {
        try await PostgresEnvironment.withDatabase(isolation: .serializable) { database in
            try await database.write {
                try $0.executeScript("CREATE TABLE c (id bigint PRIMARY KEY, n bigint); INSERT INTO c VALUES (1, 0)")
            }
            // Both read before either writes, so one of them cannot be serialised the first time.
            let meeting = Meeting()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        try await database.write { session in
                            let run = meeting.count()
                            let n = try session.fetchValue("SELECT n FROM c WHERE id = 1").integer ?? 0
                            if run <= 2 { meeting.arrive() }
                            try session.execute("UPDATE c SET n = $1 WHERE id = 1", [.integer(n + 1)])
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await database.fetchValue("SELECT n FROM c") == 2)
            #expect(meeting.count() > 3)
        }
    }

    @Test func cancellingFreesTheConnectionAndTheServer() async throws {
        try await PostgresEnvironment.withDatabase(["pool_size=1"]) { database in
            let pid = try await database.fetchValue("SELECT pg_backend_pid()")
            let (started, begun) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                try await database.write { session in
                    begun.yield()
                    _ = try session.fetchValue("SELECT pg_sleep(600)")
                }
            }
            for await _ in started.prefix(1) { task.cancel() }
            let result = await task.result
            #expect(throws: CancellationError.self) { try result.get() }
            // The same session answers: its statement was cancelled, not left behind.
            #expect(try await database.fetchValue("SELECT pg_backend_pid()") == pid)
        }
    }

    @Test func theDeadlineEndsAStatement() async throws {
        var policies = StoragePolicies.default
        policies.statements.attempts = 1
        policies.statements.timeLimit = .seconds(3)
        try await PostgresEnvironment.withDatabase(["pool_size=1"], policies: policies) { database in
            let error = await #expect(throws: StorageError.self) {
                try await database.fetch("SELECT pg_sleep(600)")
            }
            #expect(error?.problem == .timeout)
            #expect(error?.isNotDone == true)
            let next = try await database.fetchValue("SELECT 1")
            #expect(next == 1)
        }
    }

    @Test func replacesConnectionsThatTheServerEnds() async throws {
        try await PostgresEnvironment.withDatabases(2, ["pool_size=4"], policies: .impatient) { databases in
            let (database, other) = (databases[0], databases[1])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { _ = try await database.fetchValue("SELECT pg_sleep(0.05)") } }
                try await group.waitForAll()
            }
            let ended = try await other.fetchValue(
                """
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE pid <> pg_backend_pid() AND datname = current_database()
                """)
            #expect((ended.integer ?? 0) >= 1)
            // Policies have one attempt only: what the pool finds broken costs none.
            for _ in 0..<8 { #expect(try await database.fetchValue("SELECT 1") == 1) }
            #expect(database.poolSnapshot.open <= 4)
        }
    }

    @Test func aBackendThatIsEndedInTheMiddleUndoesTheTransaction() async throws {
        try await PostgresEnvironment.withDatabases(2, policies: .impatient) { databases in
            let (database, other) = (databases[0], databases[1])
            try await database.execute("CREATE TABLE t (id bigint)")
            let pids = AsyncStream.makeStream(of: SQLValue.self)
            let task = Task {
                try await database.write { session in
                    try session.execute("INSERT INTO t VALUES (1)")
                    pids.continuation.yield(try session.fetchValue("SELECT pg_backend_pid()"))
                    _ = try session.fetchValue("SELECT pg_sleep(600)")
                }
            }
            for await pid in pids.stream.prefix(1) {
                _ = try await other.fetch("SELECT pg_terminate_backend($1::integer)", [pid])
            }
            let result = await task.result
            let error = #expect(throws: StorageError.self) { try result.get() }
            #expect(error?.problem == .starting)
            #expect(error?.code == "57P01")
            #expect(error?.isNotDone == true)
            #expect(error?.isOutcomeUnknown == false)
            #expect(try await database.fetchValue("SELECT count(*) FROM t") == 0)
        }
    }

    @Test func preparesAgainWhatAChangeOfTheSchemaMadeInvalid() async throws {
        try await PostgresEnvironment.withDatabase(["pool_size=1"]) { database in
            try await database.write { try $0.executeScript("CREATE TABLE t (a bigint); INSERT INTO t VALUES (1)") }
            #expect(try await database.fetchRow("SELECT * FROM t")?.values == [1])
            try await database.execute("ALTER TABLE t ADD COLUMN b text DEFAULT 'new'")
            #expect(try await database.fetchRow("SELECT * FROM t")?.values == [1, "new"])
            try await database.administer("DEALLOCATE ALL")
            #expect(try await database.fetchRow("SELECT * FROM t")?.values == [1, "new"])
        }
    }

    @Test func givesUpStatementsThatAreTooMany() async throws {
        try await PostgresEnvironment.withDatabase(["pool_size=1", "max_prepared=3"]) { database in
            for number in 0..<20 {
                #expect(try await database.fetchValue("SELECT \(number % 7)::bigint") == .integer(Int64(number % 7)))
            }
            let kept = try await database.fetchValue("SELECT count(*) FROM pg_prepared_statements")
            #expect(kept == 3)
        }
    }

    @Test func aThousandCallsShareFourConnections() async throws {
        try await PostgresEnvironment.withDatabase(["pool_size=4"]) { database in
            let pids = try await withThrowingTaskGroup(of: Int64.self) { group in
                for _ in 0..<1_000 {
                    group.addTask { try await database.fetchValue("SELECT pg_backend_pid()::bigint").integer ?? 0 }
                }
                return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
            }
            #expect((1...4).contains(pids.count))
            let snapshot = database.poolSnapshot
            #expect(snapshot.open == pids.count)
            #expect(snapshot.idle == pids.count)
            #expect(snapshot.inUse == 0)
            #expect(snapshot.waiting == 0)
        }
    }

    @Test func aMillionRowsTakeTheMemoryOfOne() async throws {
        var policies = StoragePolicies.default
        // A build for debugging takes long for so many rows, and a slow machine longer than a statement may.
        policies.statements.timeLimit = .seconds(540)
        try await PostgresEnvironment.withDatabase(policies: policies) { database in
            let before = ProcessMemory.resident
            let (count, sum) = try await database.read { session in
                var (count, sum) = (0, Int64(0))
                try session.forEachRow(
                    "SELECT n, repeat('x', 100) FROM generate_series(1::bigint, 1000000) AS n", []
                ) { row throws(StorageError) in
                    count += 1
                    sum += row[0].integer ?? 0
                    return true
                }
                return (count, sum)
            }
            #expect(count == 1_000_000)
            #expect(sum == 500_000_500_000)
            // All of them would be more than 100 MB.
            #expect(ProcessMemory.resident - before < 60 << 20)
        }
    }

    @Test func aCommitThatFailsIsUndoneAndSaysSo() async throws {
        try await PostgresEnvironment.withDatabase { database in
            try await database.write {
                try $0.executeScript(
                    "CREATE TABLE t (id bigint UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO t VALUES (1)")
            }
            let error = await #expect(throws: StorageError.self) {
                try await database.execute("INSERT INTO t VALUES (1)")
            }
            #expect(error?.problem == .constraint)
            #expect(error?.isOutcomeUnknown == false)
            #expect(try await database.fetchValue("SELECT count(*) FROM t") == 1)
        }
    }

    @Test func refusesCOPYAndGoesOn() async throws {
        try await PostgresEnvironment.withDatabase(["pool_size=1"]) { database in
            try await database.execute("CREATE TABLE t (id bigint)")
            for sql in ["COPY t FROM STDIN", "COPY t TO STDOUT"] {
                let error = await #expect(throws: StorageError.self) {
                    try await database.write { try $0.executeScript(sql) }
                }
                #expect(error?.problem == .statement)
                #expect(try await database.fetchValue("SELECT 1") == 1)
            }
        }
    }

    @Test func closesIdleConnectionsByItself() async throws {
        try await PostgresEnvironment.withDatabases(2, ["pool_idle_time=50ms", "pool_size=1"]) { databases in
            let (database, other) = (databases[0], databases[1])
            let first = try await database.fetchValue("SELECT pg_backend_pid()")
            // The server's own list says when the session is gone; a transaction sees it as it was at its first look.
            var looks = 0
            while looks < 400,
                try await other.fetchValue(
                    "SELECT count(*), pg_sleep(0.05) FROM pg_stat_get_activity($1::integer) WHERE pid = $1::integer",
                    [first]) != 0
            {
                looks += 1
            }
            #expect(looks < 400)
            #expect(try await database.fetchValue("SELECT pg_backend_pid()") != first)
        }
    }
}
