import SageMemory
import SageStorage
import SageTesting
import Testing

/// Searches give the same with vectors in memory, on disk, and while both change.
@Suite(.serialized)
struct VectorMemoryTests {
    @Test func theLimitOfMemoryChangesNoResult() async throws {
        try await MemoryBackend.sqlite.withMany(3) { databases in
            let embedder = ScriptedEmbedder(width: 24, maxBatchSize: 1_000)
            func store(_ index: Int, _ limit: Int) throws -> MemoryStore {
                var configuration = MemoryConfiguration()
                configuration.vectorMemory = limit
                return try MemoryStore(databases[index], embedder: embedder, configuration: configuration)
            }
            let inMemory = try store(0, 1 << 29)
            let onDisk = try store(1, 0)
            // Room for one of the two namespaces.
            let tight = try store(2, 30_000)
            for namespace in ["a", "b"] {
                try await inMemory.saveBatch((0..<500).map { NewMemory("text \($0)", namespace: namespace) })
            }
            for round in 0..<3 {
                for namespace in ["a", "b"] {
                    let query = embedder.vector("query \(round)")
                    let expected = try await onDisk.search(vector: query, k: 20, namespace: namespace)
                    #expect(expected.results.count == 20)
                    #expect(try await inMemory.search(vector: query, k: 20, namespace: namespace) == expected)
                    #expect(try await tight.search(vector: query, k: 20, namespace: namespace) == expected)
                }
            }
        }
    }

    @Test func followsWhatOthersChange() async throws {
        try await MemoryBackend.sqlite.withMany(3) { databases in
            let embedder = ScriptedEmbedder(width: 8, maxBatchSize: 1_000)
            let reader = try MemoryStore(databases[0], embedder: embedder)
            let writer = try MemoryStore(databases[1], embedder: embedder)
            var configuration = MemoryConfiguration()
            configuration.vectorMemory = 0
            let plain = try MemoryStore(databases[2], embedder: embedder, configuration: configuration)
            var generator = SeededGenerator(seed: 5)
            var ids: [String] = []
            for round in 0..<30 {
                let count = Int.random(in: 0..<20, using: &generator)
                ids += try await writer.saveBatch((0..<count).map { NewMemory("text \(round) \($0)") }).map(\.id)
                for _ in 0..<Int.random(in: 0..<10, using: &generator) where !ids.isEmpty {
                    let id = ids.remove(at: Int.random(in: 0..<ids.count, using: &generator))
                    #expect(try await writer.delete(id))
                }
                if round % 10 == 9 { try await writer.reindex(replacingVectors: true) }
                let query = embedder.vector("query \(round)")
                let filter = round % 3 == 0 ? MemoryFilter(createdFrom: 0) : nil
                #expect(
                    try await reader.search(vector: query, k: 5, filter: filter)
                        == plain.search(vector: query, k: 5, filter: filter))
            }
        }
    }

    @Test func readsAnewWhenItHasMissedTooMuch() async throws {
        try await MemoryBackend.sqlite.withMany(2) { databases in
            let embedder = ScriptedEmbedder(width: 4, maxBatchSize: 1_000)
            let reader = try MemoryStore(databases[0], embedder: embedder)
            let writer = try MemoryStore(databases[1], embedder: embedder)
            let ids = try await writer.saveBatch((0..<50).map { NewMemory("text \($0)") }).map(\.id)
            #expect(try await reader.search(vector: [1, 2, 3, 4], k: 100).results.count == 50)
            for id in ids.prefix(20) { try await writer.delete(id) }
            // As if ten thousand others had been deleted since.
            try await databases[1].execute("DELETE FROM sage_memory_gone WHERE id < 15")
            #expect(try await reader.search(vector: [1, 2, 3, 4], k: 100).results.count == 30)
        }
    }

    @Test func searchesWhileOthersWrite() async throws {
        try await MemoryBackend.sqlite.withMany(2) { databases in
            let embedder = ScriptedEmbedder(width: 8, maxBatchSize: 1_000)
            let reader = try MemoryStore(databases[0], embedder: embedder)
            let writer = try MemoryStore(databases[1], embedder: embedder)
            try await writer.saveBatch((0..<50).map { NewMemory("stays \($0)") })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for round in 0..<20 {
                        let ids = try await writer.saveBatch((0..<5).map { NewMemory("goes \(round) \($0)") })
                        for id in ids { try await writer.delete(id.id) }
                    }
                }
                for _ in 0..<3 {
                    group.addTask {
                        for round in 0..<20 {
                            let found = try await reader.search(vector: embedder.vector("\(round)"), k: 100)
                            #expect(found.results.filter { $0.text.hasPrefix("stays") }.count == 50)
                            #expect(found.degraded.isEmpty)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
