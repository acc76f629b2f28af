import ArgumentParser
import SageGateway
import SageLLM

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `sage config check`.
struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a configuration file.",
        discussion: """
            Tells everything that is wrong at once, a line each: file:line:column: field: what is wrong and what is \
            allowed. Exits with 2 if there is anything. Variables are taken from the environment, as sage serve does.

            Examples:
              sage config check
              sage config check deploy/sage.yaml
            """)

    @Argument(help: "The configuration file.", completion: .file(extensions: ["yaml", "yml"]))
    var file = ConfigCommand.defaultFile

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let configuration: GatewayConfiguration
        do throws(ConfigurationFileError) {
            configuration = try GatewayConfiguration.load(
                file: file, environment: ProcessInfo.processInfo.environment)
        } catch {
            if json {
                Terminal.write(ConfigurationCheck.json(file: file, problems: error.problems, notices: []).indented)
            } else {
                for problem in error.problems { Terminal.writeError(problem.description.printable) }
            }
            throw CommandFailure(.usage)
        }
        let check = ConfigurationCheck(configuration)
        guard !json else {
            Terminal.write(ConfigurationCheck.json(file: file, problems: [], notices: check.notices).indented)
            return
        }
        Terminal.write("\(file.printable) is valid: \(check.summary)")
        for notice in check.notices { Terminal.write("notice: \(notice.printable)") }
    }
}
