import ArgumentParser
import NIOCore
import SageGateway
import SageMock
import UnixSignals

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `sage mock`.
struct MockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mock",
        abstract: "Run a provider that misbehaves on request.",
        discussion: """
            A provider for tests in the words of OpenAI, Anthropic and Gemini: it answers at once and the same each \
            time, and fails as a script says. The script can be replaced while it runs (PUT /_mock/script), and what arrived can be read \
            (GET /_mock/requests). Documentation/mock-provider.md describes scripts and endpoints.

            Examples:
              sage mock
              sage mock --port 9001 --script faults.yaml
            """)

    @Option(help: "The address to listen on. Whoever reaches it can replace the script.")
    var host = "127.0.0.1"

    @Option(
        parsing: .unconditional, help: "The port to listen on; 0 takes a free one. (default: 9000)",
        transform: OptionValue.port)
    var port = 9_000

    @Option(help: "The fault script, YAML or JSON.", completion: .file(extensions: ["yaml", "yml", "json"]))
    var script: String?

    @Option(
        parsing: .unconditional, help: "The seed for faults with a probability, so that runs are alike.",
        transform: OptionValue.seed)
    var seed: UInt64?

    func run() async throws {
        let script = try loadScript()
        let provider = MockProvider(
            MockProvider.Configuration(host: host, port: port, script: script, seed: seed),
            onServerRunning: { [host] port in
                Terminal.write("sage mock is listening on http://\(host):\(port)")
            })
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await provider.run() }
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { return }
                }
                try await group.next()
                group.cancelAll()
            }
        } catch let error as IOError {
            throw CommandFailure(.failed, "cannot listen on \(host):\(port): \(error.reasonText)")
        } catch let error as SocketAddressError {
            throw CommandFailure(.failed, "cannot listen on \(host): \(error)")
        }
    }

    private func loadScript() throws(CommandFailure) -> FaultScript {
        guard let script else { return .healthy }
        do {
            return try FaultScript(parsing: TextFile.read(script, limit: FaultScript.maximumBytes))
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.usage, "\(script): \(error)")
        }
    }
}
