package import Logging
import SageLLM

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Writes each log line as one JSON object.
package struct JSONLogHandler: LogHandler {
    package var logLevel = Logger.Level.info
    package var metadata: Logger.Metadata = [:]
    private let label: String
    private let write: @Sendable (String) -> Void

    /// - Parameters:
    ///   - label: The logger's label.
    ///   - write: Takes one line without its end; must be safe to call from any thread.
    package init(label: String, write: @escaping @Sendable (String) -> Void) {
        self.label = label
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line: JSONObject = [
            "time": .string(Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))),
            "level": .string(event.level.rawValue),
            "logger": .string(label),
            "message": .string(event.message.description),
        ]
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        // Metadata must not take the place of what the line itself says.
        let own = Set(line.keys)
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            line[own.contains(key) ? "metadata.\(key)" : key] = Self.json(value)
        }
        write(JSONValue.object(line).description)
    }

    private static func json(_ value: Logger.MetadataValue) -> JSONValue {
        switch value {
        case .string(let text): .string(text)
        case .stringConvertible(let value):
            switch value {
            case let number as Int: .integer(Int64(number))
            case let number as Int64: .integer(number)
            case let number as UInt64: .integer(Int64(clamping: number))
            case let number as Double: .number(number)
            case let flag as Bool: .bool(flag)
            default: .string(value.description)
            }
        case .array(let values): .array(values.map(json))
        case .dictionary(let members): .object(JSONObject(members.mapValues(json)))
        }
    }
}
