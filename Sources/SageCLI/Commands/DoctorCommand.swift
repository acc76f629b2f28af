import ArgumentParser
import SageGateway
import SageLLM
import SageResilience

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `sage doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check everything that a server needs: configuration, providers, stores, disk, clock.",
        discussion: """
            Changes nothing and needs no running server. Asks each provider for its models with each key, which costs \
            nothing; connects to each store, and says of one that does not work what is wrong and which command mends \
            it. Exits with 1 if anything failed.

            Examples:
              sage doctor
              sage doctor --config sage.yaml
              sage doctor --json
            """)

    @OptionGroup var source: ConfigurationOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let style = TerminalStyle.standardOutput
        var results: [CheckResult] = []
        func take(_ result: CheckResult) {
            results.append(result)
            if !json { Terminal.write(DoctorReport.lines(result, style).joined(separator: "\n")) }
        }
        if let configuration = try configuration(take) {
            await Checkup(configuration).run(take)
        }
        if json {
            Terminal.write(DoctorReport.json(results).indented)
        } else {
            Terminal.write("\n" + DoctorReport.summary(results, style))
        }
        if results.contains(where: { $0.status == .failed }) { throw CommandFailure(.failed) }
    }

    /// The configuration, and what is to be said about it; nil for one that is not valid.
    private func configuration(_ take: (CheckResult) -> Void) throws -> GatewayConfiguration? {
        let subject = "configuration"
        var configuration: GatewayConfiguration
        if let file = source.config {
            do throws(ConfigurationFileError) {
                configuration = try GatewayConfiguration.load(
                    file: file, environment: ProcessInfo.processInfo.environment)
            } catch {
                for problem in error.problems.dropLast() { take(CheckResult(subject, .failed, problem.description)) }
                if let last = error.problems.last {
                    take(CheckResult(subject, .failed, last.description, remedy: "sage config check \(file)"))
                }
                return nil
            }
            take(CheckResult(subject, .fine, "\(file) is valid: \(ConfigurationCheck(configuration).summary)"))
        } else {
            configuration = try source.load()
            take(CheckResult(subject, .fine, "no file: providers from the environment, embedded defaults"))
        }
        do throws(ConfigurationError) {
            try configuration.leaveOutOwnAddress()
        } catch {
            take(CheckResult(subject, .failed, "\(error)", remedy: "name the provider's own address"))
            return nil
        }
        for notice in ConfigurationCheck(configuration).notices { take(CheckResult(subject, .warning, notice)) }
        return try source.inDataDirectory(configuration)
    }
}
