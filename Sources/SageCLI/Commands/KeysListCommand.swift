import ArgumentParser
import SageGateway
import SageLLM

/// `sage keys list`.
struct KeysListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the keys of a configuration file.",
        discussion: """
            Shows names, limits and the beginning of each hash. To revoke a key, remove its entry from the file.

            Examples:
              sage keys list
              sage keys list --config deploy/sage.yaml --json
            """)

    @Option(
        name: [.short, .long], help: ArgumentHelp("The configuration file.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config = ConfigCommand.defaultFile

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let keys = try ConfigurationOptions.load(config).keys
        guard !json else {
            Terminal.write(JSONValue.object(["keys": .array(keys.map { KeyReport.json($0) })]).indented)
            return
        }
        Terminal.write(KeyReport.table(keys, .standardOutput).joined(separator: "\n"))
    }
}
