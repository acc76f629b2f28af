import SageMemory
import SageResilience
import SageStorage
import SageTesting
import Testing

/// Whatever the embedder does, nothing is lost and every gap is told.
@Suite(.serialized)
struct DegradedTests {
    @Test(arguments: [
        ScriptedEmbedder.Behaviour.fails(ScriptedEmbedder.Down()), .fails(CancellationError()), .returns([]),
        .returns([[1, 2]]), .returns([[.nan, 0, 0, 0, 0, 0, 0, 1]]), .returns([[0, 0, 0, 0, 0, 0, 0, 0]]),
        .refuses("apples"),
    ])
    func savesAndSearchesWithoutTheEmbedder(_ behaviour: ScriptedEmbedder.Behaviour) async throws {
        for backend in MemoryBackend.available {
            try await backend.with { database in
                let embedder = ScriptedEmbedder()
                embedder.behaviour = behaviour
                let store = try MemoryStore(database, embedder: embedder, clock: TestClock())
                let saved = try await store.save("apples and pears")
                #expect(saved.isPending && !saved.isDuplicate)
                #expect(try await store.get(saved.id)?.isPending == true)
                let again = try await store.save("apples and pears")
                #expect(again == SavedMemory(id: saved.id, isDuplicate: true, isPending: true))
                for mode in SearchMode.allCases {
                    let found = try await store.search("apples", mode: mode)
                    #expect(found.results.map(\.id) == [saved.id])
                    #expect(found.degraded.map(\.what) == (mode == .text ? [] : [.vectors]))
                    #expect(!found.degraded.description.contains("sk-very-secret"))
                }
                #expect(try await store.counts().pending == 1)
            }
        }
    }

    @Test func anOpenBreakerIsNotAsked() async throws {
        try await MemoryBackend.sqlite.with { database in
            let embedder = ScriptedEmbedder()
            let clock = TestClock()
            let store = try MemoryStore(database, embedder: embedder, clock: clock, random: .constant(0.5))
            embedder.behaviour = .fails(ScriptedEmbedder.Down())
            for index in 0..<3 { try await store.save("text \(index)") }
            #expect(store.embedderBreaker.state == .open)
            #expect(embedder.calls.count == 3)
            #expect(try await store.save("one more").isPending)
            let found = try await store.search("text")
            #expect(embedder.calls.count == 3)
            #expect(found.results.count == 3)
            let why = try #require(found.degraded.first?.why)
            #expect(why.hasPrefix("memory.embedder: circuit breaker open, next probe in"))
            let progress = try await store.embedPending()
            #expect(progress.embedded == 0 && progress.remaining == 4)
            #expect(progress.problem?.hasPrefix("memory.embedder: circuit breaker open") == true)
        }
    }

    @Test func aSlowEmbedderHoldsNobodyUpForLong() async throws {
        try await MemoryBackend.sqlite.with { database in
            let embedder = ScriptedEmbedder()
            embedder.behaviour = .hangs
            let clock = TestClock()
            let store = try MemoryStore(database, embedder: embedder, clock: clock)
            try await store.prepare()
            async let saved = store.save("slow")
            await clock.waitForTimer(due: .seconds(10))
            clock.advance(by: .seconds(10))
            #expect(try await saved.isPending)
        }
    }

    @Test func aCallerWhoLeavesIsPromisedNothing() async throws {
        try await MemoryBackend.sqlite.with { database in
            let embedder = ScriptedEmbedder()
            embedder.behaviour = .hangs
            let clock = TestClock()
            let store = try MemoryStore(database, embedder: embedder, clock: clock)
            try await store.prepare()
            let task = Task { try await store.save("never mind") }
            await clock.waitForTimer(due: .seconds(10))
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await store.counts().memories == 0)
        }
    }

    @Test func aDamagedTextIndexIsToldAndMended() async throws {
        try await MemoryBackend.sqlite.with { database in
            let store = try MemoryStore(database)
            let first = try await store.save("apples and pears")
            try await database.write { try $0.executeScript("DROP TABLE sage_memory_text") }
            let second = try await store.save("apples again")
            for mode in [SearchMode.hybrid, .text] {
                let found = try await store.search("apples", mode: mode)
                #expect(found.degraded.map(\.what) == [.text])
                #expect(found.results.count == (mode == .text ? 0 : 2))
            }
            #expect(try await store.delete(first.id))
            try await store.reindex()
            let found = try await store.search("apples", mode: .text)
            #expect(found == SearchResult(results: found.results) && found.results.map(\.id) == [second.id])
        }
    }

    @Test func aLostTableOfVectorsLeavesWords() async throws {
        try await MemoryBackend.sqlite.with { database in
            let store = try MemoryStore(database)
            let saved = try await store.save("apples and pears")
            try await database.write { session in
                try session.executeScript("DROP TABLE sage_memory_vectors")
            }
            let found = try await store.search("apples")
            #expect(found.results.map(\.id) == [saved.id])
            #expect(found.degraded.map(\.what) == [.vectors])
        }
    }
}
