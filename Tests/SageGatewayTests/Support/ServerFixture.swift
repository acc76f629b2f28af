import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import SageLLM
import Synchronization
import TestSupport

@testable import SageGateway

/// A server without a network: requests go straight to its router.
struct ServerFixture {
    let relay: RelayFixture
    let connections = ConnectionRegistry()
    let channel = NIOAsyncTestingChannel()
    let monitor = ConnectionMonitor()
    let agent: Agent
    private let responder: any HTTPResponder<GatewayRequestContext>

    /// - Parameter client: The client's address; nil for one that is not known.
    init(
        _ transport: ScriptedTransport = ScriptedTransport(.completion()), client: String? = "127.0.0.1",
        _ change: (inout GatewayConfiguration) -> Void = { _ in }
    ) throws {
        relay = try RelayFixture(transport, change)
        var configuration = GatewayConfiguration()
        configuration.server.maxBodyBytes = 1_024
        change(&configuration)
        agent = try relay.agent(configuration)
        responder = GatewayServer(
            configuration, relay.routes, keys: try ClientKeys(configuration.keys, clock: relay.clock), relay.telemetry,
            agent
        )
        .makeRouter(connections).buildResponder()
        channel.remoteAddress = try client.map { try SocketAddress(ipAddress: $0, port: 1) }
        connections.add(channel, monitor)
    }

    struct Answer {
        let status: Int
        let headers: HTTPFields
        let body: String

        var json: JSONValue? { try? JSONValue(parsing: Array(body.utf8)) }
        var error: OpenAIError? { (try? OpenAIErrorEnvelope(parsing: Array(body.utf8)))?.error }

        subscript(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, body: String = "", headers: HTTPFields = [:],
        authority: String = "h"
    ) async throws -> Answer {
        try await send(
            method, path, body: RequestBody(buffer: ByteBuffer(string: body)), headers: headers, authority: authority)
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, body: RequestBody, headers: HTTPFields = [:],
        authority: String = "h"
    ) async throws -> Answer {
        let request = Request(
            head: HTTPRequest(method: method, scheme: "http", authority: authority, path: path, headerFields: headers),
            body: body)
        let context = GatewayRequestContext(
            source: ApplicationRequestContextSource(channel: channel, logger: relay.log.logger))
        let response = try await responder.respond(to: request, context: context)
        let written = Written()
        try await response.body.write(Writer(written: written))
        return Answer(
            status: response.status.code, headers: response.headers,
            body: String(buffer: written.bytes.withLock { $0 }))
    }

    func chat(_ body: String = Self.chatBody, _ headers: HTTPFields = [:]) async throws -> Answer {
        try await send(.post, "/v1/chat/completions", body: body, headers: headers)
    }

    static let chatBody = #"{"model":"smart","messages":[{"role":"user","content":"hi"}]}"#
    static let streamBody = #"{"model":"smart","messages":[{"role":"user","content":"hi"}],"stream":true}"#

    private final class Written: Sendable {
        let bytes = Mutex(ByteBuffer())
    }

    private struct Writer: ResponseBodyWriter {
        let written: Written

        mutating func write(_ buffer: ByteBuffer) async throws {
            written.bytes.withLock { _ = $0.writeImmutableBuffer(buffer) }
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}
