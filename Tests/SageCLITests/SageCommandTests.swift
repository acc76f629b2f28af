import ArgumentParser
import Testing

@testable import SageCLI

struct SageCommandTests {
    @Test("Every subcommand has a help text with an example")
    func everySubcommandExplainsItself() {
        check(SageCommand.self, path: "sage")
    }

    private func check(_ command: any ParsableCommand.Type, path: String) {
        for subcommand in command.configuration.subcommands {
            let name = "\(path) \(subcommand._commandName)"
            #expect(!subcommand.configuration.abstract.isEmpty)
            #expect(subcommand.configuration.discussion.contains("Examples:\n  \(name)"), "\(name) has no example")
            check(subcommand, path: name)
        }
    }

    @Test("Every subcommand that prints data can print JSON")
    func everySubcommandPrintsJSON() {
        let commands: [any ParsableCommand.Type] = [
            StatusCommand.self, KeysCreateCommand.self, KeysListCommand.self, KeysHashCommand.self,
            ConfigCheckCommand.self, ConfigShowCommand.self, BackoffCommand.self,
            ClassifyCommand.self,
        ]
        for command in commands { #expect(command.helpMessage(columns: 100).contains("--json"), "\(command)") }
    }
}
