import SageStorage
import StorageTestSupport
import Testing

/// The databases that the conformance tests run against.
enum MemoryBackend: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case sqlite = "SQLite"
    case postgres = "PostgreSQL"

    static var available: [MemoryBackend] { allCases.filter { DatabaseBackend.available.contains($0.backend) } }

    var testDescription: String { rawValue }

    private var backend: DatabaseBackend { self == .sqlite ? .sqliteFile : .postgres }

    /// Runs a test on an empty database of its own.
    func with<Result>(_ body: (any SQLDatabase) async throws -> Result) async throws -> Result {
        try await withMany(1) { try await body($0[0]) }
    }

    /// Runs a test on an empty database that several processes have open, each with connections of its own.
    func withMany<Result>(
        _ count: Int, _ body: ([any SQLDatabase]) async throws -> Result
    ) async throws -> Result {
        try await backend.withMany(count, name: "memory") { databases in
            if self == .postgres {
                try await databases[0].write { session in
                    // An extension belongs to the database, not to the schema of one test.
                    _ = try session.fetch("SELECT pg_advisory_xact_lock(7)")
                    try session.executeScript("CREATE EXTENSION IF NOT EXISTS vector SCHEMA public")
                }
            }
            return try await body(databases)
        }
    }
}
