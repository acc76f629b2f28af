import Logging
import SageLLM
import SageResilience
import SageSessions
import SageStorage

/// What `/chat` works with: models, tools, the stores, and the turns that are under way.
final class Agent: Sendable {
    let settings: GatewayConfiguration.Agent
    let memorySettings: GatewayConfiguration.Memory
    let models: ModelCaller
    let tools: ToolSet
    let stores: AgentStores
    let runner: TurnRunner
    let clock: any Clock<Duration>
    let logger: Logger
    private let routes: RouteTable
    private let metrics: AgentMetrics?
    /// The model of a request that names none; nil when none stands out.
    let defaultModel: String?

    /// How long a turn waits for a store that has gone away, and a request for one that does not answer.
    static let storePatience = Duration.seconds(10)
    /// How long one operation of a turn may take: what hangs is tried again, for a network may have lost it.
    static let attemptLimit = Duration.seconds(5)
    /// How long it may take to read a whole conversation.
    static let readingPatience = Duration.seconds(20)

    init(
        _ configuration: GatewayConfiguration, models: ModelCaller, routes: RouteTable, tools: ToolSet,
        stores: AgentStores, runner: TurnRunner = TurnRunner(), clock: any Clock<Duration> = ContinuousClock(),
        logger: Logger, metrics: AgentMetrics? = nil
    ) {
        settings = configuration.agent
        memorySettings = configuration.memory
        self.models = models
        self.routes = routes
        self.tools = tools
        self.stores = stores
        self.runner = runner
        self.clock = clock
        self.logger = logger
        self.metrics = metrics
        let names = configuration.models.keys
        let own = names.filter { $0 != GatewayConfiguration.simulatedModel }
        defaultModel =
            configuration.agent.model
            ?? (own.count == 1
                ? own.first : own.isEmpty && configuration.defaultProviders.isEmpty ? names.first : nil)
    }

    /// The conversations.
    ///
    /// - Throws: ``GatewayError`` while they cannot be reached.
    func conversations() throws(GatewayError) -> ConversationStore { try stores.sessions.current() }

    /// What is remembered.
    ///
    /// - Throws: ``GatewayError`` while it cannot be reached.
    func memory() throws(GatewayError) -> any TurnMemory { try stores.turnMemory() }

    /// The model of a request.
    ///
    /// - Throws: ``GatewayError`` when none is named and none stands out, and for one that there is not.
    func model(_ wanted: String?, for client: ClientKey?) throws -> String {
        guard let model = wanted ?? defaultModel else {
            throw GatewayError(
                .invalidRequest,
                "model: the name of a model is required, because the configuration names none for /chat (agent.model)",
                parameter: "model")
        }
        _ = try routes.resolve(model, for: .openAI, client: client)
        return model
    }

    /// Counts what a view shows differently from the log, each once: for what has come since the last whole turn.
    func count(_ repairs: [ViewRepair], in entries: [DecodedEntry]) {
        guard let metrics, !repairs.isEmpty else { return }
        let ends = entries.compactMap { entry -> Int64? in
            if case .turnEnded(let end) = entry.payload, end.outcome == .completed { entry.seq } else { nil }
        }
        let last = ends.last ?? 0
        for repair in repairs where repair.seq > last { metrics.repaired(repair.kind) }
    }

    // MARK: Writing

    /// Adds entries to a turn, whatever it takes.
    func append(_ payloads: [EntryPayload], to turn: OpenTurn) async throws {
        // With names of their own they are added once, however often it is tried.
        let ids = payloads.map { _ in StoreEnvironment.randomIdentifier() }
        try await storing(isRepeatable: true) { _ = try await turn.append(payloads, ids: ids) }
    }

    /// Runs an operation of a store, again and again for a while when the store has gone away.
    ///
    /// - Parameters:
    ///   - patience: For how long, by the clock, whatever the operation does.
    ///   - attempt: How long one run of it may take. Defaults to 5 s.
    ///   - isRepeatable: Whether it may be run again although nobody knows whether it was done.
    /// - Throws: What the operation throws last.
    func storing<Value: Sendable>(
        for patience: Duration = Agent.storePatience, attempt: Duration = Agent.attemptLimit,
        isRepeatable: Bool = false, _ operation: @Sendable () async throws -> Value
    ) async throws -> Value {
        let timeline = Timeline(clock)
        let end = timeline.now.advanced(by: patience.saturatingNanoseconds)
        var wait = Duration.milliseconds(100)
        while true {
            do {
                let left = Duration.nanoseconds(end.elapsed(since: timeline.now))
                return try await limited(min(left, attempt), operation)
            } catch {
                let isUnknown = (error as? StorageError)?.isOutcomeUnknown ?? false
                let left = Duration.nanoseconds(end.elapsed(since: timeline.now))
                guard GatewayError.mayPass(error), isRepeatable || !isUnknown, wait < left else { throw error }
            }
            try await timeline.sleep(nanoseconds: wait.saturatingNanoseconds)
            wait = min(wait * 2, .seconds(2))
        }
    }

    /// Runs an operation of a store that has to be over after some time, its repetitions included.
    func limited<Value>(_ limit: Duration, _ operation: () async throws -> Value) async rethrows -> Value {
        try await CallContext.with(deadline: .after(limit, clock: clock), operation)
    }

    /// Runs something to its end even if the present task is cancelled: what it writes must not be lost.
    func shielded<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await Task { try await operation() }.value
    }
}
