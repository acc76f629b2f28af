/// A database whose every operation is guarded by policies: SQLite embedded, PostgreSQL when outgrown.
///
/// Reads are repeated after a passing failure. A write is repeated when it certainly had no effect: it was refused
/// before it began, or the database itself undid it (serialisation failures, deadlocks). A commit whose outcome nobody
/// knows is never repeated; the error then says so (``StorageError/isOutcomeUnknown``). Closures may therefore run more
/// than once and must have no other effects.
///
/// Thread-safe.
public protocol SQLDatabase: Sendable {
    /// The language of the database.
    var dialect: SQLDialect { get }
    /// The name that policies, metrics and errors carry.
    var name: String { get }
    /// How many bytes the values of a row, or the parameters of a statement, may have together.
    var maxRowBytes: Int { get }

    /// Connects, so that a mistake in the settings shows at once; otherwise the first operation does.
    ///
    /// - Throws: ``StorageError``, or a rejection of a policy.
    func connect() async throws

    /// Reads in one transaction that sees one state of the database and changes nothing.
    ///
    /// - Parameter body: Runs on the connection's thread, maybe more than once, so it hands on what it finds by returning
    ///   it; what it throws undoes nothing and comes through.
    /// - Throws: ``StorageError``, a rejection of a policy, or what `body` throws.
    func read<Result: Sendable>(_ body: @escaping @Sendable (any SQLSession) throws -> Result) async throws -> Result

    /// Writes in one transaction.
    ///
    /// When this returns, the transaction is committed and on disk.
    ///
    /// - Parameter body: Runs on the connection's thread, maybe more than once, so it has no effect but on the database;
    ///   what it throws undoes the transaction and comes through.
    /// - Throws: ``StorageError``, a rejection of a policy, or what `body` throws.
    @discardableResult
    func write<Result: Sendable>(_ body: @escaping @Sendable (any SQLSession) throws -> Result) async throws -> Result

    /// Closes the connections; operations under way end first, later ones are refused.
    func close() async
}

extension SQLDatabase {
    /// Runs one statement in a transaction of its own.
    ///
    /// - Returns: How many rows it inserted, changed or deleted.
    @discardableResult
    public func execute(_ sql: String, _ parameters: [SQLValue] = []) async throws -> Int {
        try await write { try $0.execute(sql, parameters) }
    }

    /// All rows of a query.
    public func fetch(_ sql: String, _ parameters: [SQLValue] = []) async throws -> [SQLRow] {
        try await read { try $0.fetch(sql, parameters) }
    }

    /// The first row of a query; nil when there is none.
    public func fetchRow(_ sql: String, _ parameters: [SQLValue] = []) async throws -> SQLRow? {
        try await read { try $0.fetchRow(sql, parameters) }
    }

    /// The first value of the first row of a query; null when there is no row.
    public func fetchValue(_ sql: String, _ parameters: [SQLValue] = []) async throws -> SQLValue {
        try await read { try $0.fetchValue(sql, parameters) }
    }
}
