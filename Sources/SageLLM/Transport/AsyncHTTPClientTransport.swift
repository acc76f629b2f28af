import AsyncHTTPClient
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Sends requests with AsyncHTTPClient.
///
/// The connection pool comes into being with the first request. A transport that is dropped closes its connections some
/// time later, when the last of its exchanges is over; call ``shutdown()`` to have them closed at a known moment, for
/// example before the process ends. Thread-safe.
public final class AsyncHTTPClientTransport: UpstreamTransport {
    private enum State {
        case unused
        case inUse(ConnectionPool)
        case shutDown
    }

    private let configuration: HTTPClient.Configuration
    private let state = Mutex(State.unused)

    /// Creates a transport with a connection pool of its own.
    ///
    /// - Parameter connectTimeout: How long to wait for a connection, TLS included. Defaults to 5 s.
    public init(connectTimeout: Duration = .seconds(5)) {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: TimeAmount(connectTimeout)),
            decompression: .disabled)
        // The default of 8 connections a host would queue the ninth concurrent stream behind the others.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 16_384
        // A refused connection is the router's to deal with, at once; the pool would try again until the timeout.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        self.configuration = configuration
    }

    /// Sends a request and waits for the head of its answer.
    ///
    /// - Parameter request: The request.
    /// - Throws: ``UpstreamFailure``; `cancelled` after ``shutdown()``.
    public func send(_ request: UpstreamRequest) async throws(UpstreamFailure) -> UpstreamResponse {
        let clientRequest: HTTPClient.Request
        do {
            clientRequest = try HTTPClient.Request(
                url: request.url,
                method: HTTPMethod(rawValue: request.method.rawValue),
                headers: HTTPHeaders(request.headers.map { ($0.name.rawName, $0.value) }),
                body: request.body.readableBytes > 0 ? .byteBuffer(request.body) : nil)
        } catch {
            throw .invalidRequest(detail: "\(error)")
        }
        guard let pool = usablePool() else { throw .cancelled }
        let exchange = Exchange(pool: pool)
        let task = pool.client.execute(request: clientRequest, delegate: exchange)
        // A client that was shut down meanwhile fails the task without a word to the delegate.
        task.futureResult.whenFailure { exchange.fail($0) }
        return try await exchange.head(of: task, within: request.responseHeadersTimeout)
    }

    /// Closes all connections, ends what is being sent, and refuses further requests.
    public func shutdown() async {
        let pool = state.withLock { state -> ConnectionPool? in
            defer { state = .shutDown }
            guard case .inUse(let pool) = state else { return nil }
            return pool
        }
        await pool?.shutdown()
    }

    private func usablePool() -> ConnectionPool? {
        state.withLock { state in
            switch state {
            case .shutDown: return nil
            case .inUse(let pool): return pool
            case .unused:
                let pool = ConnectionPool(configuration)
                state = .inUse(pool)
                return pool
            }
        }
    }
}

/// A client that is shut down with its last reference: one that is just dropped ends a debug build.
///
/// The transport and the exchanges under way share it, so that a stream outlives a transport that was dropped.
private final class ConnectionPool: Sendable {
    let client: HTTPClient

    init(_ configuration: HTTPClient.Configuration) {
        client = HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
    }

    deinit {
        // Elsewhere, because the last reference may go while the client holds one of its locks. After a shutdown by
        // hand the client refuses a second one, which does no harm.
        MultiThreadedEventLoopGroup.singleton.any().execute { [client] in client.shutdown { _ in } }
    }

    func shutdown() async {
        // The only failure is a second shutdown, after which there is nothing left to do either.
        try? await client.shutdown()
    }
}

/// One request and its answer.
private final class Exchange: HTTPClientResponseDelegate {
    private enum State {
        case sending
        case waiting(CheckedContinuation<Result<UpstreamResponse, UpstreamFailure>, Never>)
        case answered(Result<UpstreamResponse, UpstreamFailure>)
    }

    /// Keeps the connections open until the answer has been read.
    private let pool: ConnectionPool
    private let state = Mutex(State.sending)
    private let body = Mutex<UpstreamBody?>(nil)

    init(pool: ConnectionPool) {
        self.pool = pool
    }

