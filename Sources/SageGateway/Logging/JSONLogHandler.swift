package import Logging
import SageLLM

/// Writes each log line as one JSON object.
package struct JSONLogHandler: LogHandler {
    package var logLevel = Logger.Level.info
    package var metadata: Logger.Metadata = [:]
    private let label: String
    private let write: @Sendable ([UInt8]) -> Void

    /// Creates a handler.
    ///
    /// - Parameters:
    ///   - label: The logger's label.
    ///   - output: Where the lines go.
    package init(label: String, output: LogOutput) {
        self.init(label: label, write: output.add)
    }

    /// - Parameter write: Takes one line without its end; must be safe to call from any thread.
    init(label: String, write: @escaping @Sendable ([UInt8]) -> Void) {
        self.label = label
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line = begin(event.level, event.message.description)
        for (key, value) in LogFacts.sorted(metadata, event.metadata) {
            line.append(UInt8(ascii: ","))
            // Metadata must not take the place of what the line itself says.
            JSONValue.write(Self.own.contains(key) ? "metadata.\(key)" : key, to: &line)
            line.append(UInt8(ascii: ":"))
            Self.write(value, to: &line)
        }
        line.append(UInt8(ascii: "}"))
        write(line)
    }

    /// Writes the line of a request, as if it came through a logger without metadata of its own.
    func log(_ record: AccessRecord) {
        var line = begin(record.level, record.message)
        record.writeMembers(to: &line)
        line.append(UInt8(ascii: "}"))
        write(line)
    }

    private func begin(_ level: Logger.Level, _ message: String) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(512)
        line.append(utf8: #"{"time":""#)
        LogTime.writeNow(to: &line)
        line.append(utf8: #"","level":""#)
        line += level.rawValue.utf8
        line.append(utf8: #"","logger":"#)
        JSONValue.write(label, to: &line)
        line.append(utf8: #","message":"#)
        JSONValue.write(message, to: &line)
        return line
    }

    private static let own: [String] = ["time", "level", "logger", "message"]

    private static func write(_ value: Logger.MetadataValue, to line: inout [UInt8]) {
        switch value {
        case .string(let text): JSONValue.write(text, to: &line)
        case .stringConvertible(let value):
            switch value {
            case let number as Int: line += String(number).utf8
            case let number as Int64: line += String(number).utf8
            case let flag as Bool: line += (flag ? "true" : "false").utf8
            case let number as UInt64: line += String(Int64(clamping: number)).utf8
            case let number as Double: line += JSONValue.number(number).jsonBytes
            default: JSONValue.write(value.description, to: &line)
            }
        case .array(let values):
            line.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                write(value, to: &line)
            }
            line.append(UInt8(ascii: "]"))
        case .dictionary(let members):
            line.append(UInt8(ascii: "{"))
            for (index, member) in LogFacts.sorted(members, nil).enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                JSONValue.write(member.key, to: &line)
                line.append(UInt8(ascii: ":"))
                write(member.value, to: &line)
            }
            line.append(UInt8(ascii: "}"))
        }
    }
}
