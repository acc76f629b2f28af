import ArgumentParser

/// `sage memory delete`.
struct MemoryDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Forget memories for good.",
        discussion: """
            Examples:
              sage memory delete 01JD8Z3V6Q
            """)

    @Argument(help: "The ids of the memories.")
    var ids: [String]

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await Removal(things: "memories", participle: "forgotten").run(ids, server) { id in
            "/memory/\(PathText.encoded(id))"
        }
    }
}
