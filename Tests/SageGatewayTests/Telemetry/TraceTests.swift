import HTTPTypes
import NIOCore
import SageLLM
import SageOTLP
import TestSupport
import Testing

@testable import SageGateway

struct TraceTests {
    typealias Text = ChatText

    private static let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    private static let body =
        #"{"model":"smart","messages":[{"role":"user","content":"a secret of mine"}],"temperature":0.5,"#
        + #""max_tokens":77,"n":1,"seed":9,"user":"somebody"}"#

    private func traced(
        _ transport: ScriptedTransport, _ body: String = Self.body, _ headers: HTTPFields = [:],
        ratio: Double? = nil
    ) async throws -> ServerFixture {
        // All spans are exported at the end, and none is lost because a busy machine needs longer for that.
        var exporter = try OTLPConfiguration(endpoint: "http://collector:4318", serviceName: "sage")
        exporter.interval = .seconds(3_600)
        exporter.timeout = .seconds(600)
        exporter.shutdownTimeout = .seconds(600)
        let server = try ServerFixture(transport) { [exporter] configuration in
            configuration.telemetry.otlp = GatewayConfiguration.OTLP()
            configuration.telemetry.otlp?.endpoint = BaseURL("http://collector:4318")
            configuration.telemetry.otlp?.base = exporter
            configuration.telemetry.otlp?.sampleRatio = ratio
            configuration.policies["default"]?.retry.maxAttempts = 1
        }
        try await server.relay.telemetry.exporting { _ = try await server.chat(body, headers) }
        return server
    }

    private static func headers(_ pairs: KeyValuePairs<String, String>) -> HTTPFields {
        var fields = HTTPFields()
        for (name, value) in pairs {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return fields
    }

    @Test func aRequestIsASpanAndEachCallIsItsChild() async throws {
        let transport = ScriptedTransport(.completion("another secret"))
        let server = try await traced(
            transport, Self.body, Self.headers(["traceparent": Self.parent, "tracestate": "rojo=1"]))
        let spans = server.relay.spans
        let request = try #require(spans.named("POST /v1/chat/completions").first)
        let call = try #require(spans.named("chat m").first)
        #expect(spans.all.count == 2)
        #expect(request.trace == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(request.parent == "00f067aa0ba902b7")
        #expect(call.trace == request.trace)
        #expect(call.parent == request.id)
        let sent = try #require(transport.requests.first?.headers)
        #expect(sent[.traceparent] == "00-\(call.trace ?? "")-\(call.id ?? "")-01")
        #expect(sent[.tracestate] == "rojo=1")
        let attributes: KeyValuePairs<String, String> = [
            "gen_ai.operation.name": "chat", "gen_ai.provider.name": "a", "gen_ai.request.model": "m",
            "gen_ai.request.temperature": "0.5", "gen_ai.request.max_tokens": "77", "gen_ai.request.seed": "9",
            "gen_ai.usage.input_tokens": "3", "gen_ai.response.id": "c-1", "gen_ai.response.model": "m",
            "server.address": "a", "server.port": "80", "sage.target": "a/m", "sage.attempt": "1",
            "sage.attempt_kind": "first", "sage.outcome": "success",
        ]
        for (key, value) in attributes { #expect(call[key] == value, "\(key)") }
        #expect(call["gen_ai.response.finish_reasons"]?.contains("stop") == true)
        #expect(request["http.response.status_code"] == "200")
        #expect(request["http.route"] == "/v1/chat/completions")
        #expect(request["gen_ai.request.model"] == "smart")
        #expect(request["sage.request_id"]?.hasPrefix("req_") == true)
        for secret in ["secret", "somebody"] { #expect(!spans.text.contains(secret)) }
    }

    @Test func aFailedCallSaysHowAndNotWhatWasSaid() async throws {
        let server = try await traced(ScriptedTransport(.error(503, "a secret of mine is too much")))
        let call = try #require(server.relay.spans.named("chat m").first)
        #expect(call["error.type"] == "503")
        #expect(call["sage.error_class"] == "overloaded")
        #expect(call["sage.outcome"] == "provider_error")
        #expect(call.json["status"]?["code"] == 2)
        let request = try #require(server.relay.spans.named("POST /v1/chat/completions").first)
        #expect(request["error.type"] == "upstream_error")
        #expect(request.json["status"]?["code"] == 2)
        #expect(!server.relay.spans.text.contains("secret"))
    }

    @Test func aStreamsSpanEndsWithTheStream() async throws {
        let parts = [Text.token("secret"), Text.finish + Text.usage, Text.done]
        let server = try await traced(
            ScriptedTransport(.stream(parts.map { ByteBuffer(string: $0) })), ServerFixture.streamBody)
        let call = try #require(server.relay.spans.named("chat m").first)
        #expect(call["gen_ai.request.stream"] == "true")
        #expect(call["gen_ai.usage.output_tokens"] == "5")
        #expect(call["gen_ai.response.time_to_first_chunk"] != nil)
        #expect(!server.relay.spans.text.contains("secret"))
    }

    @Test func whatIsNotSampledIsOnlyPassedOn() async throws {
        let transport = ScriptedTransport(.completion())
        let server = try await traced(transport, ratio: 0)
        #expect(server.relay.spans.all.isEmpty)
        #expect(transport.requests.first?.headers[.traceparent]?.hasSuffix("-00") == true)
    }

    @Test func withoutTracingTheClientsTraceIsPassedOn() async throws {
        let transport = ScriptedTransport(.completion())
        let server = try ServerFixture(transport)
        _ = try await server.chat(Self.body, Self.headers(["traceparent": Self.parent]))
        #expect(transport.requests.first?.headers[.traceparent] == Self.parent)
        #expect(server.relay.telemetry.tracer == nil)
    }

    @Test(arguments: [
        ("https://api.openai.com/v1", Dialect.openAI, "openai"),
        ("https://x.openai.azure.com/v1", .openAI, "azure.ai.openai"),
        ("https://api.deepseek.com/v1", .openAI, "deepseek"), ("http://127.0.0.1:11434/v1", .openAI, "mine"),
        ("https://notapi.openai.com.evil/v1", .openAI, "mine"), ("https://api.anthropic.com", .anthropic, "anthropic"),
        ("http://proxy", .anthropic, "anthropic"), ("http://proxy", .gemini, "gcp.gemini"),
        ("simulated:", .openAI, "mine"),
    ])
    func providersHaveTheNamesThatOthersKnow(url: String, dialect: Dialect, name: String) {
        let target = TargetTelemetry(provider: "mine", model: "m", dialect: dialect, baseURL: url, metrics: nil)
        #expect(target.providerName == name)
    }
}
