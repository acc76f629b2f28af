/// What a search found.
public struct SearchResult: Sendable, Hashable {
    /// A memory that was found.
    public struct Match: Sendable, Hashable, Identifiable {
        /// The memory's name.
        public let id: String
        /// The memory's text.
        public let text: String
        /// How well it fits; the larger the better, comparable within one result only: the cosine for vectors, BM25 or
        /// PostgreSQL's rank for words, the fused score for a hybrid search (``MemoryStore/fusionConstant``).
        public let score: Double
        /// The cosine of the angle between the vectors of query and memory; nil where vectors did not find it.
        public let similarity: Double?
        /// What was kept with it.
        public let metadata: [String: MetadataValue]
        /// The space it belongs to.
        public let namespace: String
        /// When it was saved, in milliseconds since 1970.
        public let createdAt: Int64

        /// Creates a match, for tests of what handles it.
        ///
        /// - Parameters:
        ///   - id: The memory's name.
        ///   - text: The memory's text.
        ///   - score: How well it fits.
        ///   - similarity: The cosine of the angle between the vectors.
        ///   - metadata: What was kept with it.
        ///   - namespace: The space it belongs to.
        ///   - createdAt: When it was saved, in milliseconds since 1970.
        public init(
            id: String, text: String, score: Double, similarity: Double? = nil,
            metadata: [String: MetadataValue] = [:], namespace: String, createdAt: Int64
        ) {
            self.id = id
            self.text = text
            self.score = score
            self.similarity = similarity
            self.metadata = metadata
            self.namespace = namespace
            self.createdAt = createdAt
        }
    }

    /// The memories that were found, the best first.
    public let results: [Match]
    /// What the search had to do without; empty when all was well.
    public let degraded: [Degradation]

    /// Creates a result, for tests of what handles it.
    ///
    /// - Parameters:
    ///   - results: The memories that were found, the best first.
    ///   - degraded: What the search had to do without. Defaults to nothing.
    public init(results: [Match], degraded: [Degradation] = []) {
        self.results = results
        self.degraded = degraded
    }
}
