import SageStorage

/// The search by vectors in PostgreSQL, with pgvector's HNSW index where the dimension allows one.
struct PostgresVectorSearch {
    let session: any SQLSession
    let plan: SearchPlan
    let query: VectorQuery

    /// The nearest memories, the best first.
    func run() throws(StorageError) -> [RankedMemory] {
        try set("hnsw.ef_search", "\(min(1_000, max(plan.hnswSearch, plan.depth)))")
        if plan.scansIteratively { try set("hnsw.iterative_scan", "strict_order") }
        let found = try nearest()
        // The index gave less than was asked for: the filter or the namespace let too few pass, or there are no more.
        guard found.count < plan.depth else { return found }
        try set("enable_indexscan", "off")
        return try nearest()
    }

    private func set(_ name: String, _ value: String) throws(StorageError) {
        _ = try session.fetch("SELECT set_config($1, $2, true)", [.text(name), .text(value)])
    }

    private func nearest() throws(StorageError) -> [RankedMemory] {
        let dimension = query.embedder.dimension
        let exact = "(v.vector::vector(\(dimension)) <=> $1::text::vector(\(dimension)))"
        let type = PostgresVectorType(dimension: dimension)?.name ?? "vector"
        let indexed = "v.vector::\(type)(\(dimension)) <=> $1::text::\(type)(\(dimension))"
        let (join, filter) =
            plan.filter.map {
                (" JOIN sage_memories m ON m.id = v.memory_id", " AND \($0.condition(.postgres, first: 4))")
            } ?? ("", "")
        // Half precision only chooses: more of them, which are then compared in single precision.
        let limit = type == "halfvec" ? plan.depth * 4 : plan.depth
        return try session.fetch(
            """
            SELECT memory_id, 1 - distance FROM (
                SELECT v.memory_id, \(exact) AS distance FROM sage_memory_vectors v\(join)
                WHERE v.embedder_id = \(query.embedder.id) AND v.namespace = $2\(filter)
                ORDER BY \(indexed) LIMIT $3) nearest
            ORDER BY distance, memory_id
            """,
            [.text(query.vector.text), .text(plan.namespace), .integer(Int64(limit))]
                + (plan.filter?.parameters ?? [])
        ).prefix(plan.depth).compactMap { row in
            guard let id = row[0].integer, let score = row[1].real else { return nil }
            return RankedMemory(id: id, score: score)
        }
    }
}
