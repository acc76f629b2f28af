import HTTPTypes
import Hummingbird

/// The endpoints of conversations and memory.
struct AgentEndpoints: Sendable {
    private let chat: ChatEndpoint
    private let sessions: SessionEndpoints
    private let memory: MemoryEndpoints
    private let requests: AgentRequests

    init(
        _ agent: Agent, keys: ClientKeys, server: GatewayConfiguration.Server, connections: ConnectionRegistry,
        telemetry: ServerTelemetry
    ) {
        let access = AgentAccess(
            keys: keys, adminToken: server.adminToken, origin: OriginCheck(server, keys))
        chat = ChatEndpoint(
            agent: agent, access: access, connections: connections, maxBodyBytes: server.maxBodyBytes,
            keepAlive: server.streamKeepAlive)
        sessions = SessionEndpoints(
            agent: agent, access: access, connections: connections, maxBodyBytes: server.maxBodyBytes, chat: chat)
        memory = MemoryEndpoints(
            agent: agent, access: access, connections: connections, maxBodyBytes: server.maxBodyBytes)
        requests = AgentRequests(telemetry, access, connections)
    }

    var all: [Endpoint] {
        [
            endpoint(.post, "/chat", { _ in .chat }) { try await chat.chat($0, $1, $2) },
            endpoint(.get, "/sessions", { _ in .sessions }) { request, context, _ in
                try await sessions.list(request, context)
            },
            endpoint(.get, "/sessions/**", AgentRoute.init) { try await sessions.route($0, $1, $2) },
            endpoint(.post, "/sessions/**", AgentRoute.init) { try await sessions.route($0, $1, $2) },
            endpoint(.delete, "/sessions/**", AgentRoute.init) { try await sessions.route($0, $1, $2) },
            endpoint(.post, "/memory", { _ in .memory }) { request, context, _ in
                try await memory.save(request, context)
            },
            endpoint(.get, "/memory/**", AgentRoute.init) { request, context, _ in
                try await memory.route(request, context)
            },
            endpoint(.post, "/memory/**", AgentRoute.init) { request, context, _ in
                try await memory.route(request, context)
            },
            endpoint(.delete, "/memory/**", AgentRoute.init) { request, context, _ in
                try await memory.route(request, context)
            },
        ]
    }

    private func endpoint(
        _ method: HTTPRequest.Method, _ path: String, _ route: @escaping @Sendable (Request) -> AgentRoute,
        _ answer: @escaping @Sendable (Request, GatewayRequestContext, RequestReport) async throws -> Response
    ) -> Endpoint {
        Endpoint(method, path) { [requests] request, context in
            try await requests.answer(route(request), request, context) { report in
                try await answer(request, context, report)
            }
        }
    }
}
