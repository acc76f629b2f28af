import Logging
import SageMemory
import SageResilience
import SageSessions
import SageStorage
import Synchronization

/// The stores of conversations and of memory.
final class AgentStores: Sendable {
    /// What the stores have told last about what is in them.
    struct Counts: Sendable {
        var sessions: [SessionState: Int]?
        var memory: MemoryCounts?
    }

    let sessions: StoreSlot<ConversationStore>
    let memories: StoreSlot<MemoryStore>
    /// Keeps the files of both small.
    let upkeep: StoreUpkeep
    private let databases: Databases
    private let embedder: String
    private let metrics: AgentMetrics?
    private let clock: any Clock<Duration>
    private let counts = Mutex(Counts())

    /// - Parameters:
    ///   - configuration: Where the stores are, and how long they keep things.
    ///   - databases: The databases.
    ///   - embedder: Makes vectors; nil for the built-in one.
    ///   - clock: Measures waits.
    ///   - listener: Hears of what policies do.
    ///   - logger: Is told when a store goes away and comes back.
    init(
        _ configuration: GatewayConfiguration, databases: Databases, embedder: (any Embedder)? = nil,
        clock: any Clock<Duration> = ContinuousClock(), listener: (any ResilienceListener)? = nil, logger: Logger,
        metrics: AgentMetrics? = nil
    ) {
        self.databases = databases
        upkeep = StoreUpkeep(databases, clock: clock)
        self.metrics = metrics
        self.clock = clock
        let embedder = embedder ?? LexicalEmbedder()
        self.embedder = embedder.name
        let storage = configuration.storage
        let (sessionsAddress, memoryAddress) = (
            storage.sessions.resolved(in: configuration.dataDirectory),
            storage.memory.resolved(in: configuration.dataDirectory)
        )
        let retention = Retention(
            age: storage.retention.sessions, count: storage.retention.maxSessions,
            bytes: storage.retention.maxBytes.map(Int64.init))
        sessions = StoreSlot(
            "sessions", url: sessionsAddress.publicDescription,
            StoreSlot.Opening(
                database: { try databases.database(sessionsAddress) }, discard: { await databases.discard($0) },
                open: { database in
                    let store = try ConversationStore(
                        database, configuration: ConversationStoreConfiguration(retention: retention))
                    try await store.prepare()
                    return store
                },
                serve: { store in
                    await store.run { error in
                        logger.warning(
                            "conversations are not looked after", metadata: ["error": "\(error)"])
                    }
                }),
            clock: clock, logger: logger)
        memories = StoreSlot(
            "memory", url: memoryAddress.publicDescription,
            StoreSlot.Opening(
                database: { try databases.database(memoryAddress) }, discard: { await databases.discard($0) },
                open: { database in
                    let store = try MemoryStore(
                        database, embedder: embedder, clock: clock, listener: listener,
                        onEmbedderChange: { Self.tell($0, of: embedder.name, logger) })
                    try await store.prepare()
                    return store
                },
                serve: { try await $0.run() }),
            clock: clock, logger: logger)
    }

    /// Memory as turns use it.
    ///
    /// - Throws: ``GatewayError`` while it is not open.
    func turnMemory() throws(GatewayError) -> any TurnMemory { StoredMemory(store: try memories.current()) }

    /// How the stores are.
    var statuses: [StoreStatus] { [sessions.status, memories.status] }

    /// Opens both, once.
    ///
    /// - Parameter limit: How long each may take. Defaults to what the start of a server may wait: it serves models
    ///   without any store.
    func open(within limit: Duration = .seconds(2)) async {
        await sessions.open(within: limit)
        await memories.open(within: limit)
    }

    /// Asks the stores what is in them, for ``statusParts`` and the metrics; waits for none for long.
    func sample() async {
        await CallContext.with(deadline: .after(.seconds(1), clock: clock)) { await count() }
        for status in statuses { metrics?.set(status) }
    }

    private func count() async {
        if let store = sessions.opened, let found = try? await store.counts() {
            counts.withLock { $0.sessions = found }
            metrics?.set(found)
        }
        if let store = memories.opened, let found = try? await store.counts() {
            counts.withLock { $0.memory = found }
            metrics?.set(pendingEmbeddings: found.pending)
        }
    }

    /// What the stores have told last.
    var lastCounts: Counts { counts.withLock { $0 } }

    /// Why memories get no vectors; nil when they do, or nobody has asked for any yet.
    var embedderProblem: String? { memories.opened?.embedderProblem }

    private static func tell(_ problem: String?, of embedder: String, _ logger: Logger) {
        guard let problem else {
            logger.notice("embedder works again", metadata: ["embedder": .string(embedder)])
            return
        }
        logger.warning(
            "embedder does not work: memories are saved and found by their words only",
            metadata: ["embedder": .string(embedder), "error": .string(problem)])
    }

    /// The name of what makes vectors.
    var embedderName: String { memories.opened?.embedderName ?? embedder }

    /// Closes the databases.
    func close() async { await databases.close() }
}
