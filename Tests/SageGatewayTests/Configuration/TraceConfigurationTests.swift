import SageOTLP
import SageResilience
import Testing

@testable import SageGateway

struct TraceConfigurationTests {
    private func load(_ otlp: String, _ environment: [String: String] = [:]) throws -> GatewayConfiguration {
        try GatewayConfiguration.load(
            bytes: Array("providers: { sim: { kind: simulated } }\ntelemetry: { otlp: \(otlp) }".utf8),
            named: "sage.yaml",
            environment: environment)
    }

    @Test func theFileSaysEverything() throws {
        let otlp = try load("{ endpoint: 'https://c:4318/otlp', headers: { x-key: k }, sampleRatio: 0.25 }")
            .telemetry.otlp
        let settings = try #require(otlp).exporterConfiguration()
        #expect(settings.tracesURL == "https://c:4318/otlp/v1/traces")
        #expect(settings.headers == ["x-key": "k"])
        #expect(settings.sampleRatio == 0.25)
        #expect(settings.resource["service.name"] == "sage")
    }

    @Test func whatIsNotWrittenComesFromTheEnvironment() throws {
        let environment = [
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://env:4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://env/t",
            "OTEL_EXPORTER_OTLP_HEADERS": "a=1,b=2", "OTEL_SERVICE_NAME": "gateway", "OTEL_TRACES_SAMPLER_ARG": "0.5",
        ]
        let bare = try #require(try load("{}", environment).telemetry.otlp).exporterConfiguration()
        #expect(bare.tracesURL == "http://env/t")
        #expect(bare.headers == ["a": "1", "b": "2"])
        #expect(bare.sampleRatio == 0.5)
        let written = try #require(
            try load("{ endpoint: 'http://file', headers: { b: 3 }, sampleRatio: 1 }", environment).telemetry.otlp
        ).exporterConfiguration()
        #expect(written.tracesURL == "http://file/v1/traces")
        #expect(written.headers == ["a": "1", "b": "3"])
        #expect(written.sampleRatio == 1)
        #expect(written.resource["service.name"] == "gateway")
    }

    @Test func withoutASectionNothingIsTraced() throws {
        #expect(try load("null", ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://env:4318"]).telemetry.otlp == nil)
    }

    @Test func theEnvironmentCanTurnItOff() throws {
        let configuration = try load("{ endpoint: 'http://c' }", ["OTEL_SDK_DISABLED": "true"])
        #expect(configuration.telemetry.otlp == nil)
        #expect(configuration.notices.contains { $0.contains("no traces are exported") })
    }

    @Test func aVariableThatCannotBeUsedIsTold() {
        let error = #expect(throws: ConfigurationFileError.self) {
            try load("{ endpoint: 'http://c' }", ["OTEL_EXPORTER_OTLP_HEADERS": "top-secret"])
        }
        #expect(error?.description.contains("OTEL_EXPORTER_OTLP_HEADERS") == true)
        #expect(error?.description.contains("top-secret") == false)
    }

    @Test func withoutAFileTheEnvironmentDecides() throws {
        let configuration = GatewayConfiguration.embedded(environment: [
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://env:4318"
        ])
        #expect(try configuration.telemetry.otlp?.exporterConfiguration().tracesURL == "http://env:4318/v1/traces")
        #expect(GatewayConfiguration.embedded(environment: [:]).telemetry.otlp == nil)
        let wrong = GatewayConfiguration.embedded(environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": "env:4318"])
        #expect(wrong.telemetry.otlp == nil)
        #expect(wrong.notices.contains { $0.contains("OTEL_EXPORTER_OTLP_ENDPOINT") })
    }
}
