public import SageResilience

/// Where spans are exported to, and how.
///
/// Headers may hold secrets: they appear in no description and no error.
public struct OTLPConfiguration: Sendable, Hashable {
    /// The address that spans are sent to, with its path.
    public let tracesURL: String
    /// Added to every request.
    public var headers: [String: String] = [:]
    /// What the spans come from, as attributes of a resource, `service.name` among them.
    public var resource: [String: String]
    /// The share of traces that are recorded, for ``makeSampler()``.
    public var sampleRatio = 1.0
    /// The most spans that wait for their export; further ones are dropped and counted.
    ///
    /// Defaults to 2,048.
    public var maxQueueLength = 2_048
    /// The most spans of a request.
    ///
    /// Defaults to 512.
    public var maxBatchLength = 512
    /// How long a span waits for others at most.
    ///
    /// Defaults to 5 s.
    public var interval = Duration.seconds(5)
    /// How long one request may take.
    ///
    /// Defaults to 10 s.
    public var timeout = Duration.seconds(10)
    /// How long the last export may take when the exporter is stopped.
    ///
    /// Defaults to 5 s.
    public var shutdownTimeout = Duration.seconds(5)

    /// Creates a configuration with the default of everything else.
    ///
    /// - Parameters:
    ///   - endpoint: The address of the collector, such as `http://127.0.0.1:4318`; `/v1/traces` is added to it.
    ///   - serviceName: What the program is called in traces.
    /// - Throws: `ConfigurationError` when the address is none of `http` or `https`.
    public init(endpoint: String, serviceName: String) throws(ConfigurationError) {
        try self.init(endpoint: endpoint, field: "endpoint", serviceName: serviceName)
    }

    /// Creates a configuration with the default of everything else.
    ///
    /// - Parameters:
    ///   - tracesURL: The whole address that spans are sent to.
    ///   - serviceName: What the program is called in traces.
    /// - Throws: `ConfigurationError` when the address is none of `http` or `https`.
    public init(tracesURL: String, serviceName: String) throws(ConfigurationError) {
        try self.init(tracesURL: tracesURL, field: "tracesURL", serviceName: serviceName)
    }

    init(endpoint: String, field: String, serviceName: String) throws(ConfigurationError) {
        // Looked at before the path is added, which would pass for a host where there is none.
        try self.init(tracesURL: endpoint, field: field, serviceName: serviceName)
        try self.init(
            tracesURL: endpoint + (endpoint.hasSuffix("/") ? "v1/traces" : "/v1/traces"), field: field,
            serviceName: serviceName)
    }

    init(tracesURL: String, field: String, serviceName: String) throws(ConfigurationError) {
        let scheme = ["http://", "https://"].first { tracesURL.lowercased().hasPrefix($0) }
        let authority = tracesURL.dropFirst(scheme?.count ?? 0).prefix { !"/?#".contains($0) }
        guard scheme != nil, !authority.isEmpty, tracesURL.utf8.count <= 2_048,
            tracesURL.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            // The address may hold a password.
            throw ConfigurationError(
                field: field, value: "not such an address",
                allowed: "an http or https address such as http://127.0.0.1:4318")
        }
        self.tracesURL = tracesURL
        self.resource = ["service.name": serviceName]
    }

    /// A sampler that records ``sampleRatio`` of the traces that begin here.
    ///
    /// - Throws: `ConfigurationError` when the ratio is out of range.
    public func makeSampler() throws(ConfigurationError) -> SpanSampler {
        do throws(ConfigurationError) {
            return try SpanSampler(ratio: sampleRatio)
        } catch {
            throw ConfigurationError(field: "sampleRatio", value: sampleRatio, allowed: error.allowed)
        }
    }

    func validate() throws(ConfigurationError) {
        _ = try makeSampler()
        try Ranges.check("maxQueueLength", maxQueueLength, 1...1_000_000)
        try Ranges.check("maxBatchLength", maxBatchLength, 1...maxQueueLength)
        try Ranges.check("interval", interval, .milliseconds(10) ... .seconds(3_600))
        try Ranges.check("timeout", timeout, .milliseconds(10) ... .seconds(600))
        try Ranges.check("shutdownTimeout", shutdownTimeout, .milliseconds(10) ... .seconds(600))
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
            guard Self.isToken(name) else {
                throw ConfigurationError(
                    field: "headers", value: "not all names of headers", allowed: "letters, digits and - _ . ! # $ % &")
            }
            guard value.utf8.count <= 8_192, value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw ConfigurationError(
                    field: "headers.\(name)", value: "not shown", allowed: "at most 8192 bytes, no control characters")
            }
        }
    }

    private static func isToken(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}

extension OTLPConfiguration: CustomStringConvertible, CustomReflectable {
    /// The names of the headers, without their values, and nothing of the address.
    public var description: String {
        "OTLPConfiguration(headers: \(headers.keys.sorted()), resource: \(resource), sampleRatio: \(sampleRatio))"
    }

    /// Nothing, because a reflection would show the headers.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
