import Logging

/// The metadata of a line, in the order of their names.
enum LogFacts {
    /// - Parameters:
    ///   - logger: That of the logger.
    ///   - event: That of the line, which replaces what the logger has of the same name.
    static func sorted(
        _ logger: Logger.Metadata, _ event: Logger.Metadata?
    ) -> [(key: String, value: Logger.MetadataValue)] {
        guard let event else { return logger.sorted { $0.key < $1.key } }
        guard !logger.isEmpty else { return event.sorted { $0.key < $1.key } }
        return logger.merging(event) { _, new in new }.sorted { $0.key < $1.key }
    }
}
