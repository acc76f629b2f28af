import Dispatch
public import SageResilience
import Synchronization

/// A database in one file, or in memory, inside of the process.
///
/// ```swift
/// let database = try SQLiteDatabase(SQLiteConfiguration(.file("/var/lib/app/sage.db")))
/// try await database.write { session in
///     try session.execute("INSERT INTO notes (id, text) VALUES ($1, $2)", [7, "remember"])
/// }
/// ```
///
/// One connection writes, others read beside it: the file has a write-ahead log, so a read sees one state of the
/// database, never waits for a write and never makes one wait. Writes that wait at the same time are committed together,
/// so that one wait for the disk serves them all; each keeps its own result, and what one throws undoes its own changes
/// only. A transaction that ``write(_:)`` has returned from is on the disk
/// (``SQLiteConfiguration/Synchronization/full``). Several processes may use the file at once.
///
/// The file carries a number that marks it as one of this program's; a file of another program is refused before
/// anything in it or beside it changes. When the file is moved, removed or replaced while it is open, every operation
/// fails with ``StorageError/Problem/replaced``: what was written into a file that is gone would be lost. Every operation runs through the policies of its configuration. Thread-safe.
public final class SQLiteDatabase: SQLDatabase, GuardHolding {
    /// The name that policies, metrics and errors carry.
    public let name: String
    /// How the database is opened and used.
    public let configuration: SQLiteConfiguration
    package let storageGuard: StorageGuard

    private let reads: Bulkhead
    /// Lets one caller at a time open the database; the others wait for what comes of it.
    private let opening: Bulkhead
    private let state = Mutex(State())

    private struct State {
        var storage: SQLiteStorage?
        var isClosed = false
        var running = 0
        /// Those who wait until nothing runs any more.
        var closing: [CheckedContinuation<Void, Never>] = []
    }

    /// Creates a database, and opens nothing.
    ///
    /// - Parameters:
    ///   - configuration: How the database is opened and used.
    ///   - name: The name that policies, metrics and errors carry. Defaults to `sqlite`.
    ///   - policies: How opening and statements are guarded. Defaults to ``StoragePolicies/embedded``.
    /// - Throws: `ConfigurationError` for a value out of range.
    public init(
        _ configuration: SQLiteConfiguration, name: String = "sqlite", policies: StoragePolicies = .embedded
    ) throws(ConfigurationError) {
        try configuration.validate()
        self.name = name
        self.configuration = configuration
        self.storageGuard = try StorageGuard(name, policies)
        self.reads = Bulkhead(
            "\(name).reads",
            try BulkheadConfiguration(
                limit: configuration.location == .memory ? 1 : configuration.maxReaders,
                maxQueued: configuration.maxQueued, maxWait: policies.statements.timeLimit, ageing: .zero),
            clock: policies.clock, listener: policies.listener)
        self.opening = Bulkhead(
            "\(name).opening",
            try BulkheadConfiguration(limit: 1, maxQueued: .max, maxWait: .seconds(86_400), ageing: .zero),
            clock: policies.clock)
    }

    /// Creates a database with the policies of a store.
    package convenience init(_ name: String, _ configuration: SQLiteConfiguration) throws(ConfigurationError) {
        try self.init(configuration, name: name)
    }

    /// Always ``SQLDialect/sqlite``.
    public var dialect: SQLDialect { .sqlite }
    /// ``SQLiteConfiguration/maxValueBytes``.
    public var maxRowBytes: Int { configuration.maxValueBytes }
    /// Where the database is, as a URL.
    public var location: String { configuration.location.description }

    /// Opens the database, and makes its file and folders where they are missing.
    ///
    /// Folders and file are for the user alone. Does nothing when the database is open.
    ///
    /// - Throws: ``StorageError``, or a rejection of a policy.
    public func connect() async throws {
        _ = try await opened()
    }

