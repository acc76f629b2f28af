import SageOTLP
import SageResilience
import Testing

struct ConfigurationTests {
    private func read(_ environment: [String: String]) throws -> OTLPConfiguration? {
        try OTLPConfiguration(environment: environment, serviceName: "sage")
    }

    @Test(
        arguments: [
            (["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"], "http://c:4318/v1/traces"),
            (["OTEL_EXPORTER_OTLP_ENDPOINT": "https://c/otlp/"], "https://c/otlp/v1/traces"),
            (["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c/here"], "http://c/here"),
            (
                ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c/here", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://d"],
                "http://c/here"
            ),
            (
                ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://d"],
                "http://d/v1/traces"
            ),
            ([:], nil),
            (["OTEL_EXPORTER_OTLP_ENDPOINT": ""], nil),
            (["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "TRUE"], nil),
            (["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "none"], nil),
        ] as [([String: String], String?)])
    func theAddressIsFoundInTheEnvironment(environment: [String: String], url: String?) throws {
        #expect(try read(environment)?.tracesURL == url)
    }

    @Test
    func everyVariableIsRead() throws {
        let configuration = try #require(
            try read([
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_HEADERS": "a=1, b=x%20y%2Cz ,",
                "OTEL_SERVICE_NAME": "gateway", "OTEL_RESOURCE_ATTRIBUTES": "service.name=other,zone=eu",
                "OTEL_TRACES_SAMPLER_ARG": "0.25", "OTEL_EXPORTER_OTLP_TIMEOUT": "2500",
            ]))
        #expect(configuration.headers == ["a": "1", "b": "x y,z"])
        #expect(configuration.resource == ["service.name": "gateway", "zone": "eu"])
        #expect(configuration.sampleRatio == 0.25)
        #expect(configuration.timeout == .milliseconds(2_500))
        let traces = try read([
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_HEADERS": "a=1",
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "b=2", "OTEL_RESOURCE_ATTRIBUTES": "service.name=other",
        ])
        #expect(traces?.headers == ["b": "2"])
        #expect(traces?.resource == ["service.name": "other"])
    }

    @Test(
        arguments: [
            (["OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"], "OTEL_EXPORTER_OTLP_ENDPOINT"),
            (["OTEL_EXPORTER_OTLP_ENDPOINT": "http://"], "OTEL_EXPORTER_OTLP_ENDPOINT"),
            (["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "grpc://c"], "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
            (
                ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_HEADERS": "secret"],
                "OTEL_EXPORTER_OTLP_HEADERS"
            ),
            (
                ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_HEADERS": "a=%zz"],
                "OTEL_EXPORTER_OTLP_HEADERS"
            ),
            (
                ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_HEADERS": "a=%ff"],
                "OTEL_EXPORTER_OTLP_HEADERS"
            ),
            (["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_SAMPLER_ARG": "2"], "OTEL_TRACES_SAMPLER_ARG"),
            (
                ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_TIMEOUT": "soon"],
                "OTEL_EXPORTER_OTLP_TIMEOUT"
            ),
            (
                ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_RESOURCE_ATTRIBUTES": "=x"],
                "OTEL_RESOURCE_ATTRIBUTES"
            ),
        ] as [([String: String], String)])
    func aVariableThatCannotBeUsedIsNamed(environment: [String: String], field: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try read(environment) }
        #expect(error.field == field)
        #expect(!"\(error)".contains("secret"))
    }

    private struct Mistake: Sendable {
        let field: String
        let change: @Sendable (inout OTLPConfiguration) -> Void

        init(_ field: String, _ change: @escaping @Sendable (inout OTLPConfiguration) -> Void) {
            self.field = field
            self.change = change
        }
    }

    private static let mistakes = [
        Mistake("sampleRatio") { $0.sampleRatio = 1.5 },
        Mistake("maxQueueLength") { $0.maxQueueLength = 0 },
        Mistake("maxBatchLength") { $0.maxBatchLength = 2_049 },
        Mistake("interval") { $0.interval = .zero },
        Mistake("timeout") { $0.timeout = .seconds(601) },
        Mistake("shutdownTimeout") { $0.shutdownTimeout = .zero },
        Mistake("headers") { $0.headers["a b"] = "x" },
        Mistake("headers.key") { $0.headers["key"] = "secret\r\n" },
    ]

    @Test(arguments: mistakes.indices)
    func aValueOutOfRangeIsRefused(index: Int) throws {
        let mistake = Self.mistakes[index]
        let error = try #require(throws: ConfigurationError.self) { try OTLPExporter.make(Collector(), mistake.change) }
        #expect(error.field == mistake.field)
        #expect(!"\(error)".contains("secret"))
    }

    @Test
    func secretsAreNotPrinted() throws {
        var configuration = try OTLPConfiguration(endpoint: "http://user:secret@c", serviceName: "shop")
        configuration.headers = ["x-key": "secret"]
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("secret"))
        }
    }
}
