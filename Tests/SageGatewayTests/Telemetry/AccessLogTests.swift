import HTTPTypes
import Logging
import NIOCore
import SageLLM
import TestSupport
import Testing

@testable import SageGateway

struct AccessLogTests {
    typealias Text = ChatText

    private func line(_ server: ServerFixture) throws -> LogRecorder.Entry {
        let lines = server.relay.log.entries.filter { $0.message == "request" }
        #expect(lines.count == 1)
        return try #require(lines.first)
    }

    @Test func aLineSaysWhatBecameOfARequest() async throws {
        let parts = [Text.token("a secret"), Text.finish + Text.usage, Text.done]
        let server = try ServerFixture(ScriptedTransport(.stream(parts.map { ByteBuffer(string: $0) })))
        let answer = try await server.chat(ServerFixture.streamBody)
        let line = try line(server)
        let fields: KeyValuePairs<String, String> = [
            "route": "/v1/chat/completions", "model": "smart", "target": "a/m", "outcome": "success", "status": "200",
            "attempts": "1", "fallbacks": "0", "stream": "true", "input_tokens": "3", "output_tokens": "5",
            "tokens": "8",
        ]
        for (key, value) in fields { #expect(line[key] == value, "\(key)") }
        #expect(line["request_id"] == answer["x-sage-request-id"])
        for key in ["duration_ms", "upstream_ms", "overhead_ms", "first_token_ms"] {
            #expect(try #require(line[key].flatMap(Double.init)) >= 0, "\(key)")
        }
        #expect(line["error"] == nil)
        #expect(line.level == .info)
    }

    @Test(arguments: [
        (400, "the message 'a secret of mine' is too long", false), (422, "a secret of mine", false),
        (500, "worker 7 crashed", true), (401, "wrong key", true),
    ])
    func whatMayQuoteTheRequestIsNotLogged(status: Int, message: String, isLogged: Bool) async throws {
        let server = try ServerFixture(ScriptedTransport(.error(status, message))) { configuration in
            configuration.policies["default"]?.retry.maxAttempts = 1
        }
        let answer = try await server.chat()
        #expect(answer.body.contains(message))
        let log = server.relay.log.entries.map { "\($0.message) \($0.metadata)" }.joined(separator: "\n")
        #expect(log.contains(message) == isLogged)
        #expect(try line(server)["error_code"] != nil)
        #expect(!log.contains("secret-key-of-a"))
    }

    @Test func aRefusedRequestHasALineToo() async throws {
        let server = try ServerFixture()
        _ = try await server.chat("{")
        let line = try line(server)
        #expect(line["outcome"] == "client_error")
        #expect(line["error_code"] == "invalid_request")
        #expect(line["target"] == nil)
        #expect(line["upstream_ms"] == nil)
        #expect(line.level == .notice)
    }
}
