import ArgumentParser
import HTTPTypes

/// `sage memory search`.
struct MemorySearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find memories by meaning, by their words, or both.",
        discussion: """
            Examples:
              sage memory search 'short answers'
              sage memory search --mode text --limit 20 anna
            """)

    /// How memories are compared with the question.
    enum Mode: String, CaseIterable, ExpressibleByArgument {
        case hybrid, vector, text
    }

    @Argument(help: "What to look for.")
    var query: [String]

    @Option(help: "How to compare: by meaning (vector), by words (text), or both.")
    var mode = Mode.hybrid

    @Option(
        name: [.customShort("k"), .long], parsing: .unconditional, help: "How many to show, 1 to 1000.",
        transform: OptionValue.integer(1...1_000))
    var limit = 10

    @Option(name: [.short, .long], help: "The namespace. (default: the server's)")
    var namespace: String?

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await server.withClient { client in
            let path = PathText.path(
                "/memory/search",
                [
                    ("q", query.joined(separator: " ")), ("k", "\(limit)"), ("mode", mode.rawValue),
                    ("namespace", namespace),
                ])
            let answer = try await client.json(.get, path, timeLimit: .seconds(60))
            server.show(answer) { MemoryReport.found($0, $1) }
        }
    }
}
