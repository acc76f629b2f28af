import Logging

/// Where the lines of requests go.
struct AccessLog: Sendable {
    private let logger: Logger
    /// The logger's handler if nothing is lost by writing to it directly.
    private let json: JSONLogHandler?

    /// - Parameter logger: Takes the lines; what it adds to each stays there.
    init(_ logger: Logger) {
        self.logger = logger
        // What a line has beside its record, the way through the logger adds and sorts in.
        let handler = logger.handler as? JSONLogHandler
        json = handler.flatMap { $0.metadata.isEmpty && $0.metadataProvider == nil ? $0 : nil }
    }

    /// Whether lines of a level are written.
    func isWritten(_ level: Logger.Level) -> Bool { logger.logLevel <= level }

    /// Writes the line of a request.
    func write(_ record: AccessRecord) {
        if let json {
            json.log(record)
        } else {
            logger.log(level: record.level, "\(record.message)", metadata: record.metadata)
        }
    }
}
