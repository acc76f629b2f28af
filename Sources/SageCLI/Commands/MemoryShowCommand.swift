import ArgumentParser
import HTTPTypes

/// `sage memory show`.
struct MemoryShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a memory.",
        discussion: """
            Examples:
              sage memory show 01JD8Z3V6Q
            """)

    @Argument(help: "The id of the memory.")
    var id: String

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await server.withClient { client in
            let answer = try await client.json(.get, "/memory/\(PathText.encoded(id))")
            server.show(answer) { MemoryReport.page($0, $1) }
        }
    }
}
