import CPostgreSQL

/// Reads the rows of one result after the other, which all have the same columns.
struct PostgresRows {
    private let store: String
    private let limit: Int
    private var columns: [String] = []
    private var types: [PostgresType] = []

    init(store: String, limit: Int) {
        self.store = store
        self.limit = limit
    }

    /// The row of a result that holds one.
    mutating func read(_ result: borrowing PostgresResult) throws(StorageError) -> SQLRow {
        let pointer = result.pointer
        let count = PQnfields(pointer)
        if columns.count != Int(count) {
            columns = (0..<count).map { String(cString: PQfname(pointer, $0)) }
            types = (0..<count).map { PostgresType(PQftype(pointer, $0)) }
        }
        var values: [SQLValue] = []
        values.reserveCapacity(columns.count)
        var size = 0
        for column in 0..<count {
            guard PQgetisnull(pointer, 0, column) == 0 else {
                values.append(.null)
                continue
            }
            let length = Int(PQgetlength(pointer, 0, column))
            size += length
            guard size <= limit else {
                throw StorageError(
                    .value, store: store, "a row is longer than the \(limit) bytes that are allowed",
                    remedy: "Ask for less, or raise max_row_bytes in the URL", isNotDone: true)
            }
            let bytes = UnsafeRawBufferPointer(start: PQgetvalue(pointer, 0, column), count: length)
            guard let value = types[Int(column)].value(bytes, isBinary: PQfformat(pointer, column) == 1) else {
                throw StorageError(
                    .other, store: store, "the value of column \(columns[Int(column)]) is not what its type says",
                    isNotDone: true)
            }
            values.append(value)
        }
        return SQLRow(columns: columns, values: values)
    }
}
