import SageMemory
import SageStorage
import StorageTestSupport
import Testing

/// PostgreSQL without pgvector, which this user may not install: words find everything, and vectors come when it is there.
@Suite(.enabled(if: PostgresEnvironment.isThere), .serialized, .timeLimit(.minutes(2)))
struct WithoutVectorsTests {
    private func run(_ body: (PostgresDatabase, MemoryStore) async throws -> Void) async throws {
        try await PostgresEnvironment.withDatabase { owner in
            try await PostgresEnvironment.asOrdinaryUser(of: owner) { database in
                let store = try MemoryStore(database, embedder: ScriptedEmbedder())
                try await store.prepare()
                try await body(owner, store)
            }
        }
    }

    @Test func theProblemHasItsRemedy() async throws {
        try await run { _, store in
            let problem = try #require(store.vectorProblem)
            #expect(problem.problem == .privilege)
            #expect(problem.remedy?.contains("CREATE EXTENSION vector") == true)
        }
    }

    @Test func wordsFindEverythingAndTheGapIsTold() async throws {
        try await run { _, store in
            let saved = try await store.save("apples and pears")
            #expect(saved.isPending)
            #expect(
                try await store.saveBatch([NewMemory("plums"), NewMemory("apples and pears")]).map(\.isDuplicate) == [
                    false, true,
                ])
            for mode in SearchMode.allCases {
                let found = try await store.search("apples", mode: mode)
                #expect(found.results.map(\.id) == [saved.id])
                #expect(found.degraded.map(\.what) == (mode == .text ? [] : [.vectors]))
            }
            let progress = try await store.embedPending()
            #expect(progress.embedded == 0)
            #expect(progress.remaining == 2)
            #expect(progress.problem?.contains("pgvector") == true || progress.problem?.contains("extension") == true)
            #expect(try await store.delete(saved.id))
            #expect(try await store.search("apples", mode: .text).results.isEmpty)
        }
    }

    @Test func vectorsComeOnceTheExtensionIsThere() async throws {
        try await run { owner, store in
            try await store.saveBatch((0..<5).map { NewMemory("text \($0)") })
            try await owner.administer("CREATE EXTENSION vector")
            let progress = try await store.embedPending()
            #expect(progress.embedded == 5)
            #expect(progress.remaining == 0)
            #expect(store.vectorProblem == nil)
            let found = try await store.search("text 3", k: 1, mode: .vector)
            #expect(found.results.map(\.text) == ["text 3"])
            #expect(found.degraded.isEmpty)
        }
    }
}
