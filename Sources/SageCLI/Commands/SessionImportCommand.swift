import ArgumentParser
import HTTPTypes
import NIOCore
import SageLLM

/// `sage session import`.
struct SessionImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Add a conversation from a file.",
        discussion: """
            Takes what sage session export writes, snapshots of the Python program that Sage grew from, messages of \
            OpenAI's and Anthropic's APIs, and JSON lines of Claude Code. A conversation that exists is never changed: \
            choose another id. The server takes as much as its server.maxBodyBytes allows, 32 MiB unless it is \
            configured otherwise.

            Examples:
              sage session import support.jsonl
              sage session import messages.json --format openai --id support-4711
            """)

    /// The largest file to send.
    private static let limit = SessionCommand.maximumBytes

    /// The formats that can be read.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case sage, snapshot, openai, anthropic, claude
        case claudeCode = "claude-code"

        /// The server's word for it.
        var name: String { self == .claudeCode ? Self.claude.rawValue : rawValue }
    }

    @Argument(help: "The file; - is the standard input.", completion: .file())
    var file: String

    @Option(help: "The format of the file. (default: what its beginning looks like)")
    var format: Format?

    @Option(help: "The id of the conversation. (default: the one in the file, else a new one)")
    var id: String?

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let bytes =
            file == "-"
            ? ByteBuffer(bytes: try Terminal.readInput(limit: Self.limit))
            : ByteBuffer(string: try TextFile.read(file, limit: Self.limit))
        try await server.withClient { client in
            let path = PathText.path("/sessions/import", [("format", format?.name), ("session_id", id)])
            let answer = try client.json(
                try await client.send(.post, path, body: bytes, timeLimit: .seconds(600)), of: "the import")
            server.show(answer) { answer, style in
                [(answer["session_id"]?.stringValue ?? "-").printable]
                    + SessionReport.changes(answer["changes"], "changed or left out", style)
            }
        }
    }
}
