import NIOCore
import NIOHTTP1
import SageLLM

/// Only the inbound side is a stream: answers are written to the channel itself, where each write tells when it is done.
typealias HTTPConnection = NIOAsyncChannel<HTTPServerRequestPart, Never>

/// Serves connections: one request after another, each by its plan.
struct ConnectionService: Sendable {
    let state: MockState
    let clock: any Clock<Duration>
    let onRequestEnded: @Sendable (RequestRecord) -> Void

    /// The longest body that is read, in bytes.
    static let maximumBodyBytes = 33_554_432

    /// Serves a connection until either side ends it or the task is cancelled.
    func serve(_ connection: HTTPConnection) async {
        await withTaskGroup { group in
            // An answer may hang without ever touching the connection, so its end has to be watched for.
            group.addTask { try? await connection.channel.closeFuture.get() }
            group.addTask {
                // An error here means that the connection is of no use any more; closing it is all that is left.
                try? await connection.executeThenClose { inbound in
                    try await answerRequests(of: inbound, on: connection.channel)
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func answerRequests(
        of inbound: NIOAsyncChannelInboundStream<HTTPServerRequestPart>, on channel: any Channel
    ) async throws {
        // Parts of a pipelined request wait in the stream until the answer before it is done.
        var parts = inbound.makeAsyncIterator()
        while case .head(let head)? = try await parts.next(isolation: #isolation) {
            if head.expectsContinue {
                try await ResponseWriter.write(
                    .head(HTTPResponseHead(version: head.version, status: .continue)), on: channel)
            }
            guard let body = try await Self.body(announcedBy: head, from: &parts) else {
                try await refuseBody(of: head, on: channel)
                return
            }
            let request = IncomingRequest(head, body: body)
            let writer = ResponseWriter(channel: channel, head: head, clock: clock)
            guard try await answer(request, with: writer) else { return }
        }
    }

    /// Reads the rest of a request; nil when its body is too long.
    private static func body(
        announcedBy head: HTTPRequestHead,
        from parts: inout NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator
    ) async throws -> [UInt8]? {
        if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length > maximumBodyBytes {
            return nil
        }
        var body: [UInt8] = []
        while let part = try await parts.next(isolation: #isolation) {
            switch part {
            case .body(let buffer):
                guard body.count + buffer.readableBytes <= maximumBodyBytes else { return nil }
                body += buffer.readableBytesView
            case .head, .end: return body
            }
        }
        throw ChannelError.inputClosed
    }

    private func refuseBody(of head: HTTPRequestHead, on channel: any Channel) async throws {
        let message = "the body is longer than \(Self.maximumBodyBytes) bytes"
        var reply = ProviderReply(status: 413, error: OpenAIError(message: message, type: "invalid_request_error"))
        reply.headers.append(FaultStep.Header("connection", "close"))
        let writer = ResponseWriter(channel: channel, head: head, clock: clock)
        _ = try await writer.run(ResponsePlan(FaultStep(), reply: reply)) { _ in }
    }

    /// Answers one request.
    ///
    /// - Returns: Whether another request may follow on the connection.
    private func answer(_ request: IncomingRequest, with writer: ResponseWriter) async throws -> Bool {
        if ControlEndpoints.serves(path: request.path) {
            let reply = await ControlEndpoints(state: state).answer(request)
            return try await writer.run(ResponsePlan(FaultStep(), reply: reply)) { _ in } == .completed
                && writer.keepsAlive(reply.headers)
        }
        let exchange = state.begin(request)
        do {
            let outcome = try await writer.run(exchange.plan) { state.progress(exchange, $0) }
            end(exchange, outcome)
            return outcome == .completed && writer.keepsAlive(exchange.plan.headers)
        } catch {
            // A closed connection makes writes fail and cancels waits; an open one is cancelled by the server alone.
            let isStopped = writer.isConnected || error is ResponseWriter.ServerStopped
            end(exchange, isStopped ? .serverStopped : .clientDisconnected)
            throw error
        }
    }

    private func end(_ exchange: MockState.Exchange, _ outcome: RequestOutcome) {
        if let record = state.end(exchange, outcome: outcome) { onRequestEnded(record) }
    }
}

extension HTTPRequestHead {
    fileprivate var expectsContinue: Bool {
        headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
    }
}

extension IncomingRequest {
    fileprivate init(_ head: HTTPRequestHead, body: [UInt8]) {
        self.init(
            method: head.method.rawValue,
            target: head.uri,
            headers: head.headers.map { FaultStep.Header($0.name, $0.value) },
            body: body
        )
    }
}

extension ResponsePlan {
    /// The headers of the answer; none where the plan sends none.
    fileprivate var headers: [FaultStep.Header] {
        for case .head(_, let headers, _) in actions { return headers }
        return []
    }
}
