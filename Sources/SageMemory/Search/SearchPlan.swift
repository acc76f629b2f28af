import SageStorage

/// One search, ready for the thread of a connection.
struct SearchPlan: Sendable {
    /// The space that is searched.
    var namespace: String
    /// How many results are wanted.
    var limit: Int
    /// The terms to look for; nil leaves words out.
    var terms: [String]?
    /// The vector to compare with; nil leaves vectors out.
    var vector: VectorQuery?
    /// Which memories count; nil is all.
    var filter: FilterTerms?
    /// How many neighbours PostgreSQL's index considers at least.
    var hnswSearch: Int
    /// Whether PostgreSQL's index goes on until a filter has let enough pass.
    var scansIteratively: Bool
    /// The vectors in memory.
    var cache: VectorCache

    /// How deep each ranking of a hybrid search goes: what only a deeper one knows could not come to the front.
    var depth: Int { terms != nil && vector != nil ? min(max(limit * 4, 50), 1_000) : limit }
}

/// A vector to compare with.
struct VectorQuery: Sendable {
    /// The embedder whose vectors are compared.
    var embedder: StoredEmbedder
    /// Its name.
    var name: String
    /// The vector.
    var vector: UnitVector
}

/// A memory in one ranking.
struct RankedMemory: Sendable, Hashable {
    /// Its number.
    var id: Int64
    /// How well it fits; the larger the better.
    var score: Double
}

/// A part of a search that failed although the database works.
struct PartFailure: Error {
    /// The part.
    var part: Degradation.Part
    /// What happened.
    var error: StorageError
}
