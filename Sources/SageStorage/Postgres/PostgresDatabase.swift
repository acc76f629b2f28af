public import SageResilience

/// PostgreSQL 13 or later, for what has outgrown one file.
///
/// ```swift
/// let configuration = try PostgresConfiguration(url: "postgres://sage:secret@db.example/sage?sslmode=verify-full")
/// let database = try PostgresDatabase(configuration)
/// let title = try await database.fetchValue("SELECT title FROM notes WHERE id = $1", [7])
/// ```
///
/// Operations run on a pool of connections, each with a thread of its own, over libpq without blocking: the end of a
/// task, or its deadline, acts at once, and the server is asked to cancel what it is doing. What was found broken is
/// replaced, without an attempt being lost. Reading transactions see one state (`REPEATABLE READ, READ ONLY`); writing
/// ones are `READ COMMITTED` unless said otherwise.
///
/// When a statement has failed, the transaction has: the server refuses whatever comes after it, and so does the commit,
/// even when the closure caught the error. While the rows of a statement are read there is no other one
/// (``SQLSession/forEachRow(_:_:_:)``); rows that nobody reads any more still have to come from the server: write `LIMIT`.
/// `numeric`, times and arrays arrive as text (so does `sum` of a `bigint`; cast it), bytes as a parameter go in the binary
/// format of the parameter's type.
///
/// Thread-safe.
public final class PostgresDatabase: SQLDatabase {
    /// Where the server is, and what connections are limited to.
    public let configuration: PostgresConfiguration
    /// How much writing transactions see of others, unless they say otherwise.
    public let isolation: PostgresIsolation
    package let storageGuard: StorageGuard
    private let pool: PostgresPool

    /// Creates a database; nothing is connected yet.
    ///
    /// - Parameters:
    ///   - configuration: Where the server is, and what connections are limited to.
    ///   - name: The name that policies, metrics and errors carry. Defaults to `postgres`.
    ///   - isolation: How much writing transactions see of others. Defaults to
    ///     ``PostgresIsolation/readCommitted``, PostgreSQL's own.
    ///   - policies: How connecting and statements are guarded. Defaults to ``StoragePolicies/default``.
    /// - Throws: `ConfigurationError` for a policy out of range.
    public init(
        _ configuration: PostgresConfiguration, name: String = "postgres",
        isolation: PostgresIsolation = .readCommitted, policies: StoragePolicies = .default
    ) throws(ConfigurationError) {
        self.configuration = configuration
        self.isolation = isolation
        self.storageGuard = try StorageGuard(name, policies)
        self.pool = try PostgresPool(configuration, storageGuard)
    }

    deinit { pool.endIdle() }

    /// The name that policies, metrics and errors carry.
    public var name: String { storageGuard.store }
    /// PostgreSQL's.
    public var dialect: SQLDialect { .postgres }
    /// ``PostgresLimits/maxRowBytes``.
    public var maxRowBytes: Int { configuration.limits.maxRowBytes }

    /// What the connections are doing at this moment.
    public var poolSnapshot: PostgresPoolSnapshot { pool.snapshot }

    /// Connects, or asks a connection that is there whether it works.
    ///
    /// - Throws: ``StorageError``, or a rejection of a policy.
    public func connect() async throws {
        try await run(.read) { deadline in try await pool.connect(deadline) }
    }

    /// Reads in one transaction that sees one state of the database and changes nothing.
    ///
    /// - Parameter body: Runs on the connection's thread, maybe more than once; what it throws comes through.
    /// - Throws: ``StorageError``, a rejection of a policy, or what `body` throws.
    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLSession) throws -> Result
    ) async throws -> Result {
        try await run(.read) { deadline in try await pool.run(.read, deadline, body) }
    }

    /// Writes in one transaction of the database's isolation.
    ///
    /// When this returns, the transaction is committed and on the server's disk.
    ///
    /// - Parameter body: Runs on the connection's thread, maybe more than once; what it throws undoes the transaction and
    ///   comes through.
    /// - Throws: ``StorageError``, a rejection of a policy, or what `body` throws.
    public func write<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLSession) throws -> Result
    ) async throws -> Result {
        try await write(isolation: isolation, body)
    }

    /// Writes in one transaction of an isolation of its own.
    ///
    /// - Parameters:
    ///   - isolation: How much the transaction sees of others.
    ///   - body: Runs on the connection's thread, again after a serialisation failure; what it throws undoes the
    ///     transaction and comes through.
    /// - Throws: ``StorageError``, a rejection of a policy, or what `body` throws.
    public func write<Result: Sendable>(
        isolation: PostgresIsolation, _ body: @escaping @Sendable (any SQLSession) throws -> Result
    ) async throws -> Result {
        try await run(.write) { deadline in try await pool.run(.write(isolation), deadline, body) }
    }

    /// Runs one statement outside of any transaction, for what PostgreSQL wants there: `VACUUM`, `CREATE DATABASE`,
    /// `CREATE INDEX CONCURRENTLY`.
    ///
    /// It is never repeated once it was sent.
    ///
    /// - Parameter sql: One statement, whose text holds no values of users.
    /// - Throws: ``StorageError``, or a rejection of a policy.
    public func administer(_ sql: String) async throws {
        try await run(.write) { deadline in
            do {
                try await pool.administer(sql, deadline)
            } catch var error as StorageError {
                // Outside of a transaction nothing is undone.
                if error.problem != .closed, error.code == nil || error.problem == .timeout { error.isNotDone = false }
                throw error
            }
        }
    }

    private func run<Result>(
        _ kind: StorageOperation, _ attempt: (Deadline) async throws -> Result
    ) async throws -> Result {
        try await storageGuard.run(kind, probe: { [pool] in try await pool.probe($0) }, attempt)
    }

    /// Closes the connections; operations under way end first, later ones are refused.
    public func close() async { await pool.close() }
}

extension PostgresDatabase: GuardHolding {
    /// Where the server is, without credentials.
    public var location: String { configuration.location }
}
