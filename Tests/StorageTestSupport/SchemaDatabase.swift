package import SageStorage

/// A schema of PostgreSQL as a database of its own; what extensions put into `public` is seen, too.
package struct SchemaDatabase: SQLDatabase {
    private let base: PostgresDatabase
    private let schema: String

    /// - Parameters:
    ///   - base: The database, which is closed with this one.
    ///   - schema: The name of a schema that exists.
    package init(_ base: PostgresDatabase, schema: String) {
        self.base = base
        self.schema = schema
    }

    package var dialect: SQLDialect { .postgres }
    package var name: String { base.name }
    package var maxRowBytes: Int { base.maxRowBytes }

    package func connect() async throws { try await base.connect() }

    package func read<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLSession) throws -> Result
    ) async throws -> Result {
        try await base.read { [self] in try enter($0, body) }
    }

    package func write<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLSession) throws -> Result
    ) async throws -> Result {
        try await base.write { [self] in try enter($0, body) }
    }

    package func close() async { await base.close() }

    private func enter<Result>(
        _ session: any SQLSession, _ body: (any SQLSession) throws -> Result
    ) throws -> Result {
        _ = try session.fetch("SELECT set_config('search_path', $1, true)", [.text("\(schema), public")])
        return try body(session)
    }
}
