import SageStorage

/// One search in one transaction.
struct MemorySearch {
    let session: any SQLSession
    let plan: SearchPlan

    /// Runs the parts and joins what they found.
    ///
    /// - Throws: `StorageError`; ``PartFailure`` for a part that the search can do without.
    func run() throws -> SearchResult {
        var degraded: [Degradation] = []
        var words: [RankedMemory]?
        if let terms = plan.terms {
            words = try part(.text) { () throws(StorageError) in try TextSearch(session: session, plan: plan).run(terms)
            }
            if try MemoryTables(session).setting(MemoryTables.rebuildSetting) != nil {
                degraded.append(Degradation(.text, why: "the text index is being rebuilt; some memories are missing"))
            }
        }
        var neighbours: [RankedMemory]?
        if let query = plan.vector {
            neighbours = try part(.vectors) { () throws(StorageError) in
                switch session.dialect {
                case .sqlite: try SQLiteVectorSearch(session: session, plan: plan, query: query).run()
                case .postgres: try PostgresVectorSearch(session: session, plan: plan, query: query).run()
                }
            }
            if let gap = try gap(query) { degraded.append(gap) }
        }
        return SearchResult(results: try matches(words, neighbours), degraded: degraded)
    }

    private func part(
        _ part: Degradation.Part, _ body: () throws(StorageError) -> [RankedMemory]
    ) throws -> [RankedMemory] {
        do throws(StorageError) {
            return try body()
        } catch {
            guard error.problem.isLackOfIndex else { throw error }
            throw PartFailure(part: part, error: error)
        }
    }

    /// How many memories of the namespace have no vector that could be compared.
    private func gap(_ query: VectorQuery) throws(StorageError) -> Degradation? {
        let space: [SQLValue] = [.text(plan.namespace), .integer(query.embedder.id)]
        // Two ranges of an index: nothing is counted unless there is a gap.
        var isComplete = true
        for comparison in ["<", ">"] {
            let other = try session.fetchValue(
                "SELECT 1 FROM sage_memories WHERE namespace = $1 AND embedder_id \(comparison) $2 LIMIT 1", space)
            if !other.isNull { isComplete = false }
        }
        guard !isComplete else { return nil }
        let row = try session.fetchRow(
            """
            SELECT count(*), count(CASE WHEN embedder_id <> $2 THEN 1 END) FROM sage_memories WHERE namespace = $1
            """, space)
        guard let all = row?[0].integer, let missing = row?[1].integer, missing > 0 else { return nil }
        return Degradation(
            .vectors,
            why: "\(missing) of \(all) memories have no vector of \(query.name) yet; only their words find them")
    }

    private func matches(_ words: [RankedMemory]?, _ neighbours: [RankedMemory]?) throws -> [SearchResult.Match] {
        var ranking: [(id: Int64, score: Double)]
        switch (words, neighbours) {
        case (let words?, let neighbours?):
            ranking = ReciprocalRankFusion.fuse([neighbours.map(\.id), words.map(\.id)])
        case (let single?, nil), (nil, let single?):
            ranking = single.map { ($0.id, $0.score) }
        case (nil, nil):
            ranking = []
        }
        let similarities = Dictionary((neighbours ?? []).map { ($0.id, $0.score) }) { first, _ in first }
        let best = ranking.prefix(plan.limit)
        let rows = try MemoryTables(session).rows(best.map(\.id))
        return best.compactMap { entry in
            rows[entry.id].map { row in
                SearchResult.Match(
                    id: row.key, text: row.text, score: entry.score, similarity: similarities[entry.id],
                    metadata: JSONText.decodeMetadata(row.metadata), namespace: row.namespace,
                    createdAt: row.createdAt)
            }
        }
    }
}
