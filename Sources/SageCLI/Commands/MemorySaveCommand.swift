import ArgumentParser
import HTTPTypes
import SageLLM

/// `sage memory save`.
struct MemorySaveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "save",
        abstract: "Remember a text.",
        discussion: """
            Prints the memory's id. The same text in the same namespace is kept once. A text is saved although its \
            embedding cannot be made at the moment; that is made up for.

            Examples:
              sage memory save 'Anna prefers short answers.'
              sage memory save --namespace team-a - < notes.txt
            """)

    /// The largest text that is read.
    private static let limit = 16 << 20

    @Argument(help: "The text; - is the standard input.")
    var text: String

    @Option(name: [.short, .long], help: "The namespace, searched by itself. (default: the server's)")
    var namespace: String?

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let text =
            text == "-" ? String(decoding: try Terminal.readInput(limit: Self.limit), as: UTF8.self) : text
        try await server.withClient { client in
            var body = JSONObject()
            body["text"] = .string(text)
            if let namespace { body["namespace"] = .string(namespace) }
            let answer = try await client.json(.post, "/memory", body: .object(body), timeLimit: .seconds(60))
            server.show(answer) { MemoryReport.saved($0, $1) }
        }
    }
}
