import ArgumentParser
import HTTPTypes
import SageLLM

/// `sage session fork`.
struct SessionForkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fork",
        abstract: "Copy a conversation, or its beginning, into a new one.",
        discussion: """
            The copy does not depend on the original.

            Examples:
              sage session fork support-4711
              sage session fork support-4711 --at 12 --id support-4711-b
            """)

    @OptionGroup var session: SessionArgument

    @Option(
        parsing: .unconditional, help: "The last entry that is taken over, by its number. (default: the last one)",
        transform: OptionValue.integer(1...Int.max))
    var at: Int?

    @Option(help: "The id of the copy. (default: a new one)")
    var id: String?

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await server.withClient { client in
            var body = JSONObject()
            if let at { body["seq"] = .integer(Int64(at)) }
            if let id { body["session_id"] = .string(id) }
            let answer = try await client.json(
                .post, SessionCommand.path(session.id, "/fork"), body: .object(body), timeLimit: .seconds(60))
            server.show(answer) { answer, _ in [(answer["session_id"]?.stringValue ?? "-").printable] }
        }
    }
}
