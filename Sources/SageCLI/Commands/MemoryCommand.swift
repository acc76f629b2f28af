import ArgumentParser

/// `sage memory`.
struct MemoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "memory",
        abstract: "Remember texts and find them again.",
        discussion: """
            Memories live with a running server and are recalled for the answers of sage chat.

            Examples:
              sage memory save 'Anna prefers short answers.'
              sage memory search 'How does Anna like her answers?'
            """,
        subcommands: [
            MemorySaveCommand.self, MemorySearchCommand.self, MemoryShowCommand.self, MemoryDeleteCommand.self,
            MemoryReindexCommand.self,
        ])
}
