import ArgumentParser
import SageGateway

/// `sage config schema`.
struct ConfigSchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of the configuration file.",
        discussion: """
            For editors, which then complete and check while one types, and for programs that make configurations. What \
            only sage config check can know, such as whether a name exists, is not in it.

            Examples:
              sage config schema > sage.schema.json
            """)

    func run() throws {
        // It ends with a line break, which the terminal adds itself.
        Terminal.write(String(GatewayConfiguration.jsonSchema.dropLast()))
    }
}
