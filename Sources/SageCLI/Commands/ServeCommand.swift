import ArgumentParser
import Logging
import NIOCore
import SageGateway
import SageResilience

/// `sage serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the gateway.",
        discussion: """
            Without a configuration file the gateway listens on 127.0.0.1:4141, takes providers from OPENAI_API_KEY, \
            ANTHROPIC_API_KEY, GEMINI_API_KEY, SILICONFLOW_API_KEY and OLLAMA_HOST where set, and always offers the \
            simulated model sage-sim. It answers the clients of OpenAI, Anthropic and Gemini.

            The log goes to the standard error. SIGTERM and SIGINT end the server after the running answers.

            Examples:
              sage serve
              sage serve --config sage.yaml
              sage serve --port 8080
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(help: "The address to listen on, in place of the configured one.")
    var host: String?

    @Option(
        parsing: .unconditional, help: "The port to listen on, in place of the configured one; 0 takes a free one.",
        transform: OptionValue.port)
    var port: Int?

    @Flag(help: "Listen on an address that others can reach although no API keys are configured.")
    var insecureNoAuth = false

    func run() async throws {
        var configuration = try source.load()
        if let host { configuration.server.host = host }
        if let port { configuration.server.port = port }
        let (address, isLoopback) = (configuration.server.host, configuration.server.isLoopback)
        guard isLoopback || insecureNoAuth || !configuration.keys.isEmpty else {
            throw CommandFailure(
                .usage,
                "server.host is \(address), which others can reach, and no API keys are configured; "
                    + "add keys (`sage keys create`), listen on 127.0.0.1, or say --insecure-no-auth")
        }
        do throws(ConfigurationError) {
            try configuration.leaveOutOwnAddress()
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
        OpenFiles.raiseLimit()
        let log = LogOutput(descriptor: 2)
        defer { log.flush() }
        let logger = ServerLog.make(configuration.telemetry, output: log)
        for notice in configuration.notices { logger.notice("\(notice)") }
        let server = try GatewayServer(configuration, logger: logger)
        let summary = StartSummary(configuration, models: server.modelNames)
        do {
            try await server.run { port in Terminal.write(summary.text(port: port)) }
        } catch let error as IOError {
            throw CommandFailure(
                .failed, "cannot listen on \(address):\(configuration.server.port): \(error.reasonText)")
        } catch let error as SocketAddressError {
            throw CommandFailure(.failed, "cannot listen on \(address): \(error)")
        }
    }
}
