import SageResilience
import SageStorage
import StorageTestSupport
import Testing

// What is said about each way in which connecting fails.
@Suite(.enabled(if: PostgresEnvironment.isThere), .timeLimit(.minutes(2)))
struct PostgresConnectingTests {
    private func failure(_ url: String, policies: StoragePolicies = .impatient) async throws -> StorageError {
        let database = try PostgresDatabase(PostgresConfiguration(url: url), policies: policies)
        let error = await #expect(throws: StorageError.self) { try await database.connect() }
        #expect(database.lastFailure == error)
        #expect(database.poolSnapshot.inUse == 0)
        await database.close()
        return try #require(error)
    }

    @Test func tellsAWrongPassword() async throws {
        let error = try await failure(PostgresEnvironment.address(password: "wrong-one"))
        #expect(error.problem == .authentication)
        #expect(error.code == "28P01")
        #expect(error.remedy?.contains("password") == true)
        #expect(!error.description.contains("wrong-one"))
    }

    @Test func tellsAMissingDatabase() async throws {
        let error = try await failure(PostgresEnvironment.address(database: "no_such_database"))
        #expect(error.problem == .databaseMissing)
        #expect(error.code == "3D000")
        #expect(error.remedy?.contains("createdb") == true)
        #expect(error.remedy?.contains("no_such_database") == true)
    }

    @Test func tellsThatNothingListens() async throws {
        let error = try await failure(PostgresEnvironment.address(port: 1))
        #expect(error.problem == .serviceDown)
        #expect(error.isNotDone)
        #expect(error.remedy?.contains("systemctl start postgresql") == true)
    }

    @Test func tellsAnUnknownHost() async throws {
        let error = try await failure(
            PostgresEnvironment.address(host: "no-such-host.invalid", options: ["connect_timeout=5"]))
        #expect(error.problem == .hostUnknown)
        #expect(error.remedy?.contains("no-such-host.invalid") == true)
    }

    @Test(
        .enabled(if: PostgresEnvironment.hasTLS),
        arguments: [
            ("sslrootcert=/nowhere/ca.crt", "sslrootcert="), ("sslrootcert=/dev/null", "sslrootcert"),
        ])
    func tellsThatTheCertificateIsNotTrusted(_ option: String, _ words: String) async throws {
        let port = try PostgresEnvironment.port(of: PostgresEnvironment.tlsURL)
        let error = try await failure(
            PostgresEnvironment.address(port: port, options: ["sslmode=verify-full", option]))
        #expect(error.problem == .tls)
        #expect(error.remedy?.contains(words) == true, "\(error)")
    }

    @Test func tellsThatNoConnectionIsLeft() async throws {
        try await PostgresEnvironment.withDatabase { database in
            let name = database.configuration.database
            try await database.administer("CREATE ROLE \(name) LOGIN PASSWORD 'x' CONNECTION LIMIT 0")
            let error = try await failure(PostgresEnvironment.address(database: name, user: name, password: "x"))
            #expect(error.problem == .tooManyConnections)
            #expect(error.remedy?.contains("max_connections") == true)
            try await database.administer("DROP ROLE \(name)")
        }
    }

    @Test func cancellingEndsTheWaitForAConnection() async throws {
        // An address that nobody answers at (RFC 5737).
        let url = try PostgresEnvironment.address(port: 5432, host: "192.0.2.1")
        let database = try PostgresDatabase(PostgresConfiguration(url: url), policies: .impatient)
        let task = Task { try await database.connect() }
        task.cancel()
        let result = await task.result
        #expect(throws: (any Error).self) { try result.get() }
        await database.close()
    }

    @Test(.enabled(if: PostgresEnvironment.hasTLS)) func speaksTLS() async throws {
        let url = try PostgresEnvironment.address(PostgresEnvironment.tlsURL)
        let database = try PostgresDatabase(PostgresConfiguration(url: url), policies: .impatient)
        #expect(try await database.fetchValue("SELECT 1") == 1)
        // Cancelling works beside the encrypted connection.
        let (started, begun) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            try await database.read { session in
                begun.yield()
                _ = try session.fetchValue("SELECT pg_sleep(600)")
            }
        }
        for await _ in started.prefix(1) { task.cancel() }
        let result = await task.result
        #expect(throws: CancellationError.self) { try result.get() }
        #expect(try await database.fetchValue("SELECT 2") == 2)
        await database.close()
        let text = String(repeating: "x", count: 1 << 20)
        let again = try PostgresDatabase(PostgresConfiguration(url: url), policies: .impatient)
        #expect(try await again.fetchValue("SELECT $1::text", [.text(text)]) == .text(text))
        await again.close()
    }
}
