import ArgumentParser
import SageGateway
import SageLLM

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Which server a command talks to, and as whom.
struct ServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The address of the server. (default: SAGE_URL, else \(ServerAddress.fallback))"),
        completion: .list([ServerAddress.fallback]))
    var url: String?

    @Option(
        help: ArgumentHelp(
            "An API key, or the admin token. Other users of this machine can see it in the list of processes; prefer "
                + "the variables. (default: SAGE_API_KEY, else SAGE_ADMIN_TOKEN)"))
    var token: String?

    @Flag(help: "Print JSON.")
    var json = false

    /// Runs a command with a connection to the server.
    func withClient(_ body: (ServerClient) async throws -> Void) async throws {
        let environment = ProcessInfo.processInfo.environment
        let key = environment["SAGE_API_KEY"] ?? ""
        let server = try ServerAddress(
            url: url, token: token ?? (key.isEmpty ? nil : key), environment: environment)
        try await ServerClient.with(server, body)
    }

    /// Prints an answer: as it is with `--json`, else what is made of it.
    func show(_ answer: JSONValue, _ lines: (JSONValue, TerminalStyle) -> [String]) {
        Terminal.write(json ? answer.indented : lines(answer, .standardOutput).joined(separator: "\n"))
    }
}
