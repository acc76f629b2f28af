/// One row of a result.
public struct SQLRow: Sendable, Hashable {
    /// The names of the columns, shared by all rows of a result.
    public let columns: [String]
    /// The values, in the order of the columns.
    public let values: [SQLValue]

    /// Creates a row.
    ///
    /// - Parameters:
    ///   - columns: The names of the columns.
    ///   - values: As many values.
    public init(columns: [String], values: [SQLValue]) {
        self.columns = columns
        self.values = values
    }

    /// The value of a column by its place; null beyond the last one.
    public subscript(index: Int) -> SQLValue { values.indices.contains(index) ? values[index] : .null }

    /// The value of the first column of this name; null if there is none.
    public subscript(column: String) -> SQLValue { columns.firstIndex(of: column).map { self[$0] } ?? .null }
}
