import CPostgreSQL

/// The rows of a result that is being read, one after the other.
struct PostgresStream {
    private let wasKnown: Bool
    private var rows: PostgresRows
    private var isOver = false
    private var failed: StorageError?
    /// How many rows the statement inserted, changed or deleted, once it is over.
    private(set) var affected = 0

    /// - Parameters:
    ///   - limit: The most bytes of a row.
    ///   - wasKnown: Whether the statement was prepared earlier.
    init(store: String, limit: Int, wasKnown: Bool) {
        self.wasKnown = wasKnown
        self.rows = PostgresRows(store: store, limit: limit)
    }

    /// The next row; nil after the last one.
    ///
    /// - Parameter isRead: Whether it is wanted. What nobody wants is passed over to the end of the result: cancelling
    ///   the rest would end the transaction.
    mutating func next(_ connection: PostgresConnection, isRead: Bool) throws(StorageError) -> SQLRow? {
        while !isOver, let result = try connection.nextResult(after: failed) {
            if let error = connection.error(of: result) {
                failed = failed ?? error
                // The schema has changed under a plan, or somebody has discarded the session's statements.
                if wasKnown, error.code == "0A000" || error.code == "26000" { connection.hasStaleStatement = true }
                if connection.isPoisoned { break }
            } else if result.status == PGRES_SINGLE_TUPLE {
                guard isRead, failed == nil else { continue }
                do throws(StorageError) {
                    return try rows.read(result)
                } catch {
                    failed = error
                }
            } else {
                affected = result.affectedRows
            }
        }
        isOver = true
        if let failed { throw failed }
        return nil
    }
}
