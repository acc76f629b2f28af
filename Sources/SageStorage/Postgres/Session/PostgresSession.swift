/// What a transaction of PostgreSQL is handed.
final class PostgresSession: SQLSession {
    private let connection: PostgresConnection
    private var isOver = false

    init(_ connection: PostgresConnection) { self.connection = connection }

    /// Lets nobody use the connection beyond the transaction.
    func end() { isOver = true }

    var dialect: SQLDialect { .postgres }

    @discardableResult
    func execute(_ sql: String, _ parameters: [SQLValue]) throws(StorageError) -> Int {
        try check()
        return try connection.run(sql, parameters, wantsRows: false) { _ throws(StorageError) in false }
    }

    func forEachRow(
        _ sql: String, _ parameters: [SQLValue], _ body: (SQLRow) throws(StorageError) -> Bool
    ) throws(StorageError) {
        try check()
        _ = try connection.run(sql, parameters, wantsRows: true, body)
    }

    func executeScript(_ sql: String) throws(StorageError) {
        try check()
        try connection.runScript(sql)
    }

    private func check() throws(StorageError) {
        guard !isOver else {
            throw StorageError(.closed, store: connection.store, "the transaction of this session is over")
        }
    }
}
