import SageStorage

/// The search by words.
struct TextSearch {
    let session: any SQLSession
    let plan: SearchPlan

    /// The memories that have any of the terms, the best first.
    func run(_ terms: [String]) throws(StorageError) -> [RankedMemory] {
        guard !terms.isEmpty else { return [] }
        let filter = plan.filter.map { " AND \($0.condition(session.dialect, first: 4))" } ?? ""
        let sql =
            switch session.dialect {
            case .sqlite:
                // The rank of FTS5 is negative, the best the least.
                """
                SELECT m.id, -bm25(sage_memory_text) AS score
                FROM sage_memory_text JOIN sage_memories m ON m.id = sage_memory_text.rowid
                WHERE sage_memory_text MATCH $1 AND m.namespace = $2\(filter) ORDER BY score DESC, m.id LIMIT $3
                """
            case .postgres:
                """
                SELECT m.id, ts_rank_cd(t.terms, $1::text::tsquery, 1)::float8 AS score
                FROM sage_memory_text t JOIN sage_memories m ON m.id = t.memory_id
                WHERE t.terms @@ $1::text::tsquery AND m.namespace = $2\(filter) ORDER BY score DESC, m.id LIMIT $3
                """
            }
        let query = session.dialect == .sqlite ? SearchTerms.fts5(terms) : SearchTerms.tsquery(terms)
        return try session.fetch(
            sql,
            [.text(query), .text(plan.namespace), .integer(Int64(plan.depth))] + (plan.filter?.parameters ?? [])
        ).compactMap { row in
            guard let id = row[0].integer, let score = row[1].real else { return nil }
            return RankedMemory(id: id, score: score)
        }
    }
}
