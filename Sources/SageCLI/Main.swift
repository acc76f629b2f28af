import ArgumentParser

/// Parses the command line, runs the command, and gives the process the exit status that the documentation promises.
@main
enum Main {
    static func main() async {
        do {
            var command = try SageCommand.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            let error = Terminal.outputError
            guard error == 0 else {
                throw CommandFailure(.failed, "the standard output cannot be written: system error \(error)")
            }
        } catch {
            guard let failure = CommandFailure(error) else { SageCommand.exit(withError: error) }
            failure.report()
            SageCommand.exit(withError: failure.status)
        }
    }
}

/// `sage`.
struct SageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sage",
        abstract: "Keeps LLM applications running while the services under them fail.",
        discussion: """
            Start the gateway with no key and no configuration, and ask it something:

              sage serve
              curl -s http://127.0.0.1:4141/v1/chat/completions \\
                -d '{"model":"sage-sim","messages":[{"role":"user","content":"hello"}]}'

            Exit status: 0 fine, 1 the operation failed, 2 bad usage or configuration, 69 server unreachable.
            """,
        version: "sage \(SageVersionText.current)",
        subcommands: [
            ServeCommand.self, MockCommand.self, StatusCommand.self, ChatCommand.self, SessionCommand.self,
            MemoryCommand.self, DoctorCommand.self, ConfigCommand.self, KeysCommand.self, BackoffCommand.self,
            ClassifyCommand.self,
        ])
}
