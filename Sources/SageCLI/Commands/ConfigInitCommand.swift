import ArgumentParser
import SageGateway

/// `sage config init`.
struct ConfigInitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a commented example.",
        discussion: """
            The example holds every key with its default, and serves as it is. A file that exists is left alone.

            Examples:
              sage config init
              sage config init deploy/sage.yaml
            """)

    @Argument(help: "The file to write.", completion: .file(extensions: ["yaml", "yml"]))
    var file = ConfigCommand.defaultFile

    @Flag(help: "Overwrite a file that exists.")
    var force = false

    func run() throws {
        try TextFile.write(GatewayConfiguration.exampleFile, to: file, overwriting: force)
        let name = file.quotedForShell
        Terminal.write(
            """
            wrote \(file.printable)
            next: sage config check \(name) && sage serve --config \(name)
            """)
    }
}

extension String {
    /// The text as one word of a shell's command line.
    fileprivate var quotedForShell: String {
        let isPlain =
            !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-_./+@%".utf8.contains(byte)
                }
            }
        return isPlain
            ? self
            : "'"
                + printable.split(separator: "'", omittingEmptySubsequences: false)
                .joined(separator: "'\\''") + "'"
    }
}
