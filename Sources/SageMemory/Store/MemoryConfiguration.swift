public import SageResilience
import SageStorage

/// How a ``MemoryStore`` works and what it accepts.
public struct MemoryConfiguration: Sendable {
    /// The longest text in bytes of UTF-8.
    ///
    /// Defaults to 1 MiB.
    public var maxTextBytes = 1 << 20
    /// The largest metadata of one memory in bytes of JSON.
    ///
    /// Defaults to 64 KiB.
    public var maxMetadataBytes = 1 << 16
    /// The longest name of a namespace in bytes of UTF-8.
    ///
    /// Defaults to 256.
    public var maxNamespaceBytes = 256
    /// The longest query in bytes of UTF-8.
    ///
    /// Defaults to 64 KiB.
    public var maxQueryBytes = 1 << 16
    /// How many memories one batch may have.
    ///
    /// Defaults to 1,000.
    public var maxBatchSize = 1_000
    /// How long a call waits for the embedder before the memory is saved without a vector, or the search does without
    /// vectors.
    ///
    /// Defaults to 10 s.
    public var embeddingTimeLimit = Duration.seconds(10)
    /// The breaker around the embedder.
    ///
    /// Defaults to one that opens after 3 failures in a row, or half of 10 calls, for 30 s.
    public var embedderBreaker = MemoryConfiguration.defaultBreaker
    /// How often pending memories are looked for at least; the waits after a failure grow up to it.
    ///
    /// Defaults to 30 s.
    public var pendingInterval = Duration.seconds(30)
    /// SQLite: how much memory the vectors of all namespaces may take for searches, in bytes; a vector takes its
    /// dimension and 16 more.
    ///
    /// Those that were searched last stay; a namespace that does not fit alone is searched on disk, one vector after
    /// the other, and takes 20 to 100 times as long. 0 does so always. Defaults to 512 MiB.
    public var vectorMemory = 1 << 29
    /// PostgreSQL: how many neighbours the HNSW index considers (`hnsw.ef_search`), 1 to 1,000; more find more and
    /// take longer.
    ///
    /// A search for more results considers as many as it is to find. Defaults to 100.
    public var hnswSearch = 100

    /// Creates a configuration with the defaults.
    public init() {}

    private static let defaultBreaker: CircuitBreakerConfiguration = {
        let configuration = try? CircuitBreakerConfiguration(
            window: .calls(10), minimumCalls: 5, failureRate: 0.5, consecutiveFailures: 3,
            recoveryTimeout: .seconds(30), maxRecoveryTimeout: .seconds(120), halfOpenMaxCalls: 1)
        return configuration ?? .default
    }()

    func validate() throws(ConfigurationError) {
        try SettingRange.check("maxTextBytes", maxTextBytes, in: 1...(1 << 26))
        try SettingRange.check("maxMetadataBytes", maxMetadataBytes, in: 2...(1 << 24))
        try SettingRange.check("maxNamespaceBytes", maxNamespaceBytes, in: 1...1_024)
        try SettingRange.check("maxQueryBytes", maxQueryBytes, in: 1...(1 << 24))
        try SettingRange.check("maxBatchSize", maxBatchSize, in: 1...100_000)
        try SettingRange.check("vectorMemory", vectorMemory, in: 0...Int.max)
        try SettingRange.check("hnswSearch", hnswSearch, in: 1...1_000)
        try positive("embeddingTimeLimit", embeddingTimeLimit)
        try positive("pendingInterval", pendingInterval)
    }

    private func positive(_ field: String, _ value: Duration) throws(ConfigurationError) {
        guard value > .zero else { throw ConfigurationError(field: field, value: value, allowed: "more than 0") }
    }
}
