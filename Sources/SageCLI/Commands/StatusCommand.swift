import ArgumentParser
import SageGateway
import SageLLM
import UnixSignals

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `sage status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show health, targets and circuit breakers of a running server.",
        discussion: """
            Exits with 0 once the status was shown, whatever it says: use the endpoint /health/ready to probe. Exits \
            with 69 if no server answers within 5 s. From another machine the server wants its admin token.

            Examples:
              sage status
              sage status --watch
              sage status --url http://10.0.0.7:4141 --json
            """)

    @Option(
        help: ArgumentHelp(
            "The address of the server. (default: SAGE_URL, else \(ServerAddress.fallback))"),
        completion: .list([ServerAddress.fallback]))
    var url: String?

    @Option(
        help: ArgumentHelp(
            "The admin token. Other users of this machine can see it in the list of processes; prefer the variable. "
                + "(default: SAGE_ADMIN_TOKEN)"))
    var token: String?

    @Flag(name: [.short, .long], help: "Show it again every second until interrupted; with --json a line each time.")
    var watch = false

    @Flag(help: "Print the server's answer as JSON.")
    var json = false

    func run() async throws {
        let server = try ServerAddress(
            url: url, token: token, environment: ProcessInfo.processInfo.environment)
        try await ServerClient.with(server) { client in
            let client = StatusClient(client: client)
            // A server that was never there is a mistake, one that goes away while it is watched is news.
            let status = try await client.status()
            if watch {
                try await self.watch(client, first: status)
            } else {
                Terminal.write(json ? status.indented : page(status, server).joined(separator: "\n"))
            }
        }
    }

    private func page(_ status: JSONValue, _ server: ServerAddress) -> [String] {
        StatusPage(status: status, address: server.url.description, now: .now).lines(.standardOutput)
    }

    private func watch(_ client: StatusClient, first: JSONValue) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { return }
            }
            group.addTask {
                guard show(first, client.server, isFirst: true) else { return }
                while true {
                    try await Task.sleep(for: .seconds(1))
                    do throws(CommandFailure) {
                        guard show(try await client.status(), client.server, isFirst: false) else { return }
                    } catch {
                        try Task.checkCancellation()
                        guard showFailure(error) else { return }
                    }
                }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Shows a status; false when nobody reads any more.
    private func show(_ status: JSONValue, _ server: ServerAddress, isFirst: Bool) -> Bool {
        if json { return Terminal.write(status.description) }
        return draw(page(status, server), isFirst: isFirst)
    }

    private func showFailure(_ failure: CommandFailure) -> Bool {
        if json {
            failure.report()
            return true
        }
        return draw([failure.message ?? "", "", "Trying again every second."], isFirst: false)
    }

    /// Draws over what stood there before, line by line so that nothing flickers; elsewhere than on a terminal the
    /// pages follow one another.
    private func draw(_ lines: [String], isFirst: Bool) -> Bool {
        guard Terminal.isTerminal else {
            return Terminal.write((isFirst ? "" : "\n") + lines.joined(separator: "\n"))
        }
        let page = lines.map { "\($0)\u{1B}[K" }.joined(separator: "\n")
        return Terminal.write("\(isFirst ? "\u{1B}[2J" : "")\u{1B}[H\(page)\u{1B}[J")
    }
}
