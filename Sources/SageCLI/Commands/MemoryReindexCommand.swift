import ArgumentParser
import HTTPTypes
import SageLLM

/// `sage memory reindex`.
struct MemoryReindexCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reindex",
        abstract: "Make the embeddings that are missing, with the configured model, and the index of words anew.",
        discussion: """
            Waits until it is done; should this command be stopped, the server makes up for what is left, and sage \
            status shows how many those are. Until a memory has its new embedding it is found by its words.

            Examples:
              sage memory reindex
            """)

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await server.withClient { client in
            let answer = try await client.json(.post, "/memory/reindex", timeLimit: .seconds(3_600))
            server.show(answer) { MemoryReport.reindexed($0, $1) }
            if let problem = answer["problem"], problem != .null { throw CommandFailure(.failed) }
        }
    }
}
