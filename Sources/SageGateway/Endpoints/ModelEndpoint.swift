import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import SageLLM

/// Answers requests to models, streaming and not, in one format.
struct ModelEndpoint: Sendable {
    let format: WireFormat
    let relay: RequestRelay
    let keys: ClientKeys
    let origin: OriginCheck
    let connections: ConnectionRegistry
    let maxBodyBytes: Int
    /// After how long without a first token a client that waits for a stream gets pings.
    let keepAlive: Duration
    let telemetry: RequestTelemetry

    /// Answers on the connection's event loop, without the router.
    func answer(_ head: HTTPRequest, on connection: ClientConnection) async -> ModelAnswer {
        let source = Source(
            head: head, query: nil, path: nil, channel: connection.channel, monitor: connection.monitor)
        let report = RequestReport(id: RequestIdentifier.next(), telemetry, headers: head.headerFields)
        return await answer(source, report, telemetry.logger) { client, keepAlive in
            let body = try await connection.body(limit: maxBodyBytes)
            return try await ask(source, body, client, keepAlive, report)
        }
    }

    /// Answers for the router.
    ///
    /// - Parameter path: What the path says of the model; nil for formats whose bodies say it.
    func respond(
        to request: Request, _ context: GatewayRequestContext, path: InboundRequest.PathParameters? = nil
    ) async throws -> Response {
        let monitor = connections.monitor(of: context.channel)
        let source = Source(
            head: request.head, query: request.uri.query, path: path, channel: context.channel,
            monitor: monitor)
        let report = RequestReport(id: context.requestID, telemetry, headers: request.headers)
        let answer = await answer(source, report, context.logger) { client, keepAlive in
            try await monitor.whileConnected {
                let body = try await request.collectBody(upTo: maxBodyBytes, from: monitor)
                return try await ask(source, body, client, keepAlive, report)
            }
        }
        return Response(answer, monitor)
    }

    /// Where a request comes from, and what it says beside its body.
    private struct Source: Sendable {
        let head: HTTPRequest
        let query: String?
        let path: InboundRequest.PathParameters?
        let channel: any Channel
        let monitor: ConnectionMonitor

        var headers: HTTPFields { head.headerFields }
    }

    private func answer(
        _ source: Source, _ report: RequestReport, _ logger: Logger,
        _ work: (ClientKey?, StreamKeepAlive) async throws -> RequestRelay.Reply
    ) async -> ModelAnswer {
        let keepAlive = StreamKeepAlive(
            channel: source.channel, interval: keepAlive > .zero ? TimeAmount(keepAlive) : nil)
        do {
            try origin.check(source.head)
            // Before the body is read: nobody else is to fill Sage's memory.
            let client = try keys.authenticate(source.headers, query: source.query.map { $0[...] })
            if let client { report.update { $0.key = client.name } }
            let reply = try await work(client, keepAlive)
            return answer(reply, report, hasBegun: keepAlive.stop())
        } catch let error as GatewayError {
            return answer(error, source, report, hasBegun: keepAlive.stop())
        } catch  where source.monitor.isClosed {
            _ = keepAlive.stop()
            let isRefused = source.monitor.isRefused
            // The guard has written the access line of a request that it has refused.
            report.end(isRefused ? .clientError : .cancelled, status: 499, isLogged: !isRefused)
            // Nobody reads this answer; it only ends the connection's bookkeeping.
            return ModelAnswer(
                GatewayError(.interrupted, "the client closed the connection", status: 499), format.dialect)
        } catch is CancellationError {
            let error = GatewayError(.interrupted, "the server is shutting down")
            return answer(error, source, report, hasBegun: keepAlive.stop())
        } catch {
            return answer(GatewayError(unexpected: error, logger), source, report, hasBegun: keepAlive.stop())
        }
    }

    private func ask(
        _ source: Source, _ body: ByteBuffer, _ client: ClientKey?, _ keepAlive: StreamKeepAlive,
        _ report: RequestReport
    ) async throws -> RequestRelay.Reply {
        let inbound =
            if body.readableBytes < LargeWork.threshold {
                try read(source, body, client, id: report.id)
            } else {
                try await LargeWork.run { [id = report.id] in try read(source, body, client, id: id) }
            }
        if inbound.isStream { keepAlive.start(Self.streamHead(report.id, isArray: inbound.isArray), ping: format.ping) }
        report.update {
            $0.model = inbound.model
            $0.isStream = inbound.isStream
        }
        // A model that the key may not ask for is unknown, whatever is left of the key's limits.
        if let client, client.allows(inbound.model) {
            let permit =
                try await client.isShared
                ? client.admitShared(inbound.estimatedTokens) : client.admit(inbound.estimatedTokens)
            report.update { $0.keyPermit = permit }
        }
        return try await relay.answer(inbound, report: report)
    }

    private func read(
        _ source: Source, _ body: ByteBuffer, _ client: ClientKey?, id: String
    ) throws(GatewayError) -> InboundRequest {
        try InboundRequest(
            format, headers: source.headers, body: body, path: source.path, client: client, id: id,
            eventLoop: source.channel.eventLoop)
    }

