import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import SageLLM

/// `POST /v1/chat/completions`: OpenAI's chat completions, streaming and not.
struct ChatCompletionsEndpoint: Sendable {
    let relay: ChatRelay
    let connections: ConnectionRegistry
    let maxBodyBytes: Int
    let accessLog: Logger

    func respond(to request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let report = RequestReport(id: context.requestID, logger: accessLog)
        let monitor = connections.monitor(of: context.channel)
        do {
            let reply = try await monitor.whileConnected { [relay, maxBodyBytes] in
                let chat = try ChatRequest(
                    headers: request.headers, body: try await request.collectBody(upTo: maxBodyBytes, from: monitor))
                report.update {
                    $0.model = chat.model
                    $0.isStream = chat.isStream
                }
                return try await relay.answer(chat, report: report)
            }
            return response(reply, report, monitor)
        } catch let error as GatewayError {
            return response(error, report)
        } catch  where monitor.isClosed {
            // The guard has written the access line of a request that it has refused.
            if !monitor.isRefused { report.end(.cancelled, status: 499) }
            // Nobody reads this answer; it only ends the connection's bookkeeping.
            return Response(GatewayError(.interrupted, "the client closed the connection", status: 499))
        } catch is CancellationError {
            return response(GatewayError(.interrupted, "the server is shutting down"), report)
        } catch {
            return response(GatewayError(unexpected: error, context.logger), report)
        }
    }

    private func response(_ error: GatewayError, _ report: RequestReport) -> Response {
        report.end(.init(error), status: error.status, error: error)
        var response = Response(error)
        add(to: &response, report)
        return response
    }

    private func response(_ reply: ChatRelay.Reply, _ report: RequestReport, _ monitor: ConnectionMonitor) -> Response {
        var response: Response
        switch reply {
        case .completion(let body, let headers):
            response = Response(status: .ok, headers: headers, body: .init(byteBuffer: body))
            report.end(.success, status: 200)
        case .stream(let stream, let headers):
            response = Response(
                status: .ok, headers: headers,
                body: ResponseBody { writer in
                    let registration = monitor.whenStopped { stream.cancel() }
                    defer { monitor.forget(registration) }
                    var reader = stream.makeReader(isClientGone: { monitor.isClosed })
                    while let bytes = try await reader.next() { try await writer.write(bytes) }
                    try await writer.finish(nil)
                })
            response.headers[.cacheControl] = "no-cache"
            // Tells nginx in front of Sage not to hold events back.
            response.headers[.accelBuffering] = "no"
        }
        add(to: &response, report)
        return response
    }

    private func add(to response: inout Response, _ report: RequestReport) {
        let details = report.current
        response.headers[.requestID] = report.id
        response.headers[.attempts] = String(details.attempts)
        response.headers[.fallbacks] = String(details.fallbacks)
        response.headers[.overhead] = report.overhead.preciseMilliseconds
        if let target = details.target { response.headers[.target] = target.headerSafe }
    }
}

extension Request {
    /// Reads the body, within a limit.
    ///
    /// - Throws: ``GatewayError`` when it is too large; `CancellationError` when the client went before its end, since
    ///   the body then just stops.
    func collectBody(upTo limit: Int, from client: ConnectionMonitor) async throws -> ByteBuffer {
        let tooLarge = GatewayError(.requestTooLarge, "the body is larger than \(limit) bytes")
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
    fileprivate var headerSafe: String {
        String(String.UnicodeScalarView(unicodeScalars.map { (0x20...0x7E).contains($0.value) ? $0 : "?" }))
    }
}

extension HTTPField.Name {
    fileprivate static let accelBuffering: HTTPField.Name = {
        guard let name = HTTPField.Name("x-accel-buffering") else {
            preconditionFailure("Internal inconsistency: x-accel-buffering")
        }
        return name
    }()
}
