import HTTPTypes
import NIOCore
import SageGateway
import SageLLM

/// Asks a running server for its status.
struct StatusClient: Sendable {
    /// The largest answer to accept.
    static let maximumBytes = 16 << 20

    let client: ServerClient

    var server: ServerAddress { client.server }

    /// Asks once.
    ///
    /// - Returns: The answer of `GET /status`.
    /// - Throws: ``CommandFailure``, with ``ExitCode/unreachable`` if no server answers.
    func status() async throws(CommandFailure) -> JSONValue {
        let answer = try await client.send(.get, "/status", maximumBytes: Self.maximumBytes)
        if answer.status == 401 || answer.status == 403 {
            throw CommandFailure(
                .failed,
                "\(server.url) refuses to show its status; give its admin token with --token or SAGE_ADMIN_TOKEN")
        }
        guard answer.status == 200, let value = answer.json, StatusPage.isStatus(value) else {
            throw CommandFailure(
                .failed,
                "\(server.url) answers GET /status with \(answer.status), but not as Sage does; is it another server?"
            )
        }
        return value
    }
}
