import ArgumentParser
import SageGateway
import SageLLM

/// `sage keys create`.
struct KeysCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a key, show it once, and print its entry for the configuration file.",
        discussion: """
            The key goes to the client, the entry into the section keys of the configuration file. Nobody can find out \
            the key from the entry, and it is not shown again.

            Examples:
              sage keys create --name team-a
              sage keys create --name batch --requests-per-minute 60 --priority low --models 'openai/*'
              sage keys create --name team-a --config sage.yaml
            """)

    @Option(help: "The name of the key in logs and metrics: letters, digits and . _ -, at most 64.")
    var name: String

    @Option(
        parsing: .unconditional, help: "The most requests in any minute. (default: no limit)",
        transform: OptionValue.integer(1...10_000_000))
    var requestsPerMinute: Int?

    @Option(
        parsing: .unconditional, help: "The tokens a minute, of requests and answers. (default: no limit)",
        transform: OptionValue.integer(1...1_000_000_000_000))
    var tokensPerMinute: Int?

    @Option(help: "The highest priority that requests may ask for.")
    var priority = GatewayConfiguration.ClientKey.Priority.normal

    @Option(help: "A model that may be asked for, or a pattern with *; may be repeated. (default: *)")
    var models: [String] = []

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("A configuration file in which the name must not stand yet.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard GatewayConfiguration.ClientKey.isName(name) else {
            throw ValidationError("--name is \(name.printable); allowed are 1 to 64 of A-Z a-z 0-9 . _ -")
        }
        for model in models where ModelPattern(model) == nil {
            throw ValidationError(
                "--models is \(model.printable); allowed are 1 to 256 characters without control characters")
        }
    }

    func run() throws {
        if let config {
            let keys = try ConfigurationOptions.load(config).keys
            guard !keys.contains(where: { $0.name == name }) else {
                throw CommandFailure(.failed, "\(config.printable) has a key with the name \(name) already")
            }
        }
        let new = NewKey()
        let patterns = models.isEmpty ? [ModelPattern.any] : models.compactMap { ModelPattern($0) }
        let entry = GatewayConfiguration.ClientKey(
            name: name, hash: new.digest, requestsPerMinute: requestsPerMinute, tokensPerMinute: tokensPerMinute,
            priority: priority, models: patterns)
        guard !json else {
            Terminal.write(KeyReport.json(entry, key: new.text).indented)
            return
        }
        Terminal.write(
            """
            key, shown this once: \(new.text)

            for the section keys of the configuration file:
              \(entry.yamlLine)
            """)
    }
}

extension GatewayConfiguration.ClientKey.Priority: ExpressibleByArgument {}
