import Logging
import SageLLM
import SageResilience
import SageStorage
import Synchronization

extension Agent {
    /// The agent of a server.
    ///
    /// - Parameters:
    ///   - configuration: A configuration that has been checked.
    ///   - routes: The models.
    ///   - telemetry: What is told of all of it.
    ///   - databases: Where conversations and memory are kept.
    ///   - transport: Sends the calls of tools; made when there is a tool.
    ///   - clock: The time in which turns and policies live.
    /// - Throws: `ConfigurationError` for what the engine refuses.
    convenience init(
        _ configuration: GatewayConfiguration, routes: RouteTable, _ telemetry: ServerTelemetry, databases: Databases,
        transport: @autoclosure () -> any UpstreamTransport, relay: RequestRelay,
        clock: any Clock<Duration> = ContinuousClock()
    ) throws(ConfigurationError) {
        let metrics = AgentMetrics(telemetry.metrics.backend)
        let embedder = configuration.memory.embeddings.map {
            GatewayEmbedder($0, models: ModelCaller(relay: relay, telemetry: telemetry.route("/memory", .call)))
        }
        let stores = AgentStores(
            configuration, databases: databases, embedder: embedder, clock: clock, listener: telemetry.listener,
            logger: telemetry.logger, metrics: metrics)
        var tools: [any AgentTool] = []
        if configuration.agent.memoryTools {
            tools.append(
                MemorySearchTool(
                    memory: { () throws(GatewayError) in try stores.turnMemory() },
                    settings: configuration.memory.recall))
            tools.append(MemorySaveTool(memory: { () throws(GatewayError) in try stores.turnMemory() }))
        }
        if !configuration.agent.tools.isEmpty {
            let transport = transport()
            for tool in configuration.agent.tools {
                tools.append(
                    try HTTPTool(tool, transport: transport, clock: clock, listener: telemetry.listener))
            }
        }
        self.init(
            configuration, models: ModelCaller(relay: relay, telemetry: telemetry.route("/chat", .call)),
            routes: routes,
            tools: ToolSet(tools), stores: stores, clock: clock, logger: telemetry.logger, metrics: metrics)
    }
}

extension Databases {
    /// The databases of a server: files of SQLite, and PostgreSQL.
    ///
    /// - Parameter telemetry: Hears of what their policies do; nil for nobody.
    static func system(_ telemetry: ServerTelemetry? = nil) -> Databases {
        let count = Atomic(0)
        return Databases { address in
            // Several of a kind are told apart by a number.
            func name(_ kind: String) -> String {
                let number = count.wrappingAdd(1, ordering: .relaxed).newValue
                return number == 1 ? kind : "\(kind)-\(number)"
            }
            switch address {
            case .sqlite(let path):
                var policies = StoragePolicies.embedded
                policies.listener = telemetry?.listener
                let database = try SQLiteDatabase(
                    SQLiteConfiguration(.file(path)), name: name("sqlite"), policies: policies)
                telemetry?.metrics.watch(database)
                return database
            case .postgres(let url):
                var policies = StoragePolicies.default
                policies.listener = telemetry?.listener
                // Whoever talks is waiting: a server that is back is to be found at once.
                policies.connect.recovery = recovery
                policies.statements.recovery = recovery
                let database = try PostgresDatabase(
                    PostgresConfiguration(url: url.reveal()), name: name("postgres"), policies: policies)
                telemetry?.metrics.watch(database)
                return database
            case .local, .redis:
                throw ConfigurationError(
                    field: "storage", value: address.publicDescription, allowed: "a file of SQLite, or PostgreSQL")
            }
        }
    }

    /// How long a breaker of PostgreSQL stays open before it lets a probe through.
    private static let recovery = Duration.seconds(5)
}
