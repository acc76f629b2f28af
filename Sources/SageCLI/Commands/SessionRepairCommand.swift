import ArgumentParser
import HTTPTypes
import SageLLM

/// `sage session repair`.
struct SessionRepairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Record what is wrong with a conversation, so that it can go on.",
        discussion: """
            Damaged records are put aside, an unfinished turn is marked as interrupted, and what was done is added to \
            the conversation. Nothing that is intact is changed or removed.

            Examples:
              sage session repair support-4711
            """)

    @OptionGroup var session: SessionArgument
    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await server.withClient { client in
            let answer = try await client.json(
                .post, SessionCommand.path(session.id, "/repair"), timeLimit: .seconds(60))
            server.show(answer) { answer, style in
                let lines = SessionReport.repair(answer, style)
                return lines.isEmpty ? ["\(session.id.printable) is intact."] : lines
            }
        }
    }
}
