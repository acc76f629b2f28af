package import SageStorage

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The databases that the conformance tests run against.
package enum DatabaseBackend: String, CaseIterable, Sendable, CustomStringConvertible {
    case sqliteFile = "SQLite, file"
    case sqliteMemory = "SQLite, memory"
    /// Only where SAGE_TEST_POSTGRES names a server.
    case postgres = "PostgreSQL"

    package var description: String { rawValue }

    package static let available = allCases.filter { $0 != .postgres || PostgresEnvironment.isThere }

    /// Whether several connections of different processes can use the same database.
    package var isSharable: Bool { self != .sqliteMemory }

    /// Runs a test on an empty database of its own.
    package func with<Result>(
        name: String = "test", _ body: (any SQLDatabase) async throws -> Result
    ) async throws -> Result {
        try await withMany(1, name: name) { try await body($0[0]) }
    }

    /// Runs a test on an empty database that several processes have open, each with connections of its own.
    package func withMany<Result>(
        _ count: Int, name: String = "test", _ body: ([any SQLDatabase]) async throws -> Result
    ) async throws -> Result {
        switch self {
        case .sqliteFile:
            let folder = try TemporaryFolder()
            // Whether the disk has it is for the tests of files; here it would only take time.
            let configuration = SQLiteConfiguration(.file(folder.file()), synchronization: .relaxed)
            return try await using((0..<count).map { _ in try SQLiteDatabase(configuration, name: name) }, body)
        case .sqliteMemory:
            return try await using(
                (0..<count).map { _ in try SQLiteDatabase(SQLiteConfiguration(.memory), name: name) }, body)
        case .postgres:
            let schema = "sage_test_" + UUID().uuidString.lowercased().filter { $0 != "-" }
            let configuration = try PostgresConfiguration(url: PostgresEnvironment.address())
            let owner = try PostgresDatabase(configuration, name: "owner")
            try await owner.execute("CREATE SCHEMA \(schema)")
            let databases = try (0..<count).map { _ in
                SchemaDatabase(try PostgresDatabase(configuration, name: name), schema: schema)
            }
            let result: Swift.Result<Result, any Error>
            do {
                result = .success(try await using(databases, body))
            } catch {
                result = .failure(error)
            }
            try await owner.execute("DROP SCHEMA \(schema) CASCADE")
            await owner.close()
            return try result.get()
        }
    }

    private func using<Result>(
        _ databases: [any SQLDatabase], _ body: ([any SQLDatabase]) async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await body(databases)
            for database in databases { await database.close() }
            return result
        } catch {
            for database in databases { await database.close() }
            throw error
        }
    }
}
