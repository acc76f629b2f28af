import ArgumentParser

/// `sage config`.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Write, check and show configuration files, and their schema.",
        discussion: """
            Examples:
              sage config init
              sage config check
              sage config show --config sage.yaml
              sage config schema > sage.schema.json
            """,
        subcommands: [
            ConfigInitCommand.self, ConfigCheckCommand.self, ConfigShowCommand.self, ConfigSchemaCommand.self,
        ])

    /// The file that a command means when none is named.
    static let defaultFile = "sage.yaml"
}
