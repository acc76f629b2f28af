import Logging
import SageGateway

/// Makes the logger of a server.
enum ServerLog {
    /// - Parameter output: Where it writes; to be flushed when the server has ended.
    static func make(_ telemetry: GatewayConfiguration.Telemetry, output: LogOutput) -> Logger {
        var logger = Logger(label: "sage") { label -> any LogHandler in
            switch telemetry.logFormat {
            case .text: TextLogHandler(output: output)
            case .json: JSONLogHandler(label: label, output: output)
            }
        }
        logger.logLevel = Logger.Level(rawValue: telemetry.log.rawValue) ?? .info
        return logger
    }
}
