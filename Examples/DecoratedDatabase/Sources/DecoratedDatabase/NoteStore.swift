import GRDB
import SageMacros
import SageResilience

/// A note, and the row that it is in the database.
struct Note: Codable, Sendable, FetchableRecord, PersistableRecord {
    var title: String
    var text: String
}

/// Notes in an SQLite file.
struct NoteStore {
    let database: DatabaseQueue

    init(path: String) throws {
        database = try DatabaseQueue(path: path)
        try database.write { db in
            try db.create(table: "note") { table in
                table.primaryKey("title", .text)
                table.column("text", .text).notNull()
            }
        }
    }

    @Retry(maxAttempts: 3, classifier: .sqlite)
    @CircuitBreaker("database", failureThreshold: 3, recoveryTimeout: .seconds(60), classifier: .sqlite)
    func save(_ note: Note) async throws {
        try await database.write { try note.insert($0) }
    }

    @Retry(maxAttempts: 3, classifier: .sqlite)
    @CircuitBreaker("database", failureThreshold: 3, recoveryTimeout: .seconds(60), classifier: .sqlite)
    func fetchAll() async throws -> [Note] {
        try await database.read { try Note.order(Column("title")).fetchAll($0) }
    }
}
