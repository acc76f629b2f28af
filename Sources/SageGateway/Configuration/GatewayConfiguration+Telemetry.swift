extension GatewayConfiguration {
    /// What the server tells about itself.
    package struct Telemetry: Sendable, Hashable {
        /// The least severe messages that are logged.
        package enum LogLevel: String, Sendable, Hashable, CaseIterable {
            case trace, debug, info, notice, warning, error, critical
        }

        /// The form of a line of the log.
        package enum LogFormat: String, Sendable, Hashable, CaseIterable {
            /// For people.
            case text
            /// One JSON object a line, for collectors.
            case json
        }

        /// The least severe messages that are logged.
        package var log = LogLevel.info
        /// The form of a line of the log.
        package var logFormat = LogFormat.text
        /// Where traces are sent; nil traces nothing.
        package var otlp: OTLP?

        /// Creates the defaults.
        package init() {}
    }
}

extension GatewayConfiguration.Telemetry {
    static let fields = FieldTable(
        [
            Field("log", \.log, .word()),
            Field("logFormat", \.logFormat, .word()),
            Field("otlp", optional: \.otlp, GatewayConfiguration.OTLP.fields.format),
        ],
        initial: { GatewayConfiguration.Telemetry() })
}
