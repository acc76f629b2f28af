import HTTPTypes
import Logging
import NIOCore
import SageLLM
import SageResilience
import SageStorage
import SageTesting
import TestSupport

@testable import SageGateway

/// A relay over scripted providers, each with the model `m`, in their order behind the model `smart`.
struct RelayFixture {
    let transports: [String: ScriptedTransport]
    let routes: RouteTable
    let relay: RequestRelay
    let clock = TestClock()
    let log = LogRecorder()
    let telemetry: ServerTelemetry
    let spans = SpanCollector()

    init(
        _ transports: [(String, ScriptedTransport)], listener: (any ResilienceListener)? = nil,
        keyEvents: KeyEventRecorder? = nil, sharing: (any StateStore)? = nil,
        _ change: (inout GatewayConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = GatewayConfiguration()
        for (name, _) in transports {
            configuration.providers[name] = GatewayConfiguration.Provider(
                kind: .openai, baseURL: BaseURL("http://\(name)/v1"), apiKey: Secret("secret-key-of-\(name)"))
        }
        configuration.models["smart"] = GatewayConfiguration.Model(
            targets: transports.map { .init(provider: $0.0, model: "m") })
        configuration.policies["default"]?.retry.jitter = .none
        configuration.policies["default"]?.breaker.consecutiveFailures = 3
        change(&configuration)
        let byHost = Dictionary(uniqueKeysWithValues: transports)
        self.transports = byHost
        telemetry = try ServerTelemetry(configuration, logger: log.logger, send: spans.send)
        routes = try RouteTable(
            configuration,
            transports: { provider, _ in byHost[provider.baseURL?.host ?? ""] ?? ScriptedTransport(.error(500)) },
            clock: clock, listener: ListenerGroup([telemetry.metrics.listener] + [listener].compactMap(\.self)),
            onKeyEvent: { keyEvents?.hear($0) }, metrics: telemetry.metrics,
            sharedLimits: try sharing.map { [clock] in
                try SharedLimits($0, GatewayConfiguration.Storage.Shared(), clock: clock)
            })
        relay = RequestRelay(routes, random: .constant(0), clock: clock)
    }

    init(
        _ transport: ScriptedTransport, _ change: (inout GatewayConfiguration) -> Void = { _ in }
    ) throws {
        try self.init([("a", transport)], change)
    }

    func target(_ name: String) -> RouteTarget {
        guard let target = routes.targets.first(where: { $0.name == name }) else {
            preconditionFailure("no target \(name)")
        }
        return target
    }

    /// An agent whose stores are in memory, and not open yet.
    ///
    /// Its time stands still: on a busy machine, steps that take no time here would exceed the limits of a real one.
    func agent(_ configuration: GatewayConfiguration, tools: ScriptedTransport = ScriptedTransport()) throws -> Agent {
        let clock = TestClock()
        var policies = StoragePolicies.embedded
        policies.clock = clock
        return try Agent(
            configuration, routes: routes, telemetry,
            databases: Databases { [policies] _ in
                try SQLiteDatabase(SQLiteConfiguration(.memory), policies: policies)
            }, transport: tools,
            relay: relay, clock: clock)
    }

    /// A request as a client sends it.
    func request(
        _ model: String = "smart", stream: Bool = false, _ headers: HTTPFields = [:]
    ) throws -> InboundRequest {
        let text = #"{"model":"\#(model)","messages":[{"role":"user","content":"hi"}],"stream":\#(stream)}"#
        return try InboundRequest(
            .chatCompletions, headers: headers, body: ByteBuffer(string: text), id: "test")
    }

    func report() -> RequestReport {
        RequestReport(id: "req_1", logger: log.logger)
    }

    /// The completion's text as the client gets it.
    func answer(_ request: InboundRequest, _ report: RequestReport? = nil) async throws -> String {
        switch try await relay.answer(request, report: report ?? self.report()) {
        case .completion(let body, _): String(buffer: body)
        case .stream: throw UnexpectedReply()
        }
    }

    /// The stream as the client gets it.
    func stream(_ request: InboundRequest, _ report: RequestReport? = nil) async throws -> RelayedStream {
        switch try await relay.answer(request, report: report ?? self.report()) {
        case .stream(let stream, _): stream
        case .completion: throw UnexpectedReply()
        }
    }
}

struct UnexpectedReply: Error {}

extension RelayedStream {
    /// Everything that the client gets.
    func readAll() async throws -> String {
        var reader = makeReader(isClientGone: { false })
        var text = ""
        while let bytes = try await reader.next() { text += String(buffer: bytes) }
        return text
    }
}
