import ArgumentParser
import SageGateway

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where a command takes its configuration from.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "The configuration file.",
            discussion: "Without it Sage takes providers from the environment and offers the simulated model sage-sim.",
            valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    /// The configuration of the file, or the embedded one.
    func load() throws(CommandFailure) -> GatewayConfiguration {
        let environment = ProcessInfo.processInfo.environment
        guard let config else { return GatewayConfiguration.embedded(environment: environment) }
        do throws(ConfigurationFileError) {
            return try GatewayConfiguration.load(file: config, environment: environment)
        } catch {
            throw CommandFailure(.usage, "the configuration is not valid\n\(error)")
        }
    }
}
