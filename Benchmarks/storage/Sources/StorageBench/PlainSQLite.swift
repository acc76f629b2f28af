import CClients

/// SQLite by its own interface, with the settings that the stores have.
final class PlainSQLite {
    private var handle: OpaquePointer?

    init(_ path: String) throws {
        guard sqlite3_open(path, &handle) == SQLITE_OK else { throw Failure("\(path) cannot be opened") }
        try run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000")
    }

    deinit { sqlite3_close_v2(handle) }

    func run(_ sql: String) throws {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw error }
    }

    func prepare(_ sql: String) throws -> PlainStatement {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, let statement else { throw error }
        return PlainStatement(statement)
    }

    var error: Failure { Failure(String(cString: sqlite3_errmsg(handle))) }
}

/// A prepared statement.
final class PlainStatement {
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { sqlite3_finalize(handle) }

    func bind(_ index: Int32, _ value: Int64) { sqlite3_bind_int64(handle, index, value) }

    /// Binds bytes, which have to stay until the statement has run.
    func bind(_ index: Int32, _ bytes: UnsafeRawBufferPointer) {
        sqlite3_bind_blob(handle, index, bytes.baseAddress, Int32(bytes.count), nil)
    }

    /// Runs it to its end; counts its rows and the bytes of all their columns, which it looks at.
    @discardableResult
    func run() throws -> (rows: Int, bytes: Int) {
        defer { sqlite3_reset(handle) }
        var (rows, bytes) = (0, 0)
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW:
                rows += 1
                for column in 0..<sqlite3_column_count(handle) {
                    if sqlite3_column_blob(handle, column) != nil { bytes += Int(sqlite3_column_bytes(handle, column)) }
                }
            case SQLITE_DONE: return (rows, bytes)
            default: throw Failure("a statement failed: \(sqlite3_errcode(sqlite3_db_handle(handle)))")
            }
        }
    }
}
