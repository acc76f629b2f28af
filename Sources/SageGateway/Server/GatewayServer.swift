import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import SageLLM
import SageResilience
import SageTelemetry
import ServiceLifecycle
import UnixSignals

/// The server: binds the port, serves the endpoints, and shuts down without cutting streams.
package struct GatewayServer: Sendable {
    private let configuration: GatewayConfiguration
    private let logger: Logger
    private let routes: RouteTable

    /// Prepares a server.
    ///
    /// - Parameters:
    ///   - configuration: A configuration that has been checked.
    ///   - logger: Takes the server's log.
    /// - Throws: `ConfigurationError` for what the engine refuses.
    package init(_ configuration: GatewayConfiguration, logger: Logger) throws {
        let routes = try RouteTable(
            configuration,
            transports: { provider, policy in
                switch provider.kind {
                case .openai: AsyncHTTPClientTransport(connectTimeout: policy.connectTimeout)
                case .simulated: SimulatedTransport()
                }
            },
            listener: LogListener(logger))
        self.init(configuration, routes, logger: logger)
    }

    /// Prepares a server over routes that exist.
    init(_ configuration: GatewayConfiguration, _ routes: RouteTable, logger: Logger) {
        self.configuration = configuration
        self.routes = routes
        self.logger = logger
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
        var decoder = HTTP1Channel.Configuration.DecoderConfiguration()
        decoder.maxHeaderListSize = server.maxHeaderBytes
        decoder.maxHeaderFieldSize = server.maxHeaderBytes
        // The framework announces the address too, before the server is ready.
        var frameworkLogger = logger
        frameworkLogger.logLevel = max(logger.logLevel, .notice)
        let application = Application(
            responder: makeRouter(connections).buildResponder(),
            server: .http1(
                configuration: HTTP1Channel.Configuration(
                    additionalChannelHandlers: [
                        ConnectionGuard(registry: connections, limits: guardLimits, accessLog: logger)
                    ],
                    idleTimeout: TimeAmount(server.idleTimeout), httpDecoderConfiguration: decoder)),
            configuration: ApplicationConfiguration(
                address: .hostname(server.host, port: server.port), serverName: "sage/\(SageVersion.current)"),
            onServerRunning: { channel in
                await onRunning(channel.localAddress?.port ?? server.port)
            },
            logger: frameworkLogger)
        let service = GracefulApplication(
            application: { try await application.run() }, connections: connections, grace: server.shutdownGrace)
        var group = ServiceGroupConfiguration(
            services: [.init(service: service)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = server.shutdownGrace
        do {
            try await ServiceGroup(configuration: group).run()
        } catch {
            await routes.shutdown()
            throw error
        }
        await routes.shutdown()
    }

    /// The endpoints.
    ///
    /// - Parameter connections: The connections that requests come from.
    func makeRouter(_ connections: ConnectionRegistry) -> Router<GatewayRequestContext> {
        let status = StatusReport(routes)
        let health = HealthEndpoints(status: status)
        let statusEndpoint = StatusEndpoint(status: status, adminToken: configuration.server.adminToken)
        let models = ModelsEndpoint(routes: routes)
        let chat = ChatCompletionsEndpoint(
            relay: ChatRelay(routes), connections: connections, maxBodyBytes: configuration.server.maxBodyBytes,
            accessLog: logger)
        let endpoints: [Endpoint] = [
            Endpoint(.post, "/v1/chat/completions") { try await chat.respond(to: $0, $1) },
            Endpoint(.get, "/v1/models") { _, _ in models.respond() },
            Endpoint(.get, "/health/live") { _, _ in health.live() },
            Endpoint(.get, "/health/ready") { _, _ in health.ready() },
            Endpoint(.get, "/health") { _, _ in health.health() },
            Endpoint(.get, "/status") { try statusEndpoint.respond(to: $0, $1) },
        ]
        let router = Router(context: GatewayRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ErrorEnvelopeMiddleware(endpoints))
        for endpoint in endpoints {
            router.on(RouterPath(endpoint.path), method: endpoint.method, use: endpoint.respond)
        }
        return router
    }
}
