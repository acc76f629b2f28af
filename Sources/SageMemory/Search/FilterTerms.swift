import SageStorage

/// A filter as a condition of SQL whose text is always the same.
struct FilterTerms: Sendable {
    private let metadata: String
    private let createdFrom: Int64
    private let createdBefore: Int64

    init(_ filter: MemoryFilter) throws {
        metadata = try JSONText.encode(filter.metadata.cleaned)
        createdFrom = filter.createdFrom ?? .min
        createdBefore = filter.createdBefore ?? .max
    }

    /// The condition on the row `m` of `sage_memories`.
    ///
    /// - Parameters:
    ///   - dialect: The language of the database.
    ///   - first: The number of its first parameter.
    func condition(_ dialect: SQLDialect, first: Int) -> String {
        let metadata =
            switch dialect {
            case .sqlite:
                """
                NOT EXISTS (
                    SELECT 1 FROM json_each($\(first)) w WHERE NOT EXISTS (
                        SELECT 1 FROM json_each(m.metadata) h
                        WHERE h.key = w.key AND h.type = w.type AND h.value IS w.value))
                """
            case .postgres:
                """
                NOT EXISTS (
                    SELECT 1 FROM jsonb_each($\(first)::text::jsonb) w
                    WHERE m.metadata -> w.key IS DISTINCT FROM w.value)
                """
            }
        return "m.created_at >= $\(first + 1) AND m.created_at < $\(first + 2) AND \(metadata)"
    }

    /// The values of its parameters.
    var parameters: [SQLValue] { [.text(metadata), .integer(createdFrom), .integer(createdBefore)] }
}
