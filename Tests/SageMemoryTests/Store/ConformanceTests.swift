import SageMemory
import SageStorage
import Testing

/// What a store does on every database.
@Suite(.serialized)
struct ConformanceTests {
    @Test(arguments: MemoryBackend.available)
    func remembersAText(_ backend: MemoryBackend) async throws {
        try await backend.with { database in
            let time = WallTimer()
            let store = try MemoryStore(database, wallClock: time.now)
            let metadata: [String: MetadataValue] = [
                "who": "Ada", "n": 3, "x": 0.5, "ok": true, "none": nil, "list": [1, "two"], "deep": ["a": ["b": 1]],
            ]
            let saved = try await store.save("The key is under the mat", namespace: "home", metadata: metadata)
            #expect(!saved.isDuplicate && !saved.isPending)
            let memory = try #require(try await store.get(saved.id))
            #expect(
                memory
                    == Memory(
                        id: saved.id, text: "The key is under the mat", namespace: "home", metadata: metadata,
                        createdAt: time.now()))
            #expect(try await store.get("nobody") == nil)
        }
    }

    @Test(arguments: MemoryBackend.available)
    func savesTheSameTextOnce(_ backend: MemoryBackend) async throws {
        try await backend.with { database in
            let store = try MemoryStore(database)
            let first = try await store.save("once", metadata: ["n": 1])
            let second = try await store.save("once", metadata: ["n": 2])
            #expect(second == SavedMemory(id: first.id, isDuplicate: true))
            #expect(try await store.get(first.id)?.metadata == ["n": 1])
            // Another namespace, another letter: another memory.
            #expect(try await !store.save("once", namespace: "other").isDuplicate)
            #expect(try await !store.save("Once").isDuplicate)
            // NUL is left out before texts are compared.
            #expect(try await store.save("on\0ce").id == first.id)
            #expect(try await store.counts().memories == 3)
        }
    }

    @Test(arguments: MemoryBackend.available)
    func savesBatchesInOrderAndWhole(_ backend: MemoryBackend) async throws {
        try await backend.with { database in
            let store = try MemoryStore(database)
            let saved = try await store.saveBatch([NewMemory("a"), NewMemory("b"), NewMemory("a"), NewMemory("c")])
            #expect(saved.map(\.isDuplicate) == [false, false, true, false])
            #expect(saved[2].id == saved[0].id)
            #expect(try await store.saveBatch([]).isEmpty)
            await #expect(throws: MemoryError.self) {
                try await store.saveBatch([NewMemory("d"), NewMemory(" ")])
            }
            #expect(try await store.counts().memories == 3)
        }
    }

    @Test(arguments: MemoryBackend.available)
    func findsByWordsInAnyScript(_ backend: MemoryBackend) async throws {
        try await backend.with { database in
            let store = try MemoryStore(database)
            let texts = [
                "熔断器在失败五次后打开", "Der Schlüssel liegt unter der Fußmatte", "the breaker opens after five failures",
                "今天天气很好", "don't panic: 42",
            ]
            for text in texts { try await store.save(text) }
            func first(_ query: String) async throws -> String? {
                let found = try await store.searchByText(query)
                #expect(found.degraded.isEmpty)
                return found.results.first?.text
            }
            #expect(try await first("熔断") == texts[0])
            #expect(try await first("断") == texts[0])
            #expect(try await first("SCHLUSSEL") == texts[1])
            #expect(try await first("Fussmatte?") == texts[1])
            #expect(try await first("Breaker, FAILURES") == texts[2])
            #expect(try await first("天气") == texts[3])
            #expect(try await first("42") == texts[4])
            #expect(try await first("nowhere") == nil)
        }
    }

    @Test(
        arguments: MemoryBackend.available,
        [
            "\"", "'", "*", "a AND", "NOT", "NEAR(", "col:x", "^a", "a\" OR \"b", "(", ")", "{a}:b", "-a", "a:*", "\\",
            ";--",
            "' & | ! <->", "\0", "", "   ", "\u{301}", "🤖", "%_", "$1",
        ])
    func takesAnyQuery(_ backend: MemoryBackend, _ query: String) async throws {
        try await backend.with { database in
            let store = try MemoryStore(database)
            try await store.save("a and b; not near (col: x)")
            for mode in SearchMode.allCases {
                let found = try await store.search(query, mode: mode)
                #expect(found.degraded.isEmpty)
            }
        }
    }

    @Test(arguments: MemoryBackend.available)
    func findsNothingForNothing(_ backend: MemoryBackend) async throws {
        try await backend.with { database in
            let store = try MemoryStore(database)
            try await store.save("something")
            for mode in SearchMode.allCases {
                #expect(try await store.search(" \n\0", mode: mode) == SearchResult(results: []))
            }
        }
    }

    @Test(arguments: MemoryBackend.available)
    func findsTheNearestVectors(_ backend: MemoryBackend) async throws {
        try await backend.with { database in
            let embedder = ScriptedEmbedder(width: 16)
            let store = try MemoryStore(database, embedder: embedder)
            let texts = (0..<40).map { "text \($0)" }
            try await store.saveBatch(texts.map { NewMemory($0) })
            func cosine(_ one: [Float], _ other: [Float]) -> Double {
                func dot(_ a: [Float], _ b: [Float]) -> Double {
                    zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
                }
                return dot(one, other) / (dot(one, one) * dot(other, other)).squareRoot()
            }
            let query = embedder.vector("query")
            let expected = texts.map { ($0, cosine(query, embedder.vector($0))) }.sorted { $0.1 > $1.1 }
            let found = try await store.search(vector: query.map { $0 * 100 }, k: 7)
            #expect(found.degraded.isEmpty)
            #expect(found.results.map(\.text) == expected.prefix(7).map(\.0))
            for (match, (_, score)) in zip(found.results, expected) {
                #expect(abs(match.score - score) < 1e-5)
                #expect(match.similarity == match.score)
            }
            let byText = try await store.search("text 3", k: 1, mode: .vector)
            #expect(byText.results.first?.text == "text 3")
        }
    }

    @Test(arguments: MemoryBackend.available)
    func joinsBothRankings(_ backend: MemoryBackend) async throws {
        try await backend.with { database in
            let embedder = ScriptedEmbedder(width: 16)
            let store = try MemoryStore(database, embedder: embedder)
            for index in 0..<20 { try await store.save("filler \(index)") }
            try await store.save("zebra")
            // First by words and first by vectors: 2 / (60 + 1).
            let found = try await store.search("zebra", k: 3)
            #expect(found.results.first?.text == "zebra")
            #expect(abs((found.results.first?.score ?? 0) - 2.0 / 61) < 1e-12)
            #expect(found.results.count == 3)
            #expect(try await store.search("zebra", k: 3) == found)
        }
    }

    @Test(arguments: MemoryBackend.available)
    func keepsNamespacesApart(_ backend: MemoryBackend) async throws {
        try await backend.with { database in
            let store = try MemoryStore(database)
            for namespace in ["a", "b", "A", "a' OR '1'='1", "日本"] {
                try await store.save("shared words in \(namespace)", namespace: namespace)
            }
            for mode in SearchMode.allCases {
                let found = try await store.search("shared words", mode: mode, namespace: "a")
                #expect(found.results.map(\.namespace) == ["a"])
                #expect(try await store.search("shared", mode: mode, namespace: "none").results.isEmpty)
            }
            #expect(try await store.deleteNamespace("a") == 1)
            #expect(try await store.deleteNamespace("a") == 0)
            #expect(try await store.counts().memories == 4)
            #expect(try await store.search("shared words", namespace: "a").results.isEmpty)
        }
    }

    @Test(arguments: MemoryBackend.available)
    func forgetsWhatAFilterLetsPass(_ backend: MemoryBackend) async throws {
        try await backend.with { database in
            let store = try MemoryStore(database)
            for (namespace, session) in [("a", "s"), ("b", "s"), ("a", "t"), ("a/s", "s' OR '1'='1")] {
                try await store.save(
                    "said in \(session)", namespace: namespace,
                    metadata: ["session_id": .string(session), "role": "user"])
            }
            let filter = MemoryFilter(metadata: ["session_id": "s"])
            #expect(try await store.delete(matching: filter) { $0 == "a" } == 1)
            #expect(try await store.delete(matching: filter) { $0 == "a" } == 0)
            #expect(try await store.counts().memories == 3)
            #expect(try await store.search("said", mode: .text, namespace: "a").results.map(\.text) == ["said in t"])
            #expect(try await store.delete(matching: filter) == 1)
            #expect(try await store.search("said", mode: .text, namespace: "b").results.isEmpty)
        }
    }

    @Test(arguments: MemoryBackend.available)
    func forgets(_ backend: MemoryBackend) async throws {
        try await backend.with { database in
            let store = try MemoryStore(database)
            let saved = try await store.save("forget this")
            try await store.save("keep this")
            #expect(try await store.search("forget this").results.count == 2)
            #expect(try await store.delete(saved.id))
            #expect(try await !store.delete(saved.id))
            for id in ["", "\0", "' OR 1=1 --", String(repeating: "x", count: 100_000)] {
                #expect(try await !store.delete(id))
            }
            #expect(try await store.get(saved.id) == nil)
            for mode in SearchMode.allCases {
                #expect(try await store.search("forget this", mode: mode).results.map(\.text) == ["keep this"])
            }
            // Not a duplicate of what is gone.
            #expect(try await !store.save("forget this").isDuplicate)
        }
    }

    @Test(arguments: MemoryBackend.available)
    func filters(_ backend: MemoryBackend) async throws {
        try await backend.with { database in
            let time = WallTimer(1_000)
            let store = try MemoryStore(database, wallClock: time.now)
            let kinds: [MetadataValue] = ["red", 1, 1.5, true, nil, [1, 2], ["a": 1]]
            for (index, kind) in kinds.enumerated() {
                try await store.save("word \(index)", metadata: ["kind": kind, "it's \"odd\"": .integer(Int64(index))])
                time.advance(milliseconds: 100)
            }
            func found(_ filter: MemoryFilter, _ mode: SearchMode) async throws -> [String] {
                try await store.search("word", k: 20, mode: mode, filter: filter).results.map(\.text).sorted()
            }
            for mode in SearchMode.allCases {
                for (index, kind) in kinds.enumerated() {
                    #expect(try await found(MemoryFilter(metadata: ["kind": kind]), mode) == ["word \(index)"])
                }
                #expect(try await found(MemoryFilter(metadata: ["kind": "1"]), mode).isEmpty)
                #expect(try await found(MemoryFilter(metadata: ["kind": 1.0]), mode) == ["word 1"])
                #expect(try await found(MemoryFilter(metadata: ["it's \"odd\"": 2]), mode) == ["word 2"])
                #expect(try await found(MemoryFilter(metadata: ["missing": nil]), mode).isEmpty)
                #expect(
                    try await found(MemoryFilter(createdFrom: 1_100, createdBefore: 1_300), mode) == [
                        "word 1", "word 2",
                    ])
                #expect(try await found(MemoryFilter(), mode).count == kinds.count)
            }
        }
    }

    @Test(arguments: MemoryBackend.available)
    func takesAnyTextAndMetadata(_ backend: MemoryBackend) async throws {
        try await backend.with { database in
            let store = try MemoryStore(database)
            let text = "'; DROP TABLE sage_memories; -- \u{FFFD}\u{1F468}\u{200D}\u{1F469} \u{202E} \"\\"
            let saved = try await store.save(text + "\0", metadata: ["a\0b": "c\0d", "": "", "$.x[0]": "\u{1}"])
            let memory = try #require(try await store.get(saved.id))
            #expect(memory.text == text)
            #expect(memory.metadata == ["ab": "cd", "": "", "$.x[0]": "\u{1}"])
        }
    }

    @Test(arguments: MemoryBackend.available)
    func takesTextsOfTheGreatestLength(_ backend: MemoryBackend) async throws {
        try await backend.with { database in
            let store = try MemoryStore(database)
            // As many different words as fit.
            var text = ""
            var word = 0
            while text.utf8.count < (1 << 20) - 12 {
                text += "w\(word) 熔\(word) "
                word += 1
            }
            let saved = try await store.save(text)
            #expect(try await store.get(saved.id)?.text == text)
            #expect(try await store.searchByText("w17").results.map(\.id) == [saved.id])
        }
    }

    @Test(arguments: MemoryBackend.available)
    func twoStoresSeeEachOther(_ backend: MemoryBackend) async throws {
        try await backend.withMany(2) { databases in
            let one = try MemoryStore(databases[0])
            let other = try MemoryStore(databases[1])
            let first = try await one.save("apples and pears")
            for mode in SearchMode.allCases {
                #expect(try await other.search("apples", mode: mode).results.map(\.id) == [first.id])
            }
            #expect(try await other.save("apples and pears").isDuplicate)
            let second = try await other.save("apples again")
            for mode in SearchMode.allCases {
                #expect(Set(try await one.search("apples", mode: mode).results.map(\.id)) == [first.id, second.id])
            }
            try await one.delete(first.id)
            for mode in SearchMode.allCases {
                #expect(try await other.search("apples", mode: mode).results.map(\.id) == [second.id])
            }
            #expect(try await other.deleteNamespace("default") == 1)
            #expect(try await one.search("apples").results.isEmpty)
            #expect(try await one.get(second.id) == nil)
        }
    }

    @Test(arguments: MemoryBackend.available)
    func manyStoresStartAndSaveAtOnce(_ backend: MemoryBackend) async throws {
        try await backend.withMany(4) { databases in
            let ids = try await withThrowingTaskGroup(of: [String].self) { group in
                for database in databases {
                    group.addTask {
                        let store = try MemoryStore(database)
                        var ids: [String] = []
                        for index in 0..<10 { ids.append(try await store.save("same \(index)").id) }
                        return ids
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(ids).count == 1)
            let store = try MemoryStore(databases[0])
            #expect(
                try await store.counts()
                    == MemoryCounts(
                        memories: 10, pending: 0, byEmbedder: ["sage-lexical-256": 10], embedder: "sage-lexical-256"))
        }
    }

    @Test(arguments: MemoryBackend.available)
    func rebuildsItsIndexes(_ backend: MemoryBackend) async throws {
        try await backend.with { database in
            let store = try MemoryStore(database)
            for index in 0..<30 { try await store.save("memory number \(index)") }
            let progress = try await store.reindex(replacingVectors: true)
            #expect(progress.embedded == 30 && progress.remaining == 0 && progress.problem == nil)
            let found = try await store.search("number 7", k: 30)
            #expect(found.results.count == 30 && found.degraded.isEmpty)
            #expect(found.results.first?.text == "memory number 7")
        }
    }
}
