import ArgumentParser
import SageGateway
import SageResilience

/// `sage backoff`.
struct BackoffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backoff",
        abstract: "Print how long retries wait.",
        discussion: """
            Shows the delay before each retry for settings as they stand in the configuration file under \
            policies.NAME.retry. Jitter is chance: the table then shows the range and one sample.

            Examples:
              sage backoff
              sage backoff --strategy fibonacci --attempts 8 --jitter none
              sage backoff --initial-delay 100ms --max-delay 30s --plot
            """)

    private static let delays: ClosedRange<Duration> = .zero ... .seconds(86_400)

    @Option(help: "How the delay grows.")
    var strategy = GatewayConfiguration.Policy.Retry.Strategy.exponential

    @Option(
        parsing: .unconditional, help: "The attempts in all, the first one included. (default: 6)",
        transform: OptionValue.integer(1...100))
    var attempts = 6

    @Option(
        parsing: .unconditional, help: "The delay before the first retry. (default: 1s)",
        transform: OptionValue.duration(delays))
    var initialDelay = TimeSpan(.seconds(1))

    @Option(
        parsing: .unconditional,
        help: "The factor from one delay to the next, for the exponential strategy. (default: 2)",
        transform: OptionValue.number(1...1_000))
    var multiplier = 2.0

    @Option(
        parsing: .unconditional, help: "The longest delay. (default: 60s)", transform: OptionValue.duration(delays))
    var maxDelay = TimeSpan(.seconds(60))

    @Option(help: "How chance changes a delay; the decorrelated strategy has a chance of its own.")
    var jitter = GatewayConfiguration.Policy.Retry.Jitter.full

    @Option(
        parsing: .unconditional,
        help: "The seed of the sample, so that it can be repeated. Without it each run draws another.",
        transform: OptionValue.seed)
    var seed: UInt64?

    @Flag(help: "Draw a picture in place of the table.")
    var plot = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if plot, json { throw ValidationError("--plot and --json exclude each other") }
        if initialDelay.duration > maxDelay.duration {
            throw ValidationError("--initial-delay is \(initialDelay); allowed is at most --max-delay, \(maxDelay)")
        }
    }

    func run() throws {
        var settings = GatewayConfiguration.Policy.Retry()
        settings.strategy = strategy
        settings.maxAttempts = attempts
        settings.initialDelay = initialDelay.duration
        settings.multiplier = multiplier
        settings.maxDelay = maxDelay.duration
        settings.jitter = jitter
        let report: BackoffReport
        do throws(ConfigurationError) {
            report = try BackoffReport(settings, seed: seed ?? .random(in: 0...999_999))
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
        let style = TerminalStyle.standardOutput
        Terminal.write(
            json ? report.json.indented : (plot ? report.plot(style) : report.table(style)).joined(separator: "\n"))
    }
}

extension GatewayConfiguration.Policy.Retry.Strategy: ExpressibleByArgument {}
extension GatewayConfiguration.Policy.Retry.Jitter: ExpressibleByArgument {}