    /// - Parameter hasBegun: Whether the client has been told a status already, so that the error must be an event.
    private func answer(
        _ error: GatewayError, _ source: Source, _ report: RequestReport, hasBegun: Bool
    ) -> ModelAnswer {
        guard !hasBegun else {
            report.end(.init(error), status: 200, error: error)
            guard source.path?.isArray != true else {
                return ModelAnswer(head: AnswerHead(status: .ok, fields: [:]), body: .whole(Self.array(error)))
            }
            var bytes = lateFields([:], report) ?? ByteBuffer()
            bytes.writeImmutableBuffer(error.event(format, requestID: report.id))
            return ModelAnswer(head: AnswerHead(status: .ok, fields: [:]), body: .whole(bytes))
        }
        report.end(.init(error), status: error.status, error: error)
        var answer = ModelAnswer(error, format.dialect, requestID: report.id)
        answer.head.own = ownFields(report)
        // Clients' libraries show this one in their errors; where a provider answered it is the provider's.
        if answer.head.fields[.upstreamRequestID] == nil {
            answer.head.own.append(.init(.upstreamRequestID, report.id))
        }
        return answer
    }

    /// The error as the only element of an array that has begun with white space.
    private static func array(_ error: GatewayError) -> ByteBuffer {
        var array = ByteBuffer()
        var framing = GeminiArrayFraming()
        framing.fail(error.envelope(.gemini).jsonBuffer, to: &array)
        return array
    }

    private func answer(_ reply: RequestRelay.Reply, _ report: RequestReport, hasBegun: Bool) -> ModelAnswer {
        switch reply {
        case .completion(let body, let headers):
            let head = AnswerHead(status: .ok, fields: headers, own: ownFields(report))
            report.end(.success, status: 200)
            return ModelAnswer(head: head, body: .whole(body))
        case .stream(let stream, let headers):
            var head = AnswerHead(status: .ok, fields: headers, own: ownFields(report))
            head.fields.addStreaming()
            return ModelAnswer(
                head: head, body: .stream(stream), opening: hasBegun ? lateFields(headers, report) : nil)
        }
    }

    /// The fields of an answer that has begun with pings, as comments of its stream; nil where a client's library
    /// expects none.
    ///
    /// - Parameters:
    ///   - fields: Those of the provider's answer.
    ///   - report: What is known of the request.
    private func lateFields(_ fields: HTTPFields, _ report: RequestReport) -> ByteBuffer? {
        guard format.dialect != .gemini else { return nil }
        var own = ownFields(report)
        own.removeAll { $0.name == HTTPField.Name.requestID.rawName }
        if let id = fields[.upstreamRequestID] { own.append(.init(.upstreamRequestID, id.headerSafe)) }
        let lines = own.map { ": \($0.name): \($0.value)\n" }.joined()
        return ByteBuffer(string: lines + "\n")
    }

    /// The head of a stream that begins with pings: who will answer is not known yet.
    private static func streamHead(_ requestID: String, isArray: Bool) -> HTTPResponse {
        var head = HTTPResponse(
            status: .ok, headerFields: [.contentType: isArray ? "application/json" : "text/event-stream"])
        head.headerFields.addStreaming()
        head.headerFields[.requestID] = requestID
        return head
    }

    private func ownFields(_ report: RequestReport) -> [AnswerHead.OwnField] {
        let details = report.current
        var fields: [AnswerHead.OwnField] = []
        fields.reserveCapacity(8)
        fields.append(.init(.requestID, report.id))
        if let target = details.target { fields.append(.init(.target, target.headerSafe)) }
        fields.append(.init(.attempts, String(details.attempts)))
        fields.append(.init(.fallbacks, String(details.fallbacks)))
        fields.append(.init(.overhead, report.overhead.preciseMilliseconds))
        if !details.dropped.isEmpty {
            fields.append(
                .init(.dropped, String(details.dropped.joined(separator: ", ").headerSafe.prefix(1_000))))
        }
        return fields
    }
}

extension Request {
    /// Reads the body, within a limit.
    ///
    /// - Throws: ``GatewayError`` when it is too large; `CancellationError` when the client went before its end, since
    ///   the body then just stops.
    func collectBody(upTo limit: Int, from client: ConnectionMonitor) async throws -> ByteBuffer {
        let tooLarge = GatewayError(bodyLargerThan: limit)
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        do {
            let whole = try await body.collect(upTo: limit)
            if client.isClosed { throw CancellationError() }
            return whole
        } catch is NIOTooManyBytesError {
            throw tooLarge
        }
    }
}

extension GatewayRequestContext {
    /// The id that the client sees and the log carries.
    var requestID: String {
        if case .string(let id) = logger[metadataKey: "request_id"] { id } else { RequestIdentifier.next() }
    }
}

extension String {
    /// A model's name may hold any character; a header field may not.
    var headerSafe: String {
        guard utf8.contains(where: { !(0x20...0x7E).contains($0) }) else { return self }
        return String(String.UnicodeScalarView(unicodeScalars.map { (0x20...0x7E).contains($0.value) ? $0 : "?" }))
    }
}

extension HTTPFields {
    /// Adds what keeps those on the way from holding events back.
    mutating func addStreaming() {
        self[.cacheControl] = "no-cache"
        self[.accelBuffering] = "no"
    }
}
