import ArgumentParser
import SageLLM
import SageResilience

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `sage session resume`.
struct SessionResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Finish the turn of an interrupted conversation and print its answer.",
        discussion: """
            A tool that was running when the turn was cut off is run again only if it may be; otherwise the model is \
            told that nobody knows whether it ran.

            Examples:
              sage session resume support-4711
            """)

    @OptionGroup var session: SessionArgument
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let retry = try RetryPolicy.exponential("resume", initialDelay: .milliseconds(250), maxRetries: 5)
        try await server.withClient { client in
            var screen = ChatScreen(style: .standardOutput)
            let request = ChatTurn.Request(session: session.id, message: nil, key: UUID().uuidString.lowercased())
            let answer = try await ChatTurn(client: client, retry: retry).run(request) { event in
                if !server.json { screen.show(event) }
            }
            if server.json { Terminal.write(answer.indented) } else { screen.endLine() }
        }
    }
}
