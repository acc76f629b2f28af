public import SageResilience
public import SageStorage
import Synchronization

/// Remembers texts and finds them again, by their words and by their meaning.
///
/// ```swift
/// let store = try MemoryStore(database)
/// try await store.prepare()
/// try await store.save("The deploy key is rotated on Mondays", namespace: "ops")
/// let found = try await store.search("when do keys change?", k: 5, namespace: "ops")
/// ```
///
/// What was saved is on disk when `save` returns, with or without a vector: when the embedder is down, or its breaker
/// open, the memory waits as *pending* and gets its vector later (``run()``). A search then goes on by words alone and
/// says so in ``SearchResult/degraded``. Vectors of different embedders are never compared; when the embedder's name
/// changes, ``run()`` embeds everything anew, and the old vectors serve until each is replaced, if their embedder is
/// among `retiring`.
///
/// Any number of stores, in one process or in many, may share a database: each sees at once what the others saved and
/// deleted. Thread-safe.
public final class MemoryStore: Sendable {
    /// The namespace of memories that were given none.
    public static let defaultNamespace = "default"
    /// The constant of reciprocal rank fusion: a hybrid score is the sum of `1 / (60 + rank)` over the rankings by
    /// vectors and by words, with ranks from 1.
    public static let fusionConstant = ReciprocalRankFusion.constant

    /// How the store works and what it accepts.
    public let configuration: MemoryConfiguration
    let database: any SQLDatabase
    let current: GuardedEmbedder
    let retiring: [GuardedEmbedder]
    let vectors: VectorCache
    let clock: any Clock<Duration>
    let wallClock: @Sendable () -> Int64
    let random: RandomSource
    private let ready = Mutex<Ready?>(nil)

    /// Creates a store; nothing is read or written before ``prepare()`` or the first call.
    ///
    /// - Parameters:
    ///   - database: Where memories are kept: SQLite, or PostgreSQL with the extension pgvector.
    ///   - embedder: Turns texts into vectors. Defaults to ``LexicalEmbedder``.
    ///   - retiring: Earlier embedders that still work. While memories are embedded anew, a search uses the one that
    ///     covers most of its namespace.
    ///   - configuration: How the store works and what it accepts.
    ///   - clock: The clock of waits and policies. Defaults to `ContinuousClock`.
    ///   - wallClock: The time in milliseconds since 1970. Defaults to the system's.
    ///   - random: Where jitter comes from. Defaults to the system's generator.
    ///   - listener: Receives the events of the embedder's policies, which are called `memory.embedder`.
    ///   - onEmbedderChange: Called when the embedder stops to work, with the reason in a sentence without secrets, and
    ///     when it works again, with nil. Defaults to nothing.
    /// - Throws: `ConfigurationError` for a value out of range.
    public init(
        _ database: any SQLDatabase, embedder: any Embedder = LexicalEmbedder(), retiring: [any Embedder] = [],
        configuration: MemoryConfiguration = MemoryConfiguration(), clock: any Clock<Duration> = ContinuousClock(),
        wallClock: @escaping @Sendable () -> Int64 = WallClock.milliseconds, random: RandomSource = .system,
        listener: (any ResilienceListener)? = nil,
        onEmbedderChange: @escaping @Sendable (String?) -> Void = { _ in }
    ) throws(ConfigurationError) {
        try configuration.validate()
        self.configuration = configuration
        self.database = database
        func guarded(
            _ embedder: any Embedder, onChange: @escaping @Sendable (String?) -> Void = { _ in }
        ) throws(ConfigurationError) -> GuardedEmbedder {
            try GuardedEmbedder(
                embedder, configuration, clock: clock, random: random, listener: listener, onChange: onChange)
        }
        self.current = try guarded(embedder, onChange: onEmbedderChange)
        var others: [GuardedEmbedder] = []
        for other in retiring where other.name != embedder.name { others.append(try guarded(other)) }
        self.retiring = others
        self.vectors = VectorCache(limit: configuration.vectorMemory)
        self.clock = clock
        self.wallClock = wallClock
        self.random = random
    }

    /// The name of the present embedder.
    public var embedderName: String { current.name }
    /// The breaker around the embedder, for its state and numbers, and to open or close it by hand.
    public var embedderBreaker: CircuitBreaker { current.breaker }

    /// Why the present embedder did not work when it was last asked, in a sentence without secrets; nil when it did, or
    /// was not asked yet.
    public var embedderProblem: String? { current.condition.current }

    /// Why there are no vectors although everything else works: PostgreSQL without pgvector, with its remedy; nil when
    /// there are, or nobody has looked yet.
    public var vectorProblem: StorageError? { ready.withLock { $0?.vectorProblem } }

    /// What is known of the database.
    struct Ready: Sendable {
        /// The embedders that it has vectors of, by name.
        var embedders: [String: StoredEmbedder] = [:]
        /// Why there is no table of vectors; nil when there is one.
        var vectorProblem: StorageError?
        /// Whether pgvector goes on searching until a filter has let enough pass.
        var scansIteratively = false
    }

    /// Makes or updates the tables, and takes the present embedder for that of the store.
    ///
    /// May be called again, and by many processes at once. PostgreSQL without pgvector is no error: see
    /// ``vectorProblem``.
    ///
    /// - Throws: `StorageError`, or a rejection of the database's policies.
    public func prepare() async throws {
        try await migrate()
        var fresh = Ready()
        try await prepareVectors(&fresh)
        let name = current.name
        fresh.embedders = try await database.write { session in
            let tables = MemoryTables(session)
            try tables.set(MemoryTables.embedderSetting, name)
            return try tables.embedders()
        }
        for embedder in [current] + retiring {
            if let stored = fresh.embedders[embedder.name] { embedder.learn(dimension: stored.dimension) }
        }
        ready.withLock { [fresh] in $0 = fresh }
    }

    /// What is known of the database; prepares it at the first call.
    func readied() async throws -> Ready {
        if let known = ready.withLock({ $0 }) { return known }
        try await prepare()
        return ready.withLock { $0 } ?? Ready()
    }

    /// What the database calls an embedder; nil while it has no vector of it and the dimension is not known.
    ///
    /// - Throws: ``EmbeddingError`` when the database knows this name with another dimension; `StorageError`.
    func stored(_ embedder: GuardedEmbedder) async throws -> StoredEmbedder? {
        var found = try await readied().embedders[embedder.name]
        if found == nil {
            let (name, dimension) = (embedder.name, embedder.dimension)
            if let dimension, try await readied().vectorProblem == nil {
                found = try await database.write { session in
                    try MemoryTables(session).register(name, dimension: dimension)
                }
            } else {
                found = try await database.read { session in try MemoryTables(session).embedders()[name] }
            }
            if let found { ready.withLock { $0?.embedders[name] = found } }
        }
        guard let found else { return nil }
        embedder.learn(dimension: found.dimension)
        if let dimension = embedder.dimension, dimension != found.dimension {
            throw EmbeddingError.dimension(embedder: embedder.name, returned: dimension, expected: found.dimension)
        }
        return found
    }
}

/// An embedder as the database knows it.
struct StoredEmbedder: Sendable, Hashable {
    /// Its number.
    var id: Int64
    /// How many numbers its vectors have.
    var dimension: Int
}
