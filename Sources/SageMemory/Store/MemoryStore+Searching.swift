import SageResilience
import SageStorage

extension MemoryStore {
    /// Finds memories for a query.
    ///
    /// A hybrid search joins the ranking by vectors and the ranking by words with reciprocal rank fusion
    /// (``fusionConstant``); equal scores stand in the order of saving. By words, a memory is found when it has any of
    /// the query's words; signs and operators mean nothing. When a part is not to be had, the other one answers alone and
    /// ``SearchResult/degraded`` says so.
    ///
    /// - Parameters:
    ///   - query: What to look for; without anything but white space it finds nothing.
    ///   - k: How many results at most, 1 to 1,000. Defaults to 10.
    ///   - mode: How to look. Defaults to hybrid.
    ///   - namespace: The space that is searched. Defaults to `default`.
    ///   - filter: Which memories count. Defaults to all.
    /// - Throws: ``MemoryError`` for a value that is not allowed; `StorageError` or a rejection of the database's policies
    ///   when the database is away; `CancellationError`.
    public func search(
        _ query: String, k: Int = 10, mode: SearchMode = .hybrid, namespace: String = MemoryStore.defaultNamespace,
        filter: MemoryFilter? = nil
    ) async throws -> SearchResult {
        try check(k: k)
        try check(query: query)
        var plan = try await plan(k: k, namespace: namespace, filter: filter)
        let text = query.withoutNUL
        guard text.hasContent else { return SearchResult(results: []) }
        var degraded: [Degradation] = []
        if mode != .text {
            do {
                plan.vector = try await embed(query: text, namespace: namespace)
            } catch let problem as VectorsMissing {
                degraded.append(Degradation(.vectors, why: problem.why))
            }
        }
        if mode != .vector || plan.vector == nil { plan.terms = SearchTerms.query(text) }
        return try await run(plan, degraded: degraded)
    }

    /// Finds memories by words alone, without asking the embedder.
    ///
    /// - Parameters:
    ///   - query: The words; without anything but white space it finds nothing.
    ///   - k: How many results at most, 1 to 1,000. Defaults to 10.
    ///   - namespace: The space that is searched. Defaults to `default`.
    ///   - filter: Which memories count. Defaults to all.
    /// - Throws: As ``search(_:k:mode:namespace:filter:)``.
    public func searchByText(
        _ query: String, k: Int = 10, namespace: String = MemoryStore.defaultNamespace, filter: MemoryFilter? = nil
    ) async throws -> SearchResult {
        try await search(query, k: k, mode: .text, namespace: namespace, filter: filter)
    }

    /// Finds the memories whose vectors of the present embedder are nearest to a vector.
    ///
    /// - Parameters:
    ///   - vector: As many finite numbers as the present embedder's vectors have, not all zero. Its length does not
    ///     matter.
    ///   - k: How many results at most, 1 to 1,000. Defaults to 10.
    ///   - namespace: The space that is searched. Defaults to `default`.
    ///   - filter: Which memories count. Defaults to all.
    /// - Throws: As ``search(_:k:mode:namespace:filter:)``.
    public func search(
        vector: [Float], k: Int = 10, namespace: String = MemoryStore.defaultNamespace, filter: MemoryFilter? = nil
    ) async throws -> SearchResult {
        try check(k: k)
        guard let unit = UnitVector(vector) else {
            let value = vector.isEmpty ? "empty" : vector.allSatisfy { $0 == 0 } ? "all zeros" : "NaN or infinite"
            throw MemoryError.invalid(field: "vector", value: value, allowed: "finite numbers, not all zero")
        }
        var plan = try await plan(k: k, namespace: namespace, filter: filter)
        if let problem = try await readied().vectorProblem {
            return SearchResult(results: [], degraded: [Degradation(.vectors, why: problem.description)])
        }
        let stored = try await stored(current)
        if let dimension = stored?.dimension ?? current.dimension, dimension != vector.count {
            throw MemoryError.invalid(
                field: "vector", value: "\(vector.count) numbers",
                allowed: "\(dimension) numbers, as \(current.name) makes")
        }
        guard let stored else { return SearchResult(results: []) }
        plan.vector = VectorQuery(embedder: stored, name: current.name, vector: unit)
        return try await run(plan, degraded: [])
    }

    private func plan(k: Int, namespace: String, filter: MemoryFilter?) async throws -> SearchPlan {
        try check(namespace: namespace)
        try check(filter)
        return SearchPlan(
            namespace: namespace, limit: k, filter: try filter.map(FilterTerms.init),
            hnswSearch: configuration.hnswSearch, scansIteratively: try await readied().scansIteratively,
            cache: vectors)
    }

    /// Why a search has to do without vectors.
    private struct VectorsMissing: Error {
        var why: String
    }

    private func embed(query: String, namespace: String) async throws -> VectorQuery {
        if let problem = try await readied().vectorProblem { throw VectorsMissing(why: problem.description) }
        let embedder = try await searched(namespace)
        do {
            guard let vector = try await embedder.embed([query]).first, let stored = try await stored(embedder) else {
                throw VectorsMissing(why: "no memory has a vector of \(embedder.name) yet")
            }
            return VectorQuery(embedder: stored, name: embedder.name, vector: vector)
        } catch let error as VectorsMissing {
            throw error
        } catch let error as StorageError {
            throw error
        } catch {
            try Task.checkCancellation()
            throw VectorsMissing(why: GuardedEmbedder.describe(error))
        }
    }

    /// The embedder whose vectors cover most of a namespace; the present one if it covers as many.
    private func searched(_ namespace: String) async throws -> GuardedEmbedder {
        guard !retiring.isEmpty else { return current }
        let counts = try await database.read { session in
            try session.fetch(
                """
                SELECT e.name, count(*) FROM sage_memories m JOIN sage_memory_embedders e ON e.id = m.embedder_id
                WHERE m.namespace = $1 GROUP BY e.name
                """, [.text(namespace)])
        }
        var covered: [String: Int64] = [:]
        for row in counts { covered[row[0].text ?? ""] = row[1].integer }
        var best = current
        for embedder in retiring where covered[embedder.name] ?? 0 > covered[best.name] ?? 0 {
            // One that is down is no better than one that covers less.
            if embedder.breaker.state == .closed { best = embedder }
        }
        return best
    }

    /// Runs a search, and again without a part that fails for itself.
    private func run(_ initial: SearchPlan, degraded initially: [Degradation]) async throws -> SearchResult {
        var plan = initial
        var degraded = initially
        while plan.terms != nil || plan.vector != nil {
            do {
                let found = try await database.read { [plan] session in
                    try MemorySearch(session: session, plan: plan).run()
                }
                return SearchResult(results: found.results, degraded: degraded + found.degraded)
            } catch let failure as PartFailure {
                degraded.append(Degradation(failure.part, why: failure.error.description))
                switch failure.part {
                case .vectors: plan.vector = nil
                default: plan.terms = nil
                }
            }
        }
        return SearchResult(results: [], degraded: degraded)
    }
}
