import SageResilience

struct MemoryEntry: Sendable, Equatable {
    let text: String
    let vector: [Float]?
}

struct Vectorizer: Sendable {
    let isDown: Bool

    func vector(of text: String) async throws -> [Float] {
        if isDown { throw LLMError.serverError }
        return [0.1, 0.2]
    }
}

// snippet: memory-manager
actor MemoryManager {
    private let vectorizer: Vectorizer
    private let breaker = CircuitBreaker("vectorizer", .network)
    private(set) var entries: [MemoryEntry] = []

    init(vectorizer: Vectorizer) {
        self.vectorizer = vectorizer
    }

    /// Saves the text in any case; without a vector while the vectorizer is down.
    func save(_ text: String) async throws {
        let vector: [Float]?
        do {
            vector = try await breaker.execute { try await vectorizer.vector(of: text) }
        } catch is any ResilienceRejection {
            vector = nil  // the breaker is open: vectors are made when the vectorizer is back
        }
        entries.append(MemoryEntry(text: text, vector: vector))
    }
}
// end snippet

func memoryManager() async throws {
    let manager = MemoryManager(vectorizer: Vectorizer(isDown: true))
    for _ in 1...5 {
        do {
            try await manager.save("a turn")
            try expect(false, "the vectorizer's own error comes through")
        } catch is LLMError {}
    }
    try await manager.save("a turn")
    try expect(await manager.entries == [MemoryEntry(text: "a turn", vector: nil)], "it is saved without a vector")
}
