import HTTPTypes
import NIOCore
import SageLLM

/// Calls models from inside the process as a client's request would: through the same keys, limits, targets, fallbacks
/// and telemetry.
struct ModelCaller: Sendable {
    let relay: RequestRelay
    let telemetry: RequestTelemetry

    /// On whose behalf a model is called.
    struct Origin: Sendable {
        /// The header fields of the request that led to the call; they may say how long it may take.
        var headers = HTTPFields()
        /// The key that was shown.
        var client: ClientKey?
        /// The id of the request.
        var id: String
    }

    /// Has a conversation answered.
    ///
    /// - Parameters:
    ///   - body: A request in the form of chat completions.
    ///   - onText: Called with each piece of the answer's text, in order, if the request is for a stream.
    /// - Throws: ``GatewayError``; `CancellationError` when the task is cancelled.
    func chat(
        _ body: JSONObject, for origin: Origin, onText: (String) -> Void = { _ in }
    ) async throws -> ModelReply {
        let (reply, report) = try await send(.chatCompletions, .object(body), origin)
        var answer = ModelReply()
        switch reply {
        case .completion(let body, _):
            report.end(.success, status: 200)
            try answer.read(completion: body)
            if !answer.text.isEmpty { onText(answer.text) }
        case .stream(let stream, _):
            try await Self.read(stream, into: &answer, onText: onText)
        }
        answer.note(report.current)
        return answer
    }

    /// Gets the answer to a request that is no conversation.
    ///
    /// - Throws: ``GatewayError``; `CancellationError` when the task is cancelled.
    func answer(_ format: WireFormat, _ body: JSONObject, for origin: Origin) async throws -> ByteBuffer {
        let (reply, report) = try await send(format, .object(body), origin)
        guard case .completion(let body, _) = reply else {
            throw GatewayError(.upstreamError, "the answer is a stream where none was asked for")
        }
        report.end(.success, status: 200)
        return body
    }

    private func send(
        _ format: WireFormat, _ body: JSONValue, _ origin: Origin
    ) async throws -> (RequestRelay.Reply, RequestReport) {
        let report = RequestReport(id: origin.id, telemetry, headers: origin.headers)
        do {
            if let client = origin.client { report.update { $0.key = client.name } }
            var headers = origin.headers
            // It stands for the whole turn, of which this is one call of several.
            headers[.idempotencyKey] = nil
            let inbound = try InboundRequest(
                format, headers: headers, body: body.jsonBuffer, client: origin.client, id: origin.id)
            report.update {
                $0.model = inbound.model
                $0.isStream = inbound.isStream
            }
            if let client = origin.client, client.allows(inbound.model) {
                let permit =
                    try await client.isShared
                    ? client.admitShared(inbound.estimatedTokens) : client.admit(inbound.estimatedTokens)
                report.update { $0.keyPermit = permit }
            }
            let reply = try await relay.answer(inbound, report: report)
            // What Sage takes ends where the answer begins, however long that one is.
            _ = report.overhead
            return (reply, report)
        } catch let error as GatewayError {
            report.end(.init(error), status: error.status, error: error)
            throw error
        } catch is CancellationError {
            report.end(.cancelled, status: 499)
            throw CancellationError()
        } catch {
            let told = GatewayError(unexpected: error, telemetry.logger)
            report.end(.init(told), status: told.status, error: told)
            throw told
        }
    }

    private static func read(
        _ stream: RelayedStream, into answer: inout ModelReply, onText: (String) -> Void
    ) async throws {
        var reader = stream.makeReader(isClientGone: { Task.isCancelled })
        var parser = ServerSentEventParser()
        while let bytes = try await reader.next() {
            parser.append(bytes)
            while let event = try parser.next() {
                guard event.isDispatched, event.data.readableBytes > 0 else { continue }
                if let text = try answer.read(chunk: event.data), !text.isEmpty { onText(text) }
            }
        }
        try Task.checkCancellation()
    }
}
