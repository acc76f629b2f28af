import GRDB
import GRDBSQLite
import SageResilience
import Synchronization

/// The open connections of a database: one that writes, some that read.
final class SQLiteStorage: Sendable {
    let database: any DatabaseWriter
    let queue: SQLiteWriteQueue
    private let pace = SQLiteWritePace()
    /// Nil for a database in memory.
    private let use: SQLiteFileUse?
    private let store: String
    private let configuration: SQLiteConfiguration
    private let clock: any Clock<Duration>
    private let caches: SQLiteStatementCaches
    /// The transactions since somebody looked at the size of the log.
    private let unwatched = Atomic(0)

    init(
        _ database: any DatabaseWriter, _ use: SQLiteFileUse?, store: String, _ configuration: SQLiteConfiguration,
        clock: any Clock<Duration>
    ) {
        self.database = database
        self.use = use
        self.store = store
        self.configuration = configuration
        self.clock = clock
        self.queue = SQLiteWriteQueue(capacity: configuration.maxQueued)
        self.caches = SQLiteStatementCaches(capacity: configuration.statementCacheSize)
    }

    /// Statements have to go before their connections.
    deinit { caches.end() }

    /// Closes the connections; nothing runs on them any more.
    func close() throws {
        caches.end()
        // GRDB closes the connections that read last, and they cannot merge the log into the file. One that can and is
        // closed after them leaves a single file, unless other processes have it open.
        let last = try? makeLastConnection()
        let outcome = Result { try database.close() }
        if let last { sqlite3_close_v2(last.handle) }
        try outcome.get()
        // Not after a failure: a connection that could not be closed needs its locks.
        use?.end()
    }

    private func makeLastConnection() throws(StorageError) -> SQLiteConnection? {
        guard case .file(let path) = configuration.location, !configuration.isReadOnly else { return nil }
        let connection = try SQLiteConnection.open(SQLiteFile(openable: path, store: store))
        // One that has never looked at the file would not merge its log.
        _ = try? connection.text("PRAGMA schema_version")
        return connection
    }

    // MARK: Reading

    /// Runs a job in a transaction that reads.
    func read(_ job: some SQLiteWork) {
        database.asyncRead { self.run(job, on: $0, .read) }
    }

    // MARK: Outside of transactions

    /// Runs a job on a connection that reads, outside of a transaction.
    func inspect(_ job: some SQLiteWork) {
        database.asyncUnsafeRead { self.run(job, on: $0, .write) }
    }

    /// Runs a job on the connection that writes, outside of a transaction.
    func maintain(_ job: some SQLiteWork) {
        database.asyncWriteWithoutTransaction { self.run(job, on: .success($0), .write) }
    }

    private func run(_ job: some SQLiteWork, on database: Result<Database, any Error>, _ access: SQLiteSession.Access) {
        guard job.begin() else { return }
        do {
            try use?.verify(store)
            try withConnection(database.get()) { connection, cache in
                let session = SQLiteSession(
                    connection, cache: cache, interruption: job.interruption, access: access,
                    maxValueBytes: configuration.maxValueBytes)
                connection.interruptible(by: job.interruption, busy: busyDeadline) { _ = job.perform(session) }
                // Nobody may find one that a statement has left.
                if access == .write, connection.isInTransaction { try connection.run("ROLLBACK") }
            }
            job.deliver()
        } catch {
            job.fail(StorageError.sqlite(error, store: store))
        }
    }

    // MARK: Writing

    func write(_ job: some SQLiteWork) {
        switch queue.append(job) {
        case .queued: break
        case .mustServe: serve()
        case .full:
            job.fail(BulkheadError(policyName: "\(store).writes", reason: .queueFull))
        }
    }

    private func serve() {
        database.asyncWriteWithoutTransaction { database in
            do {
                try self.withConnection(database) { connection, cache in
                    SQLiteWriter(
                        connection: connection, cache: cache, queue: self.queue, pace: self.pace, use: self.use,
                        maxValueBytes: self.configuration.maxValueBytes, busyTimeout: self.configuration.busyTimeout,
                        clock: self.clock
                    ).serve()
                    self.watchLog(connection)
                }
            } catch {
                while let job = self.queue.next() { job.fail(error) }
            }
            // One transaction a turn, so that other users of the connection get theirs.
            if self.queue.endServing() { self.serve() }
        }
    }

    /// Empties the log when readers have kept SQLite from doing so for so long that it has grown large.
    ///
    /// What a reader pins at this moment stays; reads have a time limit, so it comes free.
    private func watchLog(_ connection: SQLiteConnection) {
        guard unwatched.add(1, ordering: .relaxed).newValue % 64 == 0, logBytes > configuration.maxLogBytes else {
            return
        }
        connection.emptyLog()
    }

    /// The size of the write-ahead log.
    var logBytes: Int {
        use.map { SQLiteFile.size(of: $0.resolvedPath + "-wal") } ?? 0
    }

    private var busyDeadline: Deadline {
        .after(configuration.busyTimeout, clock: clock)
    }

    private func withConnection(
        _ database: Database, _ body: (SQLiteConnection, SQLiteStatementCache) throws -> Void
    ) throws {
        guard let handle = database.sqliteConnection else {
            throw StorageError(.closed, store: store, "the database was closed", isNotDone: true)
        }
        try body(SQLiteConnection(handle: handle, store: store), caches.cache(of: handle))
    }
}
