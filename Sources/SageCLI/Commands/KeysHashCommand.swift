import ArgumentParser
import SageGateway
import SageLLM

/// `sage keys hash`.
struct KeysHashCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hash",
        abstract: "Print the hash of a key that exists.",
        discussion: """
            Reads the key from the standard input, so that it stands in no list of processes and no history. A key \
            should be random and have at least 20 characters: its hash is no protection for one that can be guessed.

            Examples:
              sage keys hash < key.txt
              printf %s "$KEY" | sage keys hash
            """)

    private static let limit = 4_096

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let bytes = try Terminal.readInput(limit: Self.limit)
        guard let key = Self.key(in: bytes) else {
            throw CommandFailure(
                .usage,
                "the standard input is no key; allowed is one line of 8 to 1024 visible ASCII characters without spaces"
            )
        }
        let digest = KeyDigest(key: key).description
        Terminal.write(json ? JSONValue.object(["hash": .string(digest)]).indented : digest)
    }

    /// The key, without the line break at its end; nil for what no client could send in a header.
    static func key(in bytes: [UInt8]) -> String? {
        var line = bytes[...]
        if line.last == UInt8(ascii: "\n") { line.removeLast() }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard (8...1_024).contains(line.count), line.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        return String(decoding: line, as: UTF8.self)
    }
}
