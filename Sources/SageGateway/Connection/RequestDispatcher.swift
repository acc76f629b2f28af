import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import SageLLM

/// Gets each request answered: those to models on the event loop, all others by the framework's router.
struct RequestDispatcher: Sendable {
    /// What answers `POST` on a path without the router.
    let models: [String: ModelAnswering]
    let router: any HTTPResponder<GatewayRequestContext>
    let maxBodyBytes: Int
    let serverName: String
    let logger: Logger

    typealias ModelAnswering = @Sendable (HTTPRequest, ClientConnection) async -> ModelAnswer

    func answer(_ head: HTTPRequest, on connection: ClientConnection) async {
        if head.method == .post, let path = head.path, let model = models[path] {
            let answer = await ask(model, head, connection)
            switch answer.body {
            case .whole(let bytes):
                connection.write(answer.head, bytes)
            case .stream(let stream):
                connection.begin(answer.head)
                await write(stream, after: answer.opening, to: connection)
            }
        } else {
            await route(head, on: connection)
        }
    }

    /// Has a model answer, in a task of its own.
    ///
    /// A task keeps the memory of its deepest calls until its end, and that of the connection lives on while the answer
    /// streams, and while the client is silent.
    private func ask(
        _ model: ModelAnswering, _ head: HTTPRequest, _ connection: ClientConnection
    ) async -> ModelAnswer {
        async let answer = model(head, connection)
        return await answer
    }

    private func complete(_ fields: inout HTTPFields) {
        fields[.date] = HTTPDate.now
        fields[.server] = serverName
    }

    private func write(_ stream: RelayedStream, after opening: ByteBuffer?, to connection: ClientConnection) async {
        let monitor = connection.monitor
        let registration = monitor.whenStopped { stream.cancel() }
        defer { monitor.forget(registration) }
        var reader = stream.makeReader(isClientGone: { monitor.isClosed })
        do {
            if let opening { try await connection.writeChunk(opening) }
            while let bytes = try await reader.next() { try await connection.writeChunk(bytes) }
            connection.endChunks()
        } catch {
            // The client has gone: nobody reads how the answer ends.
        }
    }

    private func route(_ head: HTTPRequest, on connection: ClientConnection) async {
        let request = Request(
            head: head, body: RequestBody(asyncSequence: LazyBody(connection: connection, limit: maxBodyBytes)))
        let context = GatewayRequestContext(
            source: ApplicationRequestContextSource(channel: connection.channel, logger: logger))
        // Elsewhere: none of this is urgent, and some of it may take long or read files.
        await withTaskExecutorPreference(globalConcurrentExecutor) {
            var response: Response
            do {
                response = try await router.respond(to: request, context: context)
            } catch {
                response = Response(GatewayError(unexpected: error, logger), Dialect(path: head.path ?? "/"))
            }
            complete(&response.headers)
            await connection.onEventLoop { [head = response.head] in connection.begin(head) }
            do {
                try await response.body.write(AnswerWriter(connection: connection))
            } catch {
                // The client has gone, or the answer cannot be ended as it was announced.
                connection.channel.close(promise: nil)
            }
        }
    }
}

/// The body of a request as the framework wants it, read when it is asked for.
private struct LazyBody: AsyncSequence, Sendable {
    let connection: ClientConnection
    let limit: Int

    struct AsyncIterator: AsyncIteratorProtocol {
        let body: LazyBody
        var isRead = false

        mutating func next() async throws -> ByteBuffer? {
            guard !isRead else { return nil }
            isRead = true
            return try await body.connection.onEventLoop { [body] in try await body.connection.body(limit: body.limit) }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body: self) }
}

/// Writes the body of an answer of the framework.
private struct AnswerWriter: ResponseBodyWriter {
    let connection: ClientConnection

    mutating func write(_ buffer: ByteBuffer) async throws {
        try await connection.onEventLoop { [connection] in try await connection.write(buffer) }
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        await connection.onEventLoop { [connection] in connection.end() }
    }
}
