/// A connection to a database inside of a transaction, on the thread that belongs to the connection.
///
/// Its methods block that thread and nothing else, so a transaction is ordinary code without suspensions: nobody can
/// hold a lock of the database while waiting for something that is not the database.
///
/// Parameters are written `$1`, `$2`, ... in both dialects. Statements are prepared once a connection and kept, so their
/// text has to be constant; values go in as parameters, never into the text.
///
/// Valid within the closure that it was handed to, on its thread only.
public protocol SQLSession {
    /// The language of the database.
    var dialect: SQLDialect { get }

    /// Runs a statement.
    ///
    /// - Parameters:
    ///   - sql: One statement.
    ///   - parameters: The values of `$1`, `$2`, ...
    /// - Returns: How many rows it inserted, changed or deleted.
    /// - Throws: ``StorageError``.
    @discardableResult
    func execute(_ sql: String, _ parameters: [SQLValue]) throws(StorageError) -> Int

    /// Runs a query and hands over one row after the other, so that memory stays flat.
    ///
    /// - Parameters:
    ///   - sql: One query.
    ///   - parameters: The values of `$1`, `$2`, ...
    ///   - body: Called for each row; returns false to stop.
    /// - Throws: ``StorageError``.
    func forEachRow(
        _ sql: String, _ parameters: [SQLValue], _ body: (SQLRow) throws(StorageError) -> Bool
    ) throws(StorageError)

    /// Runs several statements without parameters, separated by semicolons; for schemas.
    ///
    /// - Throws: ``StorageError``.
    func executeScript(_ sql: String) throws(StorageError)
}

extension SQLSession {
    /// Runs a statement without parameters.
    @discardableResult
    public func execute(_ sql: String) throws(StorageError) -> Int { try execute(sql, []) }

    /// All rows of a query, at once in memory: for queries that bound how many there are.
    public func fetch(_ sql: String, _ parameters: [SQLValue] = []) throws(StorageError) -> [SQLRow] {
        var rows: [SQLRow] = []
        try forEachRow(sql, parameters) { row throws(StorageError) in
            rows.append(row)
            return true
        }
        return rows
    }

    /// The first row of a query; nil when there is none.
    ///
    /// PostgreSQL sends the others all the same: write `LIMIT 1` where there may be many.
    public func fetchRow(_ sql: String, _ parameters: [SQLValue] = []) throws(StorageError) -> SQLRow? {
        var first: SQLRow?
        try forEachRow(sql, parameters) { row throws(StorageError) in
            first = row
            return false
        }
        return first
    }

    /// The first value of the first row of a query; null when there is no row.
    public func fetchValue(_ sql: String, _ parameters: [SQLValue] = []) throws(StorageError) -> SQLValue {
        try fetchRow(sql, parameters)?[0] ?? .null
    }
}
