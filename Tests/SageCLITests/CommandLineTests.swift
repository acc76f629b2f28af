import ArgumentParser
import HTTPTypes
import Testing

@testable import SageCLI

/// What the command line accepts, and with which exit status it refuses.
struct CommandLineTests {
    /// The failure that a command line ends with before anything runs.
    private func failure(_ arguments: [String]) -> CommandFailure? {
        do {
            _ = try SageCommand.parseAsRoot(arguments)
            return nil
        } catch {
            return CommandFailure(error)
        }
    }

    @Test(
        "A value that is not allowed ends with 2, and the message names option, value and what is allowed",
        arguments: [
            (["serve", "--port", "many"], ["--port", "many", "0 to 65535"]),
            (["serve", "--port", "70000"], ["--port", "70000", "0 to 65535"]),
            (["mock", "--port", "-1"], ["--port", "-1", "0 to 65535"]),
            (["mock", "--seed", "-1"], ["--seed", "-1", "0 to 18446744073709551615"]),
            (["backoff", "--strategy", "sideways"], ["--strategy", "sideways", "fibonacci"]),
            (["backoff", "--jitter", "much"], ["--jitter", "much", "proportional"]),
            (["backoff", "--attempts", "-3"], ["--attempts", "-3", "1 to 100"]),
            (["backoff", "--attempts", "101"], ["--attempts", "101", "1 to 100"]),
            (["backoff", "--multiplier", "nan"], ["--multiplier", "nan", "1 to 1000"]),
            (["backoff", "--initial-delay", "5"], ["--initial-delay", "5", "0 to 1d", "500ms"]),
            (["backoff", "--initial-delay", "-1s"], ["--initial-delay", "-1s", "0 to 1d"]),
            (["backoff", "--max-delay", "25h"], ["--max-delay", "25h", "0 to 1d"]),
            (["backoff", "--initial-delay", "2m"], ["--initial-delay", "120s", "--max-delay", "60s"]),
            (["backoff", "--plot", "--json"], ["--plot", "--json"]),
            (["classify", "--status", "abc"], ["--status", "abc", "100 to 999"]),
            (["classify", "--status", "99"], ["--status", "99", "100 to 999"]),
            (["classify", "--status", "429", "--header", "retry-after"], ["--header", "retry-after", "Name: value"]),
            (["classify", "--status", "429", "--header", "a b: c"], ["--header", "a b: c", "Name: value"]),
            (["classify"], ["--status", "body"]),
        ])
    func whatIsNotAllowed(arguments: [String], words: [String]) throws {
        let failure = try #require(self.failure(arguments))
        #expect(failure.status == .usage)
        let message = try #require(failure.message)
        for word in words { #expect(message.contains(word)) }
    }

    @Test(
        "An unknown subcommand, option or argument ends with 2",
        arguments: [
            ["nonsense"], ["serve", "--nonsense"], ["config", "sideways"], ["status", "surplus"], ["mock", "--port"],
        ])
    func whatIsUnknown(arguments: [String]) throws {
        #expect(try #require(failure(arguments)).status == .usage)
    }

    @Test(
        "Help, version and completion are no failures",
        arguments: [
            ["--help"], ["--version"], ["config", "check", "--help"], ["--generate-completion-script", "bash"],
            ["--generate-completion-script", "zsh"], ["--generate-completion-script", "fish"],
        ])
    func whatIsNoFailure(arguments: [String]) throws {
        let error = #expect(throws: (any Error).self) {
            var command = try SageCommand.parseAsRoot(arguments)
            try command.run()
        }
        #expect(CommandFailure(try #require(error)) == nil)
        #expect(!SageCommand.message(for: try #require(error)).isEmpty)
    }

    @Test(
        "Without a subcommand the help is shown",
        arguments: [([], SageCommand.self as any ParsableCommand.Type), (["config"], ConfigCommand.self)])
    func withoutSubcommand(arguments: [String], command: any ParsableCommand.Type) throws {
        var parsed = try SageCommand.parseAsRoot(arguments)
        #expect(type(of: parsed) == command)
        let error = #expect(throws: (any Error).self) { try parsed.run() }
        #expect(CommandFailure(try #require(error)) == nil)
    }

    @Test("A failure of the command itself ends with 1, one that it has told already says nothing more")
    func otherFailures() {
        struct Unexpected: Error {}
        #expect(CommandFailure(Unexpected())?.status == .failed)
        #expect(CommandFailure(CommandFailure(.unreachable, "gone"))?.status == ExitCode(69))
        #expect(CommandFailure(CommandFailure(.usage))?.message == nil)
    }

    @Test("Durations are written as in the configuration file")
    func durations() throws {
        let command = try #require(
            try SageCommand.parseAsRoot(["backoff", "--initial-delay", "1.5s", "--max-delay", "1h30m"])
                as? BackoffCommand)
        #expect(command.initialDelay.duration == .milliseconds(1_500))
        #expect(command.maxDelay.duration == .seconds(5_400))
    }

    @Test("Headers keep their order and may be repeated; a lone dash is an argument")
    func headersAndDash() throws {
        let command = try #require(
            try SageCommand.parseAsRoot(
                ["classify", "--status", "429", "--header", "A: 1", "--header", "b:2:3 ", "-", "--json"])
                as? ClassifyCommand)
        #expect(command.headers.map(\.name.canonicalName) == ["a", "b"])
        #expect(command.headers.map(\.value) == ["1", "2:3"])
        #expect(command.body == "-")
        #expect(command.json)
    }
}
