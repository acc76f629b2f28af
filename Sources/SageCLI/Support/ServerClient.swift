import HTTPTypes
import NIOCore
import SageGateway
import SageLLM

/// Talks to a running server.
struct ServerClient: Sendable {
    /// An answer that is read as a whole.
    struct Answer {
        let status: Int
        let body: ByteBuffer

        /// The body as JSON; nil when it is none.
        var json: JSONValue? { try? JSONValue(parsing: body) }
    }

    /// How long the server may take to begin an answer that asks no model, and between the parts of one.
    static let timeLimit = Duration.seconds(5)
    /// The largest answer to accept.
    static let maximumBytes = 256 << 20

    let server: ServerAddress
    let transport: any UpstreamTransport

    /// Sends a request and reads the whole answer.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - path: The path and the query, encoded.
    ///   - body: What is sent.
    ///   - timeLimit: How long the answer may take to begin, and between its parts.
    ///   - maximumBytes: The largest answer to accept.
    /// - Throws: ``CommandFailure``, with ``ExitCode/unreachable`` if no server answers.
    func send(
        _ method: HTTPRequest.Method, _ path: String, body: ByteBuffer = ByteBuffer(),
        timeLimit: Duration = Self.timeLimit, maximumBytes: Int = Self.maximumBytes
    ) async throws(CommandFailure) -> Answer {
        do throws(UpstreamFailure) {
            let response = try await transport.send(request(method, path, body: body, timeLimit: timeLimit))
            let body = try await response.body.collect(upTo: maximumBytes, within: timeLimit)
            return Answer(status: response.status, body: body)
        } catch {
            throw failure(error, "\(method) \(path.prefix { $0 != "?" })", timeLimit: timeLimit)
        }
    }

    /// Sends a request whose answer is JSON, and makes a failure of every other status than success.
    func json(
        _ method: HTTPRequest.Method, _ path: String, body: JSONValue? = nil, timeLimit: Duration = Self.timeLimit
    ) async throws(CommandFailure) -> JSONValue {
        let answer = try await send(
            method, path, body: body.map { ByteBuffer(string: $0.description) } ?? ByteBuffer(), timeLimit: timeLimit)
        return try json(answer, of: "\(method) \(path.prefix { $0 != "?" })")
    }

    /// The JSON of a successful answer.
    func json(_ answer: Answer, of what: String) throws(CommandFailure) -> JSONValue {
        try check(answer, of: what)
        if answer.body.readableBytes == 0 { return .object([:]) }
        guard let value = answer.json else { throw foreign(what, answer.status) }
        return value
    }

    /// Throws what the server says when it does not say success.
    func check(_ answer: Answer, of what: String) throws(CommandFailure) {
        guard !(200..<300).contains(answer.status) else { return }
        throw refusal(status: answer.status, answer.json, what)
    }

    /// What a refusal of the server means to the user.
    func refusal(status: Int, _ body: JSONValue?, _ what: String) -> CommandFailure {
        guard let message = body?["error"]?["message"]?.stringValue else { return foreign(what, status) }
        if status == 401 || status == 403 {
            return CommandFailure(
                .failed,
                "\(server.url) refuses: \(message.printable); give an API key with --token, SAGE_API_KEY or "
                    + "SAGE_ADMIN_TOKEN")
        }
        let code = body?["error"]?["code"]?.stringValue
        return CommandFailure(
            status == 400 || status == 413 ? .usage : .failed,
            message.printable + (code.map { " (\($0.printable))" } ?? ""))
    }

    /// A request with the server's credentials.
    func request(
        _ method: HTTPRequest.Method, _ path: String, body: ByteBuffer, timeLimit: Duration
    ) -> UpstreamRequest {
        var headers: HTTPFields = [.accept: "application/json"]
        if body.readableBytes > 0 { headers[.contentType] = "application/json" }
        if let token = server.token { headers[.authorization] = "Bearer \(token.reveal())" }
        return UpstreamRequest(
            method: method, url: "\(server.url)\(path)", headers: headers, body: body,
            responseHeadersTimeout: timeLimit)
    }

    /// What a failure of the network means to the user.
    func failure(_ failure: UpstreamFailure, _ what: String, timeLimit: Duration = Self.timeLimit) -> CommandFailure {
        func unreachable(_ reason: String) -> CommandFailure {
            CommandFailure(.unreachable, "\(server.url) cannot be reached: \(reason); is sage serve running?")
        }
        return switch failure {
        case .connection(let reason, let detail):
            unreachable(ProviderError.transport(target: "", reason, detail: detail).message)
        case .connectTimeout, .responseHeadersTimeout, .bodyTimeout:
            unreachable("no answer within \(timeLimit.readable)")
        case .bodyTooLarge(let limit):
            CommandFailure(.failed, "\(server.url) answers \(what) with more than \(limit) bytes")
        case .invalidRequest(let detail): unreachable(detail.printable)
        case .cancelled: unreachable("cancelled")
        }
    }

    private func foreign(_ what: String, _ status: Int) -> CommandFailure {
        CommandFailure(
            .failed, "\(server.url) answers \(what) with \(status), but not as Sage does; is it another server?")
    }
}

extension ServerClient {
    /// Runs a command with a connection to a server and closes it in every way out.
    static func with(
        _ server: ServerAddress, _ body: (ServerClient) async throws -> Void
    ) async throws {
        let transport = PooledTransport(connectTimeout: timeLimit)
        do {
            try await body(ServerClient(server: server, transport: transport))
        } catch {
            await transport.shutdown()
            throw error
        }
        await transport.shutdown()
    }
}
