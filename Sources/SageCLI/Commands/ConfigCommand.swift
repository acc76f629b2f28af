import ArgumentParser

/// `sage config`.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Write, check and show configuration files.",
        discussion: """
            Examples:
              sage config init
              sage config check
              sage config show --config sage.yaml
            """,
        subcommands: [ConfigInitCommand.self, ConfigCheckCommand.self, ConfigShowCommand.self])

    /// The file that a command means when none is named.
    static let defaultFile = "sage.yaml"
}
