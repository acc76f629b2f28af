import ArgumentParser

/// `sage keys`.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make and list the API keys of clients.",
        discussion: """
            The configuration file holds a hash of each key in its section keys; the keys themselves are stored nowhere. \
            With keys in the file, clients need one of them, and the server may listen on other addresses than \
            loopback. To revoke a key, remove its entry from the file; to replace one, add the new key first.

            Examples:
              sage keys create --name team-a
              sage keys list --config sage.yaml
            """,
        subcommands: [KeysCreateCommand.self, KeysListCommand.self, KeysHashCommand.self])
}
