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

    @Option(
        help: ArgumentHelp(
            "The directory of conversations, memory and state.",
            discussion: "Relative paths of `storage` start there. Default: .sage", valueName: "directory"),
        completion: .directory)
    var dataDir: String?

    /// The configuration of the file, or the embedded one.
    func load() throws(CommandFailure) -> GatewayConfiguration {
        guard let config else {
            return try inDataDirectory(.embedded(environment: ProcessInfo.processInfo.environment))
        }
        return try inDataDirectory(Self.load(config))
    }

    /// A configuration with the data directory that was asked for.
    func inDataDirectory(_ configuration: GatewayConfiguration) throws(CommandFailure) -> GatewayConfiguration {
        guard let dataDir else { return configuration }
        guard !dataDir.isEmpty, !dataDir.utf8.contains(0) else {
            throw CommandFailure(.usage, "--data-dir is empty; allowed is the path of a directory")
        }
        var isDirectory = true
        guard !FileManager.default.fileExists(atPath: dataDir, isDirectory: &isDirectory) || isDirectory else {
            throw CommandFailure(.usage, "--data-dir is \(dataDir.printable), which is a file; allowed is a directory")
        }
        var configuration = configuration
        configuration.dataDirectory = dataDir
        return configuration
    }

    /// The configuration of a file.
    static func load(_ config: String) throws(CommandFailure) -> GatewayConfiguration {
        do throws(ConfigurationFileError) {
            return try GatewayConfiguration.load(file: config, environment: ProcessInfo.processInfo.environment)
        } catch {
            throw CommandFailure(.usage, "the configuration is not valid\n\(error)")
        }
    }
}
