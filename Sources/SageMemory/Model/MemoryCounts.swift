/// How many memories a store has.
public struct MemoryCounts: Sendable, Hashable {
    /// All memories.
    public let memories: Int
    /// Those without a vector of the present embedder: never embedded, or by another one.
    public let pending: Int
    /// Memories with a vector, by the name of its embedder.
    public let byEmbedder: [String: Int]
    /// The present embedder.
    public let embedder: String

    /// Creates counts, for tests of what reads them.
    ///
    /// - Parameters:
    ///   - memories: All memories.
    ///   - pending: Those without a vector of the present embedder.
    ///   - byEmbedder: Memories with a vector, by the name of its embedder.
    ///   - embedder: The present embedder.
    public init(memories: Int, pending: Int, byEmbedder: [String: Int], embedder: String) {
        self.memories = memories
        self.pending = pending
        self.byEmbedder = byEmbedder
        self.embedder = embedder
    }
}

/// How far the embedding of pending memories has come.
public struct EmbeddingProgress: Sendable, Hashable {
    /// How many got their vector in this run.
    public var embedded = 0
    /// How many the embedder refuses; they are tried again once an hour.
    public var refused = 0
    /// How many still wait.
    public var remaining = 0
    /// Why the run stopped before the end, in a sentence without secrets; nil when it did not.
    public var problem: String?

    /// Creates a progress of nothing.
    public init() {}
}
