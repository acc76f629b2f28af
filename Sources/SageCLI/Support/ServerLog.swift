import Logging
import SageGateway

/// Makes the logger of a server.
enum ServerLog {
    static func make(_ telemetry: GatewayConfiguration.Telemetry) -> Logger {
        var logger = Logger(label: "sage") { label -> any LogHandler in
            switch telemetry.logFormat {
            case .text: TextLogHandler(write: Terminal.writeError)
            case .json: JSONLogHandler(label: label, write: Terminal.writeError)
            }
        }
        logger.logLevel = Logger.Level(rawValue: telemetry.log.rawValue) ?? .info
        return logger
    }
}