    func head(
        of task: HTTPClient.Task<Void>, within limit: Duration?
    ) async throws(UpstreamFailure) -> UpstreamResponse {
        let timer = limit.map { limit in
            task.eventLoop.scheduleTask(in: TimeAmount(limit)) {
                if self.answer(.failure(.responseHeadersTimeout)) { task.cancel() }
            }
        }
        defer { timer?.cancel() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Result<UpstreamResponse, UpstreamFailure>? in
                    if case .answered(let result) = state { return result }
                    state = .waiting(continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            if answer(.failure(.cancelled)) { task.cancel() }
        }
        return try result.get()
    }

    /// Decides what the sender gets, once; later decisions are void.
    @discardableResult
    private func answer(_ result: Result<UpstreamResponse, UpstreamFailure>) -> Bool {
        let (isFirst, sender) = state.withLock {
            state -> (Bool, CheckedContinuation<Result<UpstreamResponse, UpstreamFailure>, Never>?) in
            switch state {
            case .answered:
                return (false, nil)
            case .sending:
                state = .answered(result)
                return (true, nil)
            case .waiting(let continuation):
                state = .answered(result)
                return (true, continuation)
            }
        }
        sender?.resume(returning: result)
        return isFirst
    }

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        let body = UpstreamBody(eventLoop: task.eventLoop) { task.cancel() }
        self.body.withLock { $0 = body }
        var headers = HTTPFields()
        for (name, value) in head.headers {
            guard let name = HTTPField.Name(name) else { continue }
            headers.append(HTTPField(name: name, value: value))
        }
        answer(.success(UpstreamResponse(status: Int(head.status.code), headers: headers, body: body)))
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        guard let body = body.withLock({ $0 }) else { return task.eventLoop.makeSucceededVoidFuture() }
        let promise = task.eventLoop.makePromise(of: Void.self)
        if body.receive(buffer, resume: { promise.succeed() }) { promise.succeed() }
        return promise.futureResult
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) throws {
        body.withLock { $0 }?.finish()
    }

    func didReceiveError(task: HTTPClient.Task<Void>, _ error: any Error) {
        fail(error)
    }

    /// Ends the answer wherever it is; does nothing after its end.
    func fail(_ error: any Error) {
        let failure = UpstreamFailure(error)
        answer(.failure(failure))
        body.withLock { $0 }?.finish(.failure(failure))
    }
}

extension UpstreamFailure {
    /// What the client's error means for the exchange.
    init(_ error: any Error) {
        switch error {
        case let error as HTTPClientError:
            self.init(error)
        case HTTPParserError.invalidEOFState:
            self = .connection(.connectionClosed)
        case is HTTPParserError:
            self = .connection(.protocolViolation)
        case let error as NIOConnectionError:
            self.init(error)
        // A certificate is checked in the handshake.
        case NIOSSLError.handshakeFailed, is NIOSSLExtraError:
            self = .connection(.tlsHandshake, detail: "\(error)")
        case NIOSSLError.uncleanShutdown:
            self = .connection(.connectionClosed)
        // It may be in the middle of an exchange, of which the service has seen the request.
        case is NIOSSLError:
            self = .connection(.protocolViolation, detail: "\(error)")
        case let error as IOError:
            self.init(error)
        default:
            self = .connection(.other, detail: "\(type(of: error))")
        }
    }

    private init(_ error: HTTPClientError) {
        switch error {
        case .connectTimeout, .getConnectionFromPoolTimeout: self = .connectTimeout
        case .tlsHandshakeTimeout: self = .connection(.tlsHandshake, detail: "timed out")
        case .cancelled, .alreadyShutdown: self = .cancelled
        // Before the head of the answer it may be a pooled connection that the service closed just when it was used
        // again. The client does not tell a new connection from a used one, nor whether the service has seen the
        // request, so this cannot be told apart from a lost answer and is left to the retry policy.
        case .remoteConnectionClosed: self = .connection(.connectionClosed)
        default: self = .invalidRequest(detail: error.shortDescription)
        }
    }

    private init(_ error: IOError) {
        switch error.errnoCode {
        case ECONNRESET: self = .connection(.connectionReset)
        // An address is connected to directly, without the list of attempts that a name has.
        case ECONNREFUSED: self = .connection(.connectFailed, detail: "it was refused")
        case EHOSTUNREACH, ENETUNREACH: self = .connection(.connectFailed, detail: "no route to the host")
        default: self = .connection(.connectionClosed)
        }
    }

    private init(_ error: NIOConnectionError) {
        if error.connectionErrors.isEmpty, error.dnsAError != nil || error.dnsAAAAError != nil {
            self = .connection(.nameResolution, detail: error.host)
            return
        }
        let isRefused = error.connectionErrors.contains { ($0.error as? IOError)?.errnoCode == ECONNREFUSED }
        self = .connection(.connectFailed, detail: "\(error.host):\(error.port)" + (isRefused ? " refused it" : ""))
    }
}
