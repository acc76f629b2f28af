import GRDB
import GRDBSQLite
import SageResilience

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// SQLite's own interface to one connection, on the thread that the connection belongs to.
struct SQLiteConnection {
    let handle: OpaquePointer
    let store: String

    /// Opens one more connection to a file that exists, for the caller to close.
    static func open(_ file: SQLiteFile) throws(StorageError) -> SQLiteConnection {
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(file.path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil)
        guard let handle else {
            throw StorageError(.other, store: file.store, "no memory for a connection", isNotDone: true)
        }
        let connection = SQLiteConnection(handle: handle, store: file.store)
        sqlite3_extended_result_codes(handle, 1)
        guard code == SQLITE_OK else {
            defer { sqlite3_close_v2(handle) }
            var error = connection.error()
            error.isNotDone = true
            throw error
        }
        return connection
    }

    /// Whether a transaction is open; SQLite ends one by itself after some errors.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Runs statements whose rows nobody wants.
    func run(_ sql: String) throws(StorageError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error() }
    }

    /// The first value of a pragma or a query without parameters.
    func text(_ sql: String) throws(StorageError) -> String? {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK else { throw error() }
        defer { sqlite3_finalize(statement) }
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return sqlite3_column_text(statement, 0).map { String(cString: $0) }
        case SQLITE_DONE: return nil
        default: throw error()
        }
    }

    /// Writes the log into the file and empties it, without waiting for anybody; what a reader pins stays.
    func emptyLog() {
        sqlite3_busy_handler(handle, nil, nil)
        sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
    }

    /// The error of the last call.
    func error() -> StorageError {
        StorageError.sqlite(
            sqlite3_extended_errcode(handle), String(cString: sqlite3_errmsg(handle)), store: store,
            systemError: sqlite3_system_errno(handle))
    }

    /// Lets an interruption act on what runs within the closure, and on waits for locks.
    ///
    /// - Parameters:
    ///   - interruption: Says when to stop.
    ///   - busy: The longest wait for a lock of another process.
    func interruptible<Result>(
        by interruption: SQLiteInterruption, busy: Deadline, _ body: () -> Result
    ) -> Result {
        let waiting = SQLiteBusyWait(interruption: interruption, deadline: busy)
        return withExtendedLifetime((interruption, waiting)) {
            // A thousand instructions take some 20 µs, reading a clock 50 ns.
            sqlite3_progress_handler(
                handle, 1_000,
                { context in
                    guard let context else { return 0 }
                    return Unmanaged<SQLiteInterruption>.fromOpaque(context).takeUnretainedValue().reason == nil ? 0 : 1
                }, Unmanaged.passUnretained(interruption).toOpaque())
            sqlite3_busy_handler(
                handle,
                { context, tries in
                    guard let context else { return 0 }
                    return Unmanaged<SQLiteBusyWait>.fromOpaque(context).takeUnretainedValue().wait(tries) ? 1 : 0
                }, Unmanaged.passUnretained(waiting).toOpaque())
            defer {
                sqlite3_progress_handler(handle, 0, nil, nil)
                sqlite3_busy_handler(handle, nil, nil)
            }
            return body()
        }
    }
}

/// A wait for a lock that another connection holds.
private final class SQLiteBusyWait {
    let interruption: SQLiteInterruption
    let deadline: Deadline

    init(interruption: SQLiteInterruption, deadline: Deadline) {
        self.interruption = interruption
        self.deadline = deadline
    }

    /// Sleeps for some milliseconds; false when nobody wants to wait any longer.
    func wait(_ tries: Int32) -> Bool {
        guard interruption.reason == nil, deadline.remainingNanoseconds > 0 else { return false }
        // 1, 2, 3 ... 20 ms: most transactions take less than one, and a lock held for long costs 50 looks a second.
        usleep(UInt32(min(tries + 1, 20)) * 1_000)
        return true
    }
}
