import GRDBSQLite

/// A prepared statement that nobody uses at the moment, or that the session which took it uses.
///
/// Its address is a number so that a cache may keep it; it is used on the connection's thread only.
struct SQLiteStatement: Sendable {
    let sql: String
    private let address: UInt
    /// For each of SQLite's parameters the number `n` of `$n`.
    let parameters: [Int]
    /// Whether it changes nothing in the database.
    let isReadOnly: Bool
    private var columnNames: [String]?
    private var preparations: Int32 = 0

    init(sql: String, handle: OpaquePointer, parameters: [Int]) {
        self.sql = sql
        self.address = UInt(bitPattern: handle)
        self.parameters = parameters
        self.isReadOnly = sqlite3_stmt_readonly(handle) != 0
    }

    /// Never nil: it is made from a pointer.
    var handle: OpaquePointer? { OpaquePointer(bitPattern: address) }

    func finalize() { sqlite3_finalize(handle) }

    /// The columns' names, which change when SQLite prepares the statement anew after a change of the schema.
    mutating func columns() -> [String] {
        let now = sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_REPREPARE, 0)
        if let columnNames, now == preparations { return columnNames }
        let names = (0..<sqlite3_column_count(handle)).map { index in
            sqlite3_column_name(handle, index).map { String(cString: $0) } ?? ""
        }
        preparations = now
        columnNames = names
        return names
    }
}
