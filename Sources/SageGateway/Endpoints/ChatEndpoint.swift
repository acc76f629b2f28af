import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import SageLLM

/// `POST /chat` and `POST /sessions/{id}/resume`: turns of conversations that survive.
struct ChatEndpoint: Sendable {
    let agent: Agent
    let access: AgentAccess
    let connections: ConnectionRegistry
    let maxBodyBytes: Int
    /// After how long of silence a client that waits for a stream gets a comment; zero sends none.
    let keepAlive: Duration

    func chat(
        _ request: Request, _ context: GatewayRequestContext, _ report: RequestReport
    ) async throws -> Response {
        let client = try access.client(request, context)
        let headerKey = try headerKey(request)
        return try await answer(request, context, report) { body in
            let chat = try ChatRequest(body, headerKey: headerKey)
            report.update { [agent] in $0.model = chat.model ?? agent.defaultModel ?? "" }
            let feed = try await agent.begin(
                chat, scope: client.scope, client: client.key, headers: request.headers, id: context.requestID)
            return (feed, chat.isStream)
        }
    }

    func resume(
        _ id: String, _ request: Request, _ context: GatewayRequestContext, _ report: RequestReport
    ) async throws -> Response {
        let client = try access.client(request, context)
        return try await answer(request, context, report) { body in
            let resume = try ResumeRequest(body)
            report.update { $0.model = resume.model ?? "" }
            let feed = try await agent.resume(
                id, scope: client.scope, resume, client: client.key, headers: request.headers, id: context.requestID)
            return (feed, resume.isStream)
        }
    }

    private func headerKey(_ request: Request) throws(GatewayError) -> String? {
        guard let key = request.headers[.idempotencyKey] else { return nil }
        guard (1...256).contains(key.utf8.count) else {
            throw GatewayError(
                .invalidRequest, "idempotency-key: 1 to 256 bytes are expected", parameter: "idempotency-key")
        }
        return key
    }

    private func answer(
        _ request: Request, _ context: GatewayRequestContext, _ report: RequestReport,
        _ begin: @escaping @Sendable (ByteBuffer) async throws -> (TurnFeed, isStream: Bool)
    ) async throws -> Response {
        let monitor = connections.monitor(of: context.channel)
        let body = try await monitor.whileConnected {
            try await request.collectBody(upTo: maxBodyBytes, from: monitor)
        }
        // Not ended with the connection: who has gone by now comes back with the same key.
        let (feed, isStream) = try await agent.shielded { try await begin(body) }
        if isStream {
            report.update { $0.isStream = true }
            return stream(feed, monitor, report)
        }
        let answer = try await monitor.whileConnected { try await feed.answer() }
        report.note(answer)
        return Response(answer, overhead: report.overhead)
    }

    /// What the turn tells, event by event, from the beginning.
    private func stream(_ feed: TurnFeed, _ monitor: ConnectionMonitor, _ report: RequestReport) -> Response {
        var headers: HTTPFields = [.contentType: "text/event-stream"]
        headers.addStreaming()
        headers[.overhead] = report.overhead.preciseMilliseconds
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                let subscription = feed.subscribe()
                let registration = monitor.whenStopped {
                    // An interruption is told by the turn itself, which ends the feed.
                    if monitor.isClosed { subscription.cancel() }
                }
                defer {
                    monitor.forget(registration)
                    subscription.cancel()
                }
                do {
                    try await write(subscription, feed, monitor, requestID: report.id, to: &writer)
                    try await writer.finish(nil)
                } catch {
                    report.end(.cancelled, status: 499)
                    throw error
                }
                switch feed.ending {
                case .done(let answer):
                    report.note(answer)
                    report.end(.success, status: 200)
                case .error(let error): report.end(.init(error), status: 200, error: error)
                default: report.end(.cancelled, status: 499)
                }
            })
    }

    /// Writes events until the last one, and signs of life between them.
    private func write(
        _ subscription: TurnFeed.Subscription, _ feed: TurnFeed, _ monitor: ConnectionMonitor, requestID: String,
        to writer: inout any ResponseBodyWriter
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let ticks = Ticks()
            if keepAlive > .zero {
                group.addTask {
                    while true {
                        try await Task.sleep(for: keepAlive)
                        ticks.add()
                        subscription.wake()
                    }
                }
            }
            defer { group.cancelAll() }
            var position = 0
            while true {
                let events = subscription.events(from: position)
                position += events.count
                if !events.isEmpty {
                    var bytes = ByteBuffer()
                    for event in events { bytes.writeImmutableBuffer(event.encoded(requestID: requestID)) }
                    try await writer.write(bytes)
                    if events.last?.isLast == true { break }
                } else if ticks.take() {
                    try await writer.write(ServerSentEventEncoder.encode(comment: "keep-alive"))
                }
                do {
                    try await subscription.changed()
                } catch {
                    guard !monitor.isClosed else { throw error }
                    // The server shuts down: the turn is being interrupted too, and its client hears of it.
                    _ = try? await agent.shielded { try await feed.answer() }
                }
            }
        }
    }
}

extension Response {
    /// A turn's answer as a whole.
    ///
    /// - Parameter overhead: What Sage itself took for it.
    init(_ answer: TurnAnswer, overhead: Duration) {
        self.init(json: answer.json)
        if let target = answer.target?.headerSafe { headers[.target] = target }
        if let attempts = answer.attempts { headers[.attempts] = String(attempts) }
        if let fallbacks = answer.fallbacks { headers[.fallbacks] = String(fallbacks) }
        headers[.overhead] = overhead.preciseMilliseconds
    }
}
