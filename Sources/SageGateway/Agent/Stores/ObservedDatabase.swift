import SageResilience
import SageStorage
import Synchronization

/// A database as one of the stores in it sees it: how each of its operations ends is taken note of.
final class ObservedDatabase: SQLDatabase {
    let database: any SQLDatabase
    private let condition: StoreCondition
    private let isRetired = Atomic(false)

    init(_ database: any SQLDatabase, _ condition: StoreCondition) {
        self.database = database
        self.condition = condition
    }

    var dialect: SQLDialect { database.dialect }
    var name: String { database.name }
    var maxRowBytes: Int { database.maxRowBytes }

    /// Takes note of nothing any more: another database is in its place, and who still uses this one fails.
    func retire() { isRetired.store(true, ordering: .relaxed) }

    func connect() async throws {
        try await observing(.opening) { try await database.connect() }
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLSession) throws -> Result
    ) async throws -> Result {
        try await observing(.reading) { try await database.read(body) }
    }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLSession) throws -> Result
    ) async throws -> Result {
        try await observing(.writing) { try await database.write(body) }
    }

    func close() async { await database.close() }

    private func observing<Value>(
        _ use: StoreCondition.Use, _ operation: () async throws -> Value
    ) async throws -> Value {
        // That a caller has no time left says nothing about the store.
        let isLate = CallContext.current.deadline.map { $0.remaining <= .zero } ?? false
        do {
            let value = try await operation()
            if !isRetired.load(ordering: .relaxed) { condition.succeeded(use) }
            return value
        } catch {
            if !isLate, !isRetired.load(ordering: .relaxed) { condition.noticed(use, error) }
            throw error
        }
    }
}
