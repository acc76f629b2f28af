import ArgumentParser
import HTTPTypes
import NIOCore
import SageLLM

/// `sage session export`.
struct SessionExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a conversation to a file or to the standard output.",
        discussion: """
            Formats: sage has everything, as JSON lines; snapshot is one JSON document with the last messages; openai \
            and anthropic are the messages as their APIs take them.

            Examples:
              sage session export support-4711 > support.jsonl
              sage session export support-4711 --format anthropic --output messages.json
            """)

    @OptionGroup var session: SessionArgument

    @Option(help: "The format of the file.")
    var format = SessionFormat.sage

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("The file to write. (default: the standard output)", valueName: "file"),
        completion: .file())
    var output: String?

    @Flag(help: "Overwrite the file if it exists.")
    var force = false

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await server.withClient { client in
            let path = PathText.path(SessionCommand.path(session.id, "/export"), [("format", format.rawValue)])
            let answer = try await client.send(
                .get, path, timeLimit: .seconds(600), maximumBytes: SessionCommand.maximumBytes)
            try client.check(answer, of: "the export")
            let text = String(buffer: answer.body)
            if let output {
                try TextFile.write(text, to: output, overwriting: force)
                Terminal.writeError("\(output.printable): \(answer.body.readableBytes) bytes")
            } else {
                Terminal.write(text.hasSuffix("\n") ? String(text.dropLast()) : text)
            }
        }
    }
}

/// The formats of conversations in files.
enum SessionFormat: String, CaseIterable, ExpressibleByArgument {
    case sage, snapshot, openai, anthropic
}
