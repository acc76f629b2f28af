import Logging
import SageLLM
import SageOTLP
import SageResilience
import SageTelemetry

/// Everything by which a server tells of itself: log, metrics and traces.
struct ServerTelemetry: Sendable {
    let logger: Logger
    let metrics: GatewayMetrics
    /// Nil when nothing is traced, which then costs nothing.
    let tracer: OTLPTracer?
    /// What every policy is given.
    let listener: any ResilienceListener

    /// - Parameters:
    ///   - configuration: A configuration that has been checked.
    ///   - logger: Takes the server's log.
    ///   - send: Sends spans to the collector.
    /// - Throws: `ConfigurationError` for what the exporter refuses.
    init(
        _ configuration: GatewayConfiguration, logger: Logger, send: @escaping OTLPSend = CollectorClient.send
    ) throws {
        let targets = configuration.models.values.flatMap(\.targets).map { "\($0.provider)/\($0.model)" }
        let names = Set(configuration.models.keys).union(targets).sorted()
        metrics = try GatewayMetrics(models: names, targets: targets, providers: configuration.providers.keys.sorted())
        self.logger = logger
        listener = ListenerGroup([LogListener(logger), metrics.listener])
        guard let otlp = configuration.telemetry.otlp else {
            tracer = nil
            return
        }
        let settings = try otlp.exporterConfiguration()
        let exporter = try OTLPExporter(settings, logger: logger, factory: metrics.backend, send: send)
        tracer = OTLPTracer(exporter, sampler: try settings.makeSampler())
        metrics.watch(exporter)
    }

    /// Exports spans for as long as something runs, and what is left of them afterwards.
    func exporting<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
        guard let exporter = tracer?.exporter else { return try await body() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await exporter.run() }
            let result = try await body()
            group.cancelAll()
            return result
        }
    }

    /// What the requests of a route are told to.
    ///
    /// - Parameter part: What of a request is told. Defaults to all of it.
    func route(_ template: String, _ part: RequestTelemetry.Part = .whole) -> RequestTelemetry {
        RequestTelemetry(
            logger: logger, route: template, metrics: metrics, tracer: part == .request ? nil : tracer, part: part)
    }

    /// Shows the states of targets and limits, which stand in the configuration.
    func watch(_ targets: [RouteTarget], _ limits: [LimitSet]) {
        for set in limits { metrics.watch(set) }
        for target in targets { metrics.watch(target.breaker) }
        metrics.watch(
            inFlight: targets.map { target in
                (target.name, { [weak target] in target?.inFlight ?? 0 })
            })
    }
}

/// What the requests of one route are told to.
final class RequestTelemetry: Sendable {
    let logger: Logger
    let accessLog: AccessLog
    /// The template of the path.
    let route: String
    let metrics: GatewayMetrics
    let counts: RouteMetrics
    let tracer: OTLPTracer?
    let part: Part

    /// What of a request is told.
    enum Part: Sendable {
        /// A request of a client, answered by a model.
        case whole
        /// A request of a client that leads to any number of calls of models, or to none.
        case request
        /// A call of a model that Sage makes for such a request, or for itself: no request of a client.
        case call
    }

    init(
        logger: Logger, route: String, metrics: GatewayMetrics, tracer: OTLPTracer?, part: Part
    ) {
        self.logger = logger
        accessLog = AccessLog(logger)
        self.route = route
        self.metrics = metrics
        counts = metrics.route(route)
        self.tracer = tracer
        self.part = part
    }
}

extension WireFormat {
    /// The template of the path on which requests in this format arrive.
    var route: String {
        switch self {
        case .chatCompletions: "/v1/chat/completions"
        case .responses: "/v1/responses"
        case .embeddings: "/v1/embeddings"
        case .messages: "/v1/messages"
        case .countTokens: "/v1/messages/count_tokens"
        case .generateContent: "/v1beta/models/{model}:generateContent"
        case .embedContent: "/v1beta/models/{model}:embedContent"
        case .batchEmbedContents: "/v1beta/models/{model}:batchEmbedContents"
        }
    }
}
