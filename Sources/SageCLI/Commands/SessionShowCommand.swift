import ArgumentParser
import HTTPTypes

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `sage session show`.
struct SessionShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a conversation: its state, what was lost if anything was, and its messages.",
        discussion: """
            Examples:
              sage session show support-4711
              sage session show support-4711 --json
            """)

    @OptionGroup var session: SessionArgument
    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await server.withClient { client in
            let answer = try await client.json(.get, SessionCommand.path(session.id))
            server.show(answer) { SessionReport.page($0, now: .now, $1) }
        }
    }
}
