import SageOTLP
import SageResilience

extension GatewayConfiguration {
    /// Where traces are sent.
    package struct OTLP: Sendable, Hashable {
        /// The collector, without the path of traces; nil takes it from the environment.
        package var endpoint: BaseURL?
        /// Added to every request, beside those of the environment.
        package var headers: [String: Secret] = [:]
        /// The share of traces that are recorded; nil takes it from the environment, else all.
        package var sampleRatio: Double?
        /// What the environment says, with the collector's address in any case; set when the file has been read.
        var base: OTLPConfiguration?

        /// Creates the defaults.
        package init() {}
    }
}

extension GatewayConfiguration.OTLP {
    static let fields = FieldTable(
        [
            Field("endpoint", optional: \.endpoint, .baseURL),
            Field("headers", \.headers, .headers),
            Field("sampleRatio", optional: \.sampleRatio, .number(0...1)),
        ],
        initial: { GatewayConfiguration.OTLP() })

    /// The name of this program in traces, unless the environment gives it another.
    private static let serviceName = "sage"

    /// Takes what is not written from the variables that OpenTelemetry gives to every program.
    ///
    /// - Returns: Whether there is a collector; not where the environment turns exporting off.
    /// - Throws: `ConfigurationError` that names a variable.
    mutating func complete(_ environment: [String: String]) throws(ConfigurationError) -> Bool {
        var variables = environment
        if let endpoint {
            variables["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = nil
            variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint.description
        }
        base = try OTLPConfiguration(environment: variables, serviceName: Self.serviceName)
        return base != nil
    }

    /// What the exporter is told.
    ///
    /// - Throws: `ConfigurationError` when there is no collector, or for what the exporter refuses.
    func exporterConfiguration() throws(ConfigurationError) -> OTLPConfiguration {
        var settings: OTLPConfiguration
        if let base {
            settings = base
        } else {
            settings = try OTLPConfiguration(endpoint: endpoint?.description ?? "", serviceName: Self.serviceName)
        }
        for (name, value) in headers { settings.headers[name] = value.reveal() }
        if let sampleRatio { settings.sampleRatio = sampleRatio }
        return settings
    }
}

extension GatewayConfiguration {
    /// Finds the collector of a file with a section `telemetry.otlp`.
    mutating func completeTelemetry(_ reader: inout ConfigurationReader) {
        let path = FieldPath.root.key("telemetry").key("otlp")
        guard var otlp = telemetry.otlp, !reader.isRefused(within: path) else { return }
        do throws(ConfigurationError) {
            if try otlp.complete(reader.environment) {
                telemetry.otlp = otlp
            } else if reader.environment["OTEL_SDK_DISABLED"]?.lowercased() == "true"
                || reader.environment["OTEL_TRACES_EXPORTER"] == "none"
            {
                telemetry.otlp = nil
                notices.append("no traces are exported, because the environment turns OpenTelemetry off")
            } else {
                reader.report(
                    path.key("endpoint"), or: path,
                    "is missing; allowed is \(BaseURL.allowed), or the variable OTEL_EXPORTER_OTLP_ENDPOINT")
            }
        } catch {
            reader.report(path, "cannot be read from the environment: \(error)")
        }
    }

    /// Takes the collector from the environment, for a server without a file.
    mutating func embedTelemetry(_ environment: [String: String]) {
        var otlp = OTLP()
        do throws(ConfigurationError) {
            if try otlp.complete(environment) { telemetry.otlp = otlp }
        } catch {
            notices.append("no traces are exported: \(error)")
        }
    }
}
