public import SageResilience

extension OTLPConfiguration {
    /// Reads the variables that OpenTelemetry gives to every program; nil when they name no collector.
    ///
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` and `OTEL_EXPORTER_OTLP_HEADERS`, or those with `_TRACES_` in their names, which
    /// hold before them; `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER_ARG` and
    /// `OTEL_EXPORTER_OTLP_TIMEOUT` in milliseconds. `OTEL_SDK_DISABLED=true` and `OTEL_TRACES_EXPORTER=none` turn
    /// exporting off. An empty variable counts as unset.
    ///
    /// - Parameters:
    ///   - environment: The variables of the process.
    ///   - serviceName: What the program is called where the variables do not say it.
    /// - Throws: `ConfigurationError` that names the variable whose value cannot be used, without the value.
    public init?(environment: [String: String], serviceName: String) throws(ConfigurationError) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        guard value("OTEL_SDK_DISABLED")?.lowercased() != "true", value("OTEL_TRACES_EXPORTER") != "none" else {
            return nil
        }
        let name = value("OTEL_SERVICE_NAME") ?? serviceName
        if let url = value("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") {
            try self.init(tracesURL: url, field: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", serviceName: name)
        } else if let endpoint = value("OTEL_EXPORTER_OTLP_ENDPOINT") {
            try self.init(endpoint: endpoint, field: "OTEL_EXPORTER_OTLP_ENDPOINT", serviceName: name)
        } else {
            return nil
        }
        headers = try Self.headers(environment: environment)
        if let text = value("OTEL_RESOURCE_ATTRIBUTES") {
            let attributes = try Self.pairs(text, "OTEL_RESOURCE_ATTRIBUTES")
            // The name has a variable of its own, which holds before this one.
            resource.merge(attributes) { own, other in value("OTEL_SERVICE_NAME") == nil ? other : own }
        }
        if let text = value("OTEL_TRACES_SAMPLER_ARG") {
            guard let ratio = Double(text), (0...1).contains(ratio) else {
                throw ConfigurationError(field: "OTEL_TRACES_SAMPLER_ARG", value: text, allowed: "0 to 1")
            }
            sampleRatio = ratio
        }
        if let text = value("OTEL_EXPORTER_OTLP_TIMEOUT") {
            guard let milliseconds = Int(text), (10...600_000).contains(milliseconds) else {
                throw ConfigurationError(field: "OTEL_EXPORTER_OTLP_TIMEOUT", value: text, allowed: "10 to 600000")
            }
            timeout = .milliseconds(milliseconds)
        }
    }

    /// The headers that the environment gives to every exporter of spans.
    ///
    /// - Parameter environment: The variables of the process.
    /// - Throws: `ConfigurationError` that names the variable whose value cannot be used, without the value.
    public static func headers(environment: [String: String]) throws(ConfigurationError) -> [String: String] {
        for name in ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"] {
            guard let text = environment[name], !text.isEmpty else { continue }
            return try pairs(text, name)
        }
        return [:]
    }

    /// Reads `name=value,name=value`, where what is no visible ASCII is percent-encoded.
    private static func pairs(_ text: String, _ variable: String) throws(ConfigurationError) -> [String: String] {
        let wrong = ConfigurationError(
            field: variable, value: "not of this form", allowed: "name=value, several of them parted by commas")
        var pairs: [String: String] = [:]
        guard text.utf8.count <= 65_536 else { throw wrong }
        for part in text.split(separator: ",") {
            guard let equals = part.firstIndex(of: "=") else {
                guard part.allSatisfy({ $0 == " " }) else { throw wrong }
                continue
            }
            let name = trimmed(part[..<equals])
            guard !name.isEmpty, let value = decoded(trimmed(part[part.index(after: equals)...])) else { throw wrong }
            pairs[String(name)] = value
        }
        return pairs
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self).lowercased()
            guard digits.utf8.count == 2, let number = HexText.number(Array(digits.utf8)) else { return nil }
            bytes.append(UInt8(number))
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
