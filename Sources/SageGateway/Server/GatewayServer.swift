import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import SageLLM
import SageResilience
import ServiceLifecycle
import UnixSignals

/// The server: binds the port, serves the endpoints, and shuts down without cutting streams.
package struct GatewayServer: Sendable {
    private let configuration: GatewayConfiguration
    private let logger: Logger
    private let routes: RouteTable
    private let keys: ClientKeys
    private let telemetry: ServerTelemetry
    /// What `/chat` works with.
    let agent: Agent
    /// What is shared with other instances; nil when this one keeps to itself.
    let sharedState: SharedState?

    /// Prepares a server.
    ///
    /// - Parameters:
    ///   - configuration: A configuration that has been checked.
    ///   - logger: Takes the server's log.
    /// - Throws: `ConfigurationError` for what the engine refuses.
    package init(_ configuration: GatewayConfiguration, logger: Logger) throws {
        let telemetry = try ServerTelemetry(configuration, logger: logger)
        let stateStore = try OpenedStateStore.system(
            configuration.storage.state.resolved(in: configuration.dataDirectory))
        let sharedLimits = try stateStore.flatMap { try SharedLimits($0, configuration.storage.shared, logger: logger) }
        let routes = try RouteTable(
            configuration,
            transports: { provider, policy in
                switch provider.kind {
                case .openai, .anthropic, .gemini: PooledTransport(connectTimeout: policy.connectTimeout)
                case .simulated: SimulatedTransport()
                }
            },
            listener: telemetry.listener, onKeyEvent: { $0.log(to: logger) }, metrics: telemetry.metrics,
            sharedLimits: sharedLimits)
        let keys = try ClientKeys(configuration.keys, listener: telemetry.listener, shared: sharedLimits)
        let agent = try Agent(
            configuration, routes: routes, telemetry, databases: .system(telemetry),
            transport: PooledTransport(connectTimeout: .seconds(5)), relay: RequestRelay(routes))
        let sharedState = try stateStore.map {
            try SharedState(configuration, $0, limits: sharedLimits, targets: { routes.targets }, logger: logger)
        }
        self.init(configuration, routes, keys: keys, telemetry, agent, sharedState)
    }

    /// Prepares a server over routes that exist.
    init(
        _ configuration: GatewayConfiguration, _ routes: RouteTable, keys: ClientKeys = .open,
        _ telemetry: ServerTelemetry, _ agent: Agent, _ sharedState: SharedState? = nil
    ) {
        self.configuration = configuration
        self.routes = routes
        self.keys = keys
        self.telemetry = telemetry
        self.agent = agent
        self.sharedState = sharedState
        self.logger = telemetry.logger
        if let sharedState { telemetry.metrics.watch(sharedState) }
        telemetry.watch(routes.configuredTargets, routes.limitSets + keys.all.compactMap(\.limits))
    }

    /// The names that clients can ask for.
    package var modelNames: [String] { routes.modelNames }

    /// Serves until the process is told to stop (SIGTERM, SIGINT) or the task is cancelled.
    ///
    /// - Parameter onRunning: Called with the port once requests are accepted.
    /// - Throws: When the address cannot be bound.
    package func run(onRunning: @escaping @Sendable (Int) async -> Void) async throws {
        let server = configuration.server
        let connections = ConnectionRegistry()
        let guardLimits = ConnectionGuard.Limits(
            request: TimeAmount(server.requestTimeout), unreadAnswer: TimeAmount(server.idleTimeout),
            maxHeaderBytes: server.maxHeaderBytes, maxBodyBytes: server.maxBodyBytes)
        // The framework announces the address too, before the server is ready.
        var frameworkLogger = logger
        frameworkLogger.logLevel = max(logger.logLevel, .notice)
        let model = makeModelEndpoint(connections)
        let router = makeRouter(connections, model).buildResponder()
        let channel = GatewayChannel(
            registry: connections, limits: guardLimits, idleTimeout: TimeAmount(server.idleTimeout),
            dispatcher: RequestDispatcher(
                models: Self.modelPaths.mapValues { format in
                    let endpoint = model(format)
                    return { await endpoint.answer($0, on: $1) }
                },
                router: router, maxBodyBytes: server.maxBodyBytes, serverName: "sage/\(SageVersion.current)",
                logger: logger),
            origin: origin,
            accessLog: logger)
        let application = Application(
            responder: router, server: HTTPServerBuilder { _ in channel },
            configuration: ApplicationConfiguration(
                address: .hostname(server.host, port: server.port), serverName: "sage/\(SageVersion.current)"),
            onServerRunning: { channel in
                await onRunning(channel.localAddress?.port ?? server.port)
            },
            logger: frameworkLogger)
        // Before the first request is taken: what a crash has interrupted is known from the beginning.
        await agent.stores.open()
        await sharedState?.begin()
        let runner = agent.runner
        let service = GracefulApplication(
            application: {
                try await application.run()
                // Turns go on without the clients that have asked for them.
                await runner.drain()
            }, connections: connections, turns: runner, grace: server.shutdownGrace)
        // They are shut down in the opposite order: stores when nothing needs them any more.
        let shared: [any Service] = sharedState.map { [$0] } ?? []
        let stores = agent.stores
        let services: [any Service] = shared + [stores.sessions, stores.memories, stores.upkeep, runner, service]
        var group = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        group.maximumGracefulShutdownDuration = server.shutdownGrace
        do {
            let services = ServiceGroup(configuration: group)
            try await telemetry.exporting { try await services.run() }
        } catch {
            await close()
            throw error
        }
        await close()
    }

    private func close() async {
        await routes.shutdown()
        await agent.stores.close()
    }

    /// The paths of models, with the formats that they speak.
    private static let modelPaths: [String: WireFormat] = [
        "/v1/chat/completions": .chatCompletions, "/v1/responses": .responses, "/v1/embeddings": .embeddings,
        "/v1/messages": .messages, "/v1/messages/count_tokens": .countTokens,
    ]

    private var origin: OriginCheck { OriginCheck(configuration.server, keys) }

    /// The endpoint of each format.
    private func makeModelEndpoint(_ connections: ConnectionRegistry) -> @Sendable (WireFormat) -> ModelEndpoint {
        let relay = RequestRelay(routes)
        let modelEndpoints = Dictionary(
            uniqueKeysWithValues: WireFormat.allCases.map { format in
                let endpoint = ModelEndpoint(
                    format: format, relay: relay, keys: keys, origin: origin, connections: connections,
                    maxBodyBytes: configuration.server.maxBodyBytes, keepAlive: configuration.server.streamKeepAlive,
                    telemetry: telemetry.route(format.route))
                return (format, endpoint)
            })
        return { format in
            guard let endpoint = modelEndpoints[format] else {
                preconditionFailure("Internal inconsistency: no endpoint for \(format)")
            }
            return endpoint
        }
    }

    /// The endpoints.
    ///
    /// - Parameter connections: The connections that requests come from.
    func makeRouter(_ connections: ConnectionRegistry) -> Router<GatewayRequestContext> {
        makeRouter(connections, makeModelEndpoint(connections))
    }

    private func makeRouter(
        _ connections: ConnectionRegistry, _ model: @escaping @Sendable (WireFormat) -> ModelEndpoint
    ) -> Router<GatewayRequestContext> {
        let status = StatusReport(routes, keys: keys, agent: agent, sharedState: sharedState)
        let health = HealthEndpoints(status: status)
        let access = OperatorAccess(adminToken: configuration.server.adminToken, keys: keys, origin: origin)
        let statusEndpoint = StatusEndpoint(status: status, access: access)
        let metrics = MetricsEndpoint(metrics: telemetry.metrics, access: access, agent: agent)
        let models = ModelsEndpoint(routes: routes, keys: keys, origin: origin)
        let gemini = GeminiEndpoints(endpoint: model)
        let ofModels = Self.modelPaths.map { path, format in
            Endpoint(.post, path) { try await model(format).respond(to: $0, $1) }
        }
        let agentEndpoints = AgentEndpoints(
            agent, keys: keys, server: configuration.server, connections: connections, telemetry: telemetry)
        let plain = [
            Endpoint(.get, "/v1/models") { request, _ in try models.list(request) },
            Endpoint(.get, "/v1beta/models") { request, _ in try models.list(request) },
            Endpoint(.get, "/v1/models/**") { request, _ in try models.show(request) },
            Endpoint(.get, "/v1beta/models/**") { request, _ in try models.show(request) },
            Endpoint(.get, "/health/live") { _, _ in health.live() },
            Endpoint(.get, "/health/ready") { _, _ in health.ready() },
            Endpoint(.get, "/health") { _, _ in health.health() },
            Endpoint(.get, "/metrics") { try await metrics.respond(to: $0, $1) },
            Endpoint(.get, "/status") { try await statusEndpoint.respond(to: $0, $1) },
        ]
        let endpoints: [Endpoint] =
            ofModels + agentEndpoints.all + [
                Endpoint(.post, "/v1beta/models/**") { try await gemini.respond(to: $0, $1) },
                Endpoint(.post, "/v1/models/**") { try await gemini.respond(to: $0, $1) },
            ] + plain
        let router = Router(context: GatewayRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(
            middleware: ErrorEnvelopeMiddleware(endpoints, PlainRequests(telemetry, plain.map(\.path))))
        router.add(middleware: PreflightMiddleware(origin: origin))
        for endpoint in endpoints {
            router.on(RouterPath(endpoint.path), method: endpoint.method, use: endpoint.respond)
        }
        return router
    }
}
