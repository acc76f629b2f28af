import ArgumentParser

/// `sage session`.
struct SessionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session",
        abstract: "List, read, resume, mend, copy and remove conversations.",
        discussion: """
            Conversations live with a running server. One whose turn was cut off, because the server died or was \
            stopped, is interrupted: what had been said is kept, and resume goes on from there.

            Examples:
              sage session list --state interrupted
              sage session show support-4711
              sage session resume support-4711
              sage session export support-4711 --format openai > messages.json
            """,
        subcommands: [
            SessionListCommand.self, SessionShowCommand.self, SessionResumeCommand.self, SessionRepairCommand.self,
            SessionForkCommand.self, SessionExportCommand.self, SessionImportCommand.self, SessionDeleteCommand.self,
        ])

    /// The largest conversation in a file: as much as the server keeps of one.
    static let maximumBytes = 1 << 30

    /// The path of a conversation.
    static func path(_ id: String, _ rest: String = "") -> String {
        "/sessions/\(PathText.encoded(id))\(rest)"
    }
}

/// The id of a conversation, any text.
struct SessionArgument: ParsableArguments {
    @Argument(help: "The id of the conversation: any text.")
    var id: String

    func validate() throws {
        guard !id.isEmpty, !id.utf8.contains(0) else {
            throw ValidationError("the id is empty or has a NUL character; allowed is any other text")
        }
    }
}
