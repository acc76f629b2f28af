package import Logging
import SageLLM

/// Writes each log line for people: time, level, message, then the facts as `key=value`, quoted where they need it.
package struct TextLogHandler: LogHandler {
    package var logLevel = Logger.Level.info
    package var metadata: Logger.Metadata = [:]
    private let write: @Sendable ([UInt8]) -> Void

    /// Creates a handler.
    ///
    /// - Parameter output: Where the lines go.
    package init(output: LogOutput) {
        self.init(write: output.add)
    }

    /// - Parameter write: Takes one line without its end; must be safe to call from any thread.
    init(write: @escaping @Sendable ([UInt8]) -> Void) {
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line: [UInt8] = []
        line.reserveCapacity(512)
        LogTime.writeNow(to: &line)
        line.append(UInt8(ascii: " "))
        let level = event.level.rawValue.uppercased()
        line += level.utf8
        for _ in level.utf8.count..<9 { line.append(UInt8(ascii: " ")) }
        line += Self.printable(event.message.description).utf8
        for (key, value) in LogFacts.sorted(metadata, event.metadata) {
            line.append(UInt8(ascii: " "))
            line += key.utf8
            line.append(UInt8(ascii: "="))
            let text = value.description
            if Self.isPlain(text) { line += text.utf8 } else { JSONValue.write(text, to: &line) }
        }
        write(line)
    }

    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") }
    }

    /// A line is one line, whatever a message holds.
    private static func printable(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return text }
        return String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    }
}
