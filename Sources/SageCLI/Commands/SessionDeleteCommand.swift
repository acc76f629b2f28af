import ArgumentParser

/// `sage session delete`.
struct SessionDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Remove conversations for good.",
        discussion: """
            Examples:
              sage session delete support-4711
              sage session delete support-4711 --memories
            """)

    @Argument(help: "The ids of the conversations.")
    var ids: [String]

    @Flag(help: "Forget what was remembered of them, too.")
    var memories = false

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let removal = Removal(things: "conversations", participle: "deleted", timeLimit: .seconds(60))
        try await removal.run(ids, server) { id in SessionCommand.path(id, memories ? "?memories=true" : "") }
    }
}
