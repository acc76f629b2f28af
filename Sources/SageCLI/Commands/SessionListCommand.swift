import ArgumentParser
import HTTPTypes
import SageLLM

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `sage session list`.
struct SessionListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List conversations, the one that changed last first.",
        discussion: """
            Examples:
              sage session list
              sage session list --state interrupted --limit 20
              sage session list --all --json
            """)

    /// The states that conversations have.
    enum State: String, CaseIterable, ExpressibleByArgument {
        case running, idle, interrupted
    }

    @OptionGroup var server: ServerOptions

    @Option(help: "Only those in this state.")
    var state: State?

    @Option(
        parsing: .unconditional, help: "How many to show, 1 to 1000.", transform: OptionValue.integer(1...1_000))
    var limit = 50

    @Flag(help: "Show all of them, however many.")
    var all = false

    func run() async throws {
        try await server.withClient { client in
            var sessions: [JSONValue] = []
            var cursor: String?
            repeat {
                let page = try await client.json(
                    .get,
                    PathText.path(
                        "/sessions", [("state", state?.rawValue), ("limit", "\(limit)"), ("cursor", cursor)]))
                sessions += page["sessions"]?.arrayValue ?? []
                cursor = page["next_cursor"]?.stringValue
            } while all && cursor != nil
            let answer = JSONValue.object([
                "sessions": .array(sessions), "next_cursor": cursor.map(JSONValue.string) ?? .null,
            ])
            server.show(answer) { _, style in
                SessionReport.table(sessions, now: .now, style) + (cursor == nil ? [] : ["", "There are more: --all"])
            }
        }
    }
}