    /// Reads in one transaction that sees one state of the database.
    ///
    /// - Parameter body: Runs on the connection's thread, maybe more than once; what it throws comes through.
    /// - Throws: ``StorageError``, a rejection of a policy, or what `body` throws.
    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLSession) throws -> Result
    ) async throws -> Result {
        try await running { storage in
            try await storageGuard.run(.read) { deadline in
                try await reads.execute {
                    try await SQLiteJob(deadline: deadline) { try body($0) }.value { storage.read($0) }
                }
            }
        }
    }

    /// Writes in one transaction.
    ///
    /// - Parameter body: Runs on the connection's thread, maybe more than once; what it throws undoes its changes and
    ///   comes through.
    /// - Throws: ``StorageError``, a rejection of a policy, or what `body` throws.
    @discardableResult
    public func write<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLSession) throws -> Result
    ) async throws -> Result {
        try await running { storage in
            guard !configuration.isReadOnly else {
                throw StorageError(
                    .readOnly, store: name, "the database was opened for reading only", isNotDone: true)
            }
            return try await storageGuard.run(.write) { deadline in
                try await SQLiteJob(deadline: deadline) { try body($0) }.value(
                    until: CallContext.current.deadline, clock: storageGuard.policies.clock,
                    otherwise: StorageError(
                        .timeout, store: name, "the deadline of the call passed while the write waited for others",
                        isNotDone: true)
                ) { storage.write($0) }
            }
        }
    }

    /// Gives up the connections, so that the next operation opens what is at the path by then.
    ///
    /// For a database whose file was moved, removed or replaced (``StorageError/Problem/replaced``). Operations under way
    /// may fail. What was made in the old file, tables for example, is not in a new one.
    public func reopen() async {
        guard let storage = state.withLock({ $0.storage.take() }) else { return }
        await Self.onOwnThread("sage.\(name).close") { try? storage.close() }
    }

    /// Closes the connections once all operations under way have ended; later ones are refused.
    public func close() async {
        state.withLock { $0.isClosed = true }
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.running > 0 { state.closing.append(continuation) }
                return state.running == 0
            }
            if isIdle { continuation.resume() }
        }
        guard let storage = state.withLock({ $0.storage.take() }) else { return }
        await Self.onOwnThread("sage.\(name).close") { try? storage.close() }
    }
}

// MARK: - Opening

extension SQLiteDatabase {
    /// Runs an operation on the open database, which is not closed before it has ended.
    func running<Result>(_ operation: (SQLiteStorage) async throws -> Result) async throws -> Result {
        let storage = try await opened()
        try state.withLock { state in
            guard !state.isClosed else { throw closedError }
            state.running += 1
        }
        defer { ended() }
        return try await operation(storage)
    }

    /// Waits until at least so many writes wait, for tests that need a known order.
    package func waitForQueued(_ count: Int) async {
        guard let storage = state.withLock({ $0.storage }) else { return }
        await storage.queue.waitForCount(count)
    }

    private func ended() {
        let closing: [CheckedContinuation<Void, Never>] = state.withLock { state in
            state.running -= 1
            guard state.running == 0 else { return [] }
            defer { state.closing = [] }
            return state.closing
        }
        for continuation in closing { continuation.resume() }
    }

    private func opened() async throws -> SQLiteStorage {
        if let storage = try current() { return storage }
        return try await opening.execute {
            if let storage = try current() { return storage }
            let storage = try await storageGuard.run(.connect) { deadline in
                let opening = SQLiteOpening(
                    store: name, configuration: configuration, clock: storageGuard.policies.clock, deadline: deadline)
                return try await Self.onOwnThread("sage.\(name).open") {
                    Result { () throws(StorageError) in try opening.open() }
                }.get()
            }
            let isClosed = state.withLock { state in
                if !state.isClosed { state.storage = storage }
                return state.isClosed
            }
            guard !isClosed else {
                await Self.onOwnThread("sage.\(name).close") { try? storage.close() }
                throw closedError
            }
            return storage
        }
    }

    private func current() throws -> SQLiteStorage? {
        try state.withLock { state in
            guard !state.isClosed else { throw closedError }
            return state.storage
        }
    }

    private var closedError: StorageError {
        StorageError(.closed, store: name, "the database was closed", isNotDone: true)
    }

    /// Runs what blocks away from the threads that tasks share.
    private static func onOwnThread<Value: Sendable>(
        _ label: String, _ body: @escaping @Sendable () -> Value
    ) async -> Value {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: label).async { continuation.resume(returning: body()) }
        }
    }
}
