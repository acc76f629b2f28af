import SageStorage

/// The exact search by vectors in SQLite.
struct SQLiteVectorSearch {
    let session: any SQLSession
    let plan: SearchPlan
    let query: VectorQuery

    private var space: [SQLValue] { [.integer(query.embedder.id), .text(plan.namespace)] }

    /// The nearest memories, the best first.
    func run() throws(StorageError) -> [RankedMemory] {
        let included = try includedVectors()
        if let included, included.count <= 512 {
            return try rescore(included.map { VectorTable.Candidate(id: $0, upperBound: .infinity) }).best
        }
        let space = VectorCache.Space(embedder: query.embedder, namespace: plan.namespace)
        guard let table = try plan.cache.table(space, session) else { return try scanDisk() }
        var absent: Set<Int64> = []
        // A vector that the transaction does not see, because it is older than the table, stood in the way of others.
        for _ in 0..<3 {
            var isIncluded: (@Sendable (Int64) -> Bool)?
            if included != nil || !absent.isEmpty {
                isIncluded = { [absent] id in included?.contains(id) != false && !absent.contains(id) }
            }
            let candidates = table.candidates(for: query.vector, limit: plan.depth, where: isIncluded)
            let (best, missing) = try rescore(candidates)
            if missing.isEmpty { return best }
            absent.formUnion(missing)
        }
        return try scanDisk()
    }

    /// The vectors that a filter lets pass; nil without one.
    private func includedVectors() throws(StorageError) -> Set<Int64>? {
        guard let filter = plan.filter else { return nil }
        var included: Set<Int64> = []
        try session.forEachRow(
            """
            SELECT v.id FROM sage_memory_vectors v JOIN sage_memories m ON m.id = v.memory_id
            WHERE v.embedder_id = $1 AND v.namespace = $2 AND \(filter.condition(.sqlite, first: 3))
            """, space + filter.parameters
        ) { row throws(StorageError) in
            if let id = row[0].integer { included.insert(id) }
            return true
        }
        return included
    }

    /// Compares candidates in full precision, until no other one can be among the best.
    private func rescore(
        _ candidates: [VectorTable.Candidate]
    ) throws(StorageError) -> (best: [RankedMemory], missing: Set<Int64>) {
        var best = TopList(plan.depth)
        var missing: Set<Int64> = []
        var rest = candidates[...]
        while let next = rest.first, next.upperBound >= best.threshold ?? -.infinity {
            let batch = rest.prefix(64)
            rest = rest.dropFirst(64)
            missing.formUnion(batch.map(\.id))
            try session.forEachRow(
                """
                SELECT id, memory_id, vector FROM sage_memory_vectors
                WHERE id IN \(MemoryTables(session).numbers(in: "$1"))
                """, [MemoryTables.list(batch.map(\.id))]
            ) { row throws(StorageError) in
                guard let id = row[0].integer, let memory = row[1].integer, let vector = row[2].blob else {
                    return true
                }
                missing.remove(id)
                if let score = query.vector.product(withBytes: vector) { best.insert(memory, score) }
                return true
            }
        }
        return (best.sorted.map { RankedMemory(id: $0.id, score: $0.score) }, missing)
    }

    /// Compares all vectors one after the other, with memory for one at a time.
    private func scanDisk() throws(StorageError) -> [RankedMemory] {
        var best = TopList(plan.depth)
        let filter = plan.filter.map { " AND \($0.condition(.sqlite, first: 3))" } ?? ""
        try session.forEachRow(
            """
            SELECT v.memory_id, v.vector FROM sage_memory_vectors v JOIN sage_memories m ON m.id = v.memory_id
            WHERE v.embedder_id = $1 AND v.namespace = $2\(filter)
            """, space + (plan.filter?.parameters ?? [])
        ) { row throws(StorageError) in
            guard let memory = row[0].integer, let vector = row[1].blob else { return true }
            if let score = query.vector.product(withBytes: vector) { best.insert(memory, score) }
            return true
        }
        return best.sorted.map { RankedMemory(id: $0.id, score: $0.score) }
    }
}
