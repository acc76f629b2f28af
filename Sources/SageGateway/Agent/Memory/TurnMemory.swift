import SageLLM

/// The part of memory that turns need.
protocol TurnMemory: Sendable {
    /// Looks something up.
    ///
    /// - Parameters:
    ///   - query: What is looked for.
    ///   - k: The most memories.
    ///   - minSimilarity: How alike a memory must be that shares no telling word with the query; nil takes whatever is
    ///     nearest, however far it is.
    ///   - namespace: The store's name of the namespace.
    /// - Throws: When nothing can be looked up.
    func recall(
        _ query: String, k: Int, mode: GatewayConfiguration.Memory.Mode, minSimilarity: Double?, namespace: String
    ) async throws -> (items: [RecalledMemory.Item], degraded: [Degradation])

    /// Saves a text; saving the same again does nothing.
    ///
    /// - Throws: When it is not saved.
    func save(_ text: String, namespace: String, metadata: [String: JSONValue]) async throws -> SavedMemory
}

/// What became of a text that was to be saved.
struct SavedMemory: Sendable, Hashable {
    var id: String
    /// Whether it was there already.
    var isDuplicate: Bool
    /// Whether its vector is made later.
    var isPending: Bool
}
