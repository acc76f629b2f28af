import SageMemory
import SageResilience
import SageStorage
import Testing

/// Errors name the field, the value and what is allowed, and nothing is stored.
struct BadInputTests {
    private func refusal(_ body: (MemoryStore) async throws -> Void) async throws -> String {
        try await MemoryBackend.sqlite.with { database in
            let store = try MemoryStore(database, embedder: ScriptedEmbedder(width: 3))
            let error = await #expect(throws: MemoryError.self) { try await body(store) }
            #expect(try await store.counts().memories == 0)
            #expect(error?.classification.fault == .caller)
            return error?.description ?? ""
        }
    }

    @Test(arguments: [Int.min, -1, 0, 1_001, Int.max])
    func refusesImpossibleNumbersOfResults(_ k: Int) async throws {
        let text = try await refusal { _ = try await $0.search("x", k: k) }
        #expect(text == "k is \(k); allowed is 1 to 1000")
        #expect(try await refusal { _ = try await $0.search(vector: [1, 2, 3], k: k) } == text)
    }

    @Test(
        arguments: [
            ([], "vector is empty; allowed is finite numbers, not all zero"),
            ([0, 0, 0], "vector is all zeros; allowed is finite numbers, not all zero"),
            ([.nan, 1, 1], "vector is NaN or infinite; allowed is finite numbers, not all zero"),
            ([1, .infinity, 1], "vector is NaN or infinite; allowed is finite numbers, not all zero"),
            ([1, 2], "vector is 2 numbers; allowed is 3 numbers, as scripted makes"),
        ] as [([Float], String)])
    func refusesImpossibleVectors(_ vector: [Float], _ expected: String) async throws {
        #expect(try await refusal { _ = try await $0.search(vector: vector) } == expected)
    }

    @Test(arguments: ["", " ", "\0", "\n\t\u{3000}"])
    func refusesEmptyTexts(_ text: String) async throws {
        let expected = "text is empty; allowed is a text that is not all white space"
        #expect(try await refusal { try await $0.save(text) } == expected)
    }

    @Test func refusesWhatIsTooLong() async throws {
        let text = String(repeating: "x", count: (1 << 20) + 1)
        #expect(
            try await refusal { try await $0.save(text) }
                == "text is 1048577 bytes long; allowed is at most 1048576 bytes")
        #expect(
            try await refusal { try await $0.saveBatch([NewMemory("a"), NewMemory(text)]) }
                == "memories[1].text is 1048577 bytes long; allowed is at most 1048576 bytes")
        let big = String(repeating: "x", count: 1 << 16)
        #expect(
            try await refusal { try await $0.save("a", metadata: ["x": .string(big)]) }
                == "metadata is 65544 bytes of JSON; allowed is at most 65536 bytes")
        #expect(
            try await refusal { _ = try await $0.search(big + "x") }
                == "query is 65537 bytes long; allowed is at most 65536 bytes")
        #expect(
            try await refusal { try await $0.saveBatch(Array(repeating: NewMemory("a"), count: 1_001)) }
                == "memories is 1001 memories; allowed is at most 1000")
    }

    @Test(arguments: ["", "a\0b", String(repeating: "n", count: 257)])
    func refusesImpossibleNamespaces(_ namespace: String) async throws {
        let texts = [
            try await refusal { try await $0.save("x", namespace: namespace) },
            try await refusal { _ = try await $0.search("x", namespace: namespace) },
            try await refusal { try await $0.deleteNamespace(namespace) },
        ]
        for text in texts {
            #expect(text.hasPrefix("namespace is ") && text.hasSuffix("; allowed is 1 to 256 bytes without NUL"))
        }
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func refusesNumbersThatAreNone(_ number: Double) async throws {
        let text = try await refusal { try await $0.save("x", metadata: ["a": ["b": [.number(number)]]]) }
        #expect(text == "metadata is not JSON; allowed is values of JSON, numbers finite")
        let filter = MemoryFilter(metadata: ["a": .number(number)])
        #expect(
            try await refusal { _ = try await $0.search("x", filter: filter) }
                == "filter.metadata is NaN or infinite; allowed is finite numbers")
    }

    @Test func refusesImpossibleConfigurations() throws {
        let database = try SQLiteDatabase(SQLiteConfiguration(.memory))
        func refusal(_ change: (inout MemoryConfiguration) -> Void) -> String? {
            var configuration = MemoryConfiguration()
            change(&configuration)
            return #expect(throws: ConfigurationError.self) {
                try MemoryStore(database, configuration: configuration)
            }?.field
        }
        #expect(refusal { $0.maxTextBytes = 0 } == "maxTextBytes")
        #expect(refusal { $0.vectorMemory = -1 } == "vectorMemory")
        #expect(refusal { $0.hnswSearch = 1_001 } == "hnswSearch")
        #expect(refusal { $0.embeddingTimeLimit = .zero } == "embeddingTimeLimit")
        #expect(refusal { $0.pendingInterval = .seconds(-1) } == "pendingInterval")
        #expect(throws: ConfigurationError.self) {
            try MemoryStore(database, embedder: ScriptedEmbedder("", width: 3))
        }
        #expect(throws: ConfigurationError.self) {
            try MemoryStore(database, embedder: ScriptedEmbedder(width: 16_001))
        }
    }
}
