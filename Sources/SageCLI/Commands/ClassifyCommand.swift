import ArgumentParser
import HTTPTypes
import NIOCore
import SageGateway
import SageLLM
import SageResilience

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `sage classify`.
struct ClassifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Show what Sage makes of a provider's answer.",
        discussion: """
            Tells the class of an error, whose fault it is, whether it is tried again and after which waits, and \
            whether it counts against the provider's circuit breaker. With a status of 2xx the body is judged as a whole chat \
            completion or stream; without a status it is taken for an error that arrived inside a stream.

            Examples:
              sage classify --status 429 --header 'retry-after: 7'
              sage classify --status 400 '{"error": {"code": "context_length_exceeded"}}'
              curl -s https://api.example.com/v1/models | sage classify --status 503 -
            """)

    /// The most bytes of standard input to read; an answer to keep in a file is rarely longer.
    private static let maximumBodyBytes = 16 << 20

    @Option(
        parsing: .unconditional, help: "The status of the answer.",
        completion: .list(["400", "401", "402", "403", "404", "408", "413", "422", "429", "500", "502", "503", "529"]),
        transform: OptionValue.integer(100...999))
    var status: Int?

    @Option(
        help: "Where the answer came from. One table serves all providers; the name only stands in messages.",
        completion: .list(["anthropic", "gemini", "ollama", "openai", "openrouter", "siliconflow"]))
    var provider = "provider"

    @Option(
        name: .customLong("header"),
        help: ArgumentHelp("A header of the answer, as 'Name: value'; may be repeated.", valueName: "header"),
        transform: HeaderArgument.parse)
    var headers: [HTTPField] = []

    @Flag(help: "Print JSON.")
    var json = false

    @Argument(help: "The body of the answer; - reads it from standard input.", completion: .default)
    var body: String?

    func validate() throws {
        if status == nil, body == nil {
            throw ValidationError("There is nothing to classify; give --status, a body, or both")
        }
    }

    func run() throws {
        let bytes = body == "-" ? try Terminal.readInput(limit: Self.maximumBodyBytes) : Array((body ?? "").utf8)
        let error = ProviderError.recorded(
            target: provider, status: status, headers: HTTPFields(headers), body: ByteBuffer(bytes: bytes),
            now: Int64(Date.now.timeIntervalSince1970))
        let report: ClassificationReport
        do throws(ConfigurationError) {
            report = try ClassificationReport(error, policy: TargetPolicy(GatewayConfiguration.Policy()))
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
        Terminal.write(json ? report.json.indented : report.lines(.standardOutput).joined(separator: "\n"))
    }
}
