import ArgumentParser
import SageGateway

/// `sage config show`.
struct ConfigShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print the configuration that is in effect.",
        discussion: """
            Every default and every variable is filled in; secrets are not shown. Without --config it is the \
            configuration that sage serve uses without one.

            Examples:
              sage config show
              sage config show --config sage.yaml --json
            """)

    @OptionGroup var source: ConfigurationOptions

    @Flag(help: "Print JSON in place of YAML.")
    var json = false

    func run() throws {
        let configuration = try source.load()
        // Both end with a line break, which the terminal adds itself.
        let text = json ? configuration.effectiveJSON : configuration.effectiveYAML
        Terminal.write(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }
}
