import Hummingbird
import SageLLM
import SageSessions

/// Tells of every request for conversations and memory, however it ends: its line in the access log and its counts.
struct AgentRequests: Sendable {
    private let access: AgentAccess
    private let connections: ConnectionRegistry
    private let telemetry: [AgentRoute: RequestTelemetry]

    init(_ telemetry: ServerTelemetry, _ access: AgentAccess, _ connections: ConnectionRegistry) {
        self.access = access
        self.connections = connections
        self.telemetry = Dictionary(
            uniqueKeysWithValues: AgentRoute.allCases.map { ($0, telemetry.route($0.rawValue, .request)) })
    }

    /// Answers a request.
    ///
    /// - Parameter work: Makes the answer; one that is a stream has to end the report, and says so in it.
    /// - Throws: ``GatewayError``.
    func answer(
        _ route: AgentRoute, _ request: Request, _ context: GatewayRequestContext,
        _ work: (RequestReport) async throws -> Response
    ) async throws -> Response {
        guard let telemetry = telemetry[route] else {
            preconditionFailure("Internal inconsistency: no telemetry for \(route)")
        }
        let report = RequestReport(id: context.requestID, telemetry, headers: request.headers)
        let key = try? access.client(request, context).key
        if let key { report.update { $0.key = key.name } }
        do {
            // The calls of models that a turn leads to are counted themselves.
            if let key, !route.asksModels { try key.admitRequest() }
            let response = try await work(report)
            if !report.current.isStream { report.end(.success, status: response.status.code) }
            return response
        } catch {
            let told =
                switch error {
                case let error as GatewayError: error
                case is CancellationError: GatewayError.interruption
                default: GatewayError(unexpected: error, context.logger)
                }
            let monitor = connections.monitor(of: context.channel)
            if monitor.isClosed {
                // The guard has written the line of a request that it has refused.
                let isRefused = monitor.isRefused
                report.end(isRefused ? .clientError : .cancelled, status: 499, isLogged: !isRefused)
            } else {
                report.end(.init(told), status: told.status, error: told)
            }
            throw told
        }
    }
}

extension GatewayError {
    /// What is told when work for a client had to stop.
    static let interruption = GatewayError(
        .interrupted, "the server is shutting down, or the client has closed its connection", retryAfter: .seconds(1))
}

extension RequestReport {
    /// Takes what a turn has come to.
    func note(_ answer: TurnAnswer) {
        update { details in
            details.model = answer.model ?? details.model
            details.target = answer.target ?? details.target
            details.attempts = answer.attempts ?? 0
            details.fallbacks = answer.fallbacks ?? 0
            details.waited = answer.waited
            details.usage = answer.usage.map { usage in
                TokenCounts(
                    prompt: usage.inputTokens.map(Int.init), completion: usage.outputTokens.map(Int.init),
                    cacheRead: usage.cachedInputTokens.map(Int.init))
            }
        }
    }
}
