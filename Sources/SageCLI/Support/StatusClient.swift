import HTTPTypes
import NIOCore
import SageGateway
import SageLLM

/// Asks a running server for its status.
struct StatusClient: Sendable {
    /// How long the server may take to begin its answer, and between the parts of it.
    static let timeLimit = Duration.seconds(5)
    /// The largest answer to accept.
    static let maximumBytes = 16 << 20

    let server: ServerAddress
    let transport: any UpstreamTransport

    /// Asks once.
    ///
    /// - Returns: The answer of `GET /status`.
    /// - Throws: ``CommandFailure``, with ``ExitCode/unreachable`` if no server answers.
    func status() async throws(CommandFailure) -> JSONValue {
        var headers: HTTPFields = [.accept: "application/json"]
        if let token = server.token { headers[.authorization] = "Bearer \(token.reveal())" }
        let request = UpstreamRequest(
            method: .get, url: "\(server.url)/status", headers: headers, responseHeadersTimeout: Self.timeLimit)
        let status: Int
        let body: ByteBuffer
        do throws(UpstreamFailure) {
            let response = try await transport.send(request)
            status = response.status
            body = try await response.body.collect(upTo: Self.maximumBytes, within: Self.timeLimit)
        } catch {
            throw failure(error)
        }
        if status == 401 || status == 403 {
            throw CommandFailure(
                .failed,
                "\(server.url) refuses to show its status; give its admin token with --token or SAGE_ADMIN_TOKEN")
        }
        guard status == 200, let value = try? JSONValue(parsing: body), StatusPage.isStatus(value) else {
            throw CommandFailure(
                .failed, "\(server.url) answers GET /status with \(status), but not as Sage does; is it another server?"
            )
        }
        return value
    }

    private func failure(_ failure: UpstreamFailure) -> CommandFailure {
        func unreachable(_ reason: String) -> CommandFailure {
            CommandFailure(.unreachable, "\(server.url) cannot be reached: \(reason); is sage serve running?")
        }
        return switch failure {
        case .connection(let reason, let detail):
            unreachable(ProviderError.transport(target: "", reason, detail: detail).message)
        case .connectTimeout, .responseHeadersTimeout, .bodyTimeout:
            unreachable("no answer within \(Self.timeLimit.readable)")
        case .bodyTooLarge(let limit):
            CommandFailure(.failed, "\(server.url) answers GET /status with more than \(limit) bytes")
        case .invalidRequest(let detail): unreachable(detail.printable)
        case .cancelled: unreachable("cancelled")
        }
    }
}
