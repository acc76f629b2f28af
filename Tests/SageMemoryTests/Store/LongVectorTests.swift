import SageMemory
import SageStorage
import StorageTestSupport
import Testing

/// Vectors that are too long for pgvector's usual index.
@Suite(.enabled(if: PostgresEnvironment.isThere), .serialized, .timeLimit(.minutes(2)))
struct LongVectorTests {
    private static func cosine(_ one: [Float], _ other: [Float]) -> Double {
        func dot(_ a: [Float], _ b: [Float]) -> Double {
            zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        return dot(one, other) / (dot(one, one) * dot(other, other)).squareRoot()
    }

    @Test(
        arguments: [
            (2_000, "vector(2000)) vector_cosine_ops"), (2_001, "halfvec(2001)) halfvec_cosine_ops"),
            (4_000, "halfvec(4000)) halfvec_cosine_ops"), (4_001, nil),
        ] as [(Int, String?)])
    func areFoundByTheIndexThatTakesThemOrByNone(width: Int, index: String?) async throws {
        try await PostgresEnvironment.withDatabases(2) { databases in
            try await databases[0].administer("CREATE EXTENSION vector")
            // For so few rows the planner would not take an index by itself.
            let name = databases[0].configuration.database
            try await databases[0].administer("ALTER DATABASE \(name) SET enable_seqscan = off")
            let embedder = ScriptedEmbedder(width: width)
            let store = try MemoryStore(databases[1], embedder: embedder)
            let texts = (0..<60).map { "text \($0)" }
            try await store.saveBatch(texts.map { NewMemory($0) })
            let definition = try await databases[0].fetchValue(
                "SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'sage_memory_vectors_hnsw_%'"
            ).text
            if let index {
                #expect(definition?.contains(index) == true, "\(definition ?? "none")")
            } else {
                #expect(definition == nil)
            }

            let query = embedder.vector("query")
            let expected = texts.map { ($0, Self.cosine(query, embedder.vector($0))) }.sorted { $0.1 > $1.1 }
            let found = try await store.search(vector: query, k: 5)
            #expect(found.degraded.isEmpty)
            #expect(found.results.map(\.text) == expected.prefix(5).map(\.0))
            for (match, (_, score)) in zip(found.results, expected) { #expect(abs(match.score - score) < 1e-5) }
        }
    }
}
