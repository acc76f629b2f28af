import HTTPTypes
import NIOCore
import SageLLM
import TestSupport
import Testing

@testable import SageGateway

struct AnthropicRelayTests {
    static let message =
        #"{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":2},"news":[1.0]}"#

    func fixture(_ transport: ScriptedTransport) throws -> RelayFixture {
        try RelayFixture(transport) {
            $0.providers["a"]?.kind = .anthropic
            $0.providers["a"]?.baseURL = BaseURL("http://a")
        }
    }

    func answer(
        _ format: WireFormat, _ body: String, _ headers: HTTPFields = [:], from transport: ScriptedTransport
    ) async throws -> (body: String, report: RequestReport) {
        let fixture = try fixture(transport)
        let request = try InboundRequest(format, headers: headers, body: ByteBuffer(string: body), id: "test")
        let report = fixture.report()
        guard case .completion(let body, _) = try await fixture.relay.answer(request, report: report) else {
            throw UnexpectedReply()
        }
        return (String(buffer: body), report)
    }

    @Test func messageIsForwardedByteForByte() async throws {
        let transport = ScriptedTransport(.json(Self.message))
        let body = #"{ "model":"m", "max_tokens" : 5,"messages":[{"role":"user","content":"hi"}],"news":{"a":1.0} }"#
        var headers: HTTPFields = [.authorization: "Bearer client-key"]
        for (name, value) in [
            ("x-api-key", "client-key"), ("anthropic-version", "2026-10-21"), ("anthropic-beta", "a-1,  b-2"),
            ("anthropic-dangerous-direct-browser-access", "true"),
        ] { headers[try #require(HTTPField.Name(name))] = value }
        let body2 = body.replacing(#""model":"m""#, with: #""model":"a/m""#)
        let result = try await answer(.messages, body2, headers, from: transport)
        #expect(result.body == Self.message)
        let sent = try #require(transport.requests.first)
        #expect(sent.url == "http://a/v1/messages")
        #expect(String(buffer: sent.body) == body)
        #expect(sent.headers[try #require(HTTPField.Name("x-api-key"))] == "secret-key-of-a")
        #expect(sent.headers[.authorization] == nil)
        #expect(sent.headers[.anthropicVersion] == "2026-10-21")
        #expect(sent.headers[.anthropicBeta] == "a-1,  b-2")
        #expect(!sent.headers.contains { $0.value.contains("client-key") })
        #expect(result.report.current.dropped.isEmpty)
    }

    @Test func thinkingOfAnotherProviderIsTakenOut() async throws {
        let transport = ScriptedTransport(.json(Self.message))
        let body =
            #"{"model":"smart","max_tokens":5,"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"sage-unsigned"},{"type":"text","text":"a"}]},{"role":"user","content":"go on"}]}"#
        let result = try await answer(.messages, body, from: transport)
        #expect(
            try JSONValue(parsing: [UInt8](transport.requests[0].body.readableBytesView))["messages"]?[1]?["content"]
                == [["type": "text", "text": "a"]])
        #expect(result.report.current.dropped == ["thinking"])
    }

    @Test func tokensAreCountedByAnthropicAlone() async throws {
        let transport = ScriptedTransport(.json(#"{"input_tokens":7}"#))
        let body = #"{"model":"smart","messages":[{"role":"user","content":"hi"}]}"#
        #expect(try await answer(.countTokens, body, from: transport).body == #"{"input_tokens":7}"#)
        #expect(transport.requests[0].url == "http://a/v1/messages/count_tokens")
    }

    @Test func tokensThatNoTargetCountsAreGuessed() async throws {
        let transport = ScriptedTransport(.json("{}"))
        let fixture = try RelayFixture(transport)
        let body = #"{"model":"smart","messages":[{"role":"user","content":"hi"}]}"#
        let request = try InboundRequest(.countTokens, headers: [:], body: ByteBuffer(string: body), id: "test")
        let reply = try await fixture.relay.answer(request, report: fixture.report())
        guard case .completion(let answer, let fields) = reply else { throw UnexpectedReply() }
        #expect(String(buffer: answer) == #"{"input_tokens":\#(body.utf8.count / 4 + 1)}"#)
        #expect(fields[.estimated] == "input_tokens")
        #expect(transport.requests.isEmpty)
    }

    @Test func chatIsTranslatedBothWays() async throws {
        let transport = ScriptedTransport(.json(Self.message))
        var headers = HTTPFields()
        headers[.anthropicVersion] = "2026-10-21"
        let body = #"{"model":"smart","seed":1,"temperature":0.5,"messages":[{"role":"user","content":"hi"}]}"#
        let result = try await answer(.chatCompletions, body, headers, from: transport)
        let reply = try JSONValue(parsing: result.body)
        #expect(reply["model"] == "smart")
        #expect(reply["choices"]?[0]?["message"]?["content"] == "hi")
        #expect(result.report.current.dropped == ["seed"])
        // The request is written for this version, which takes a temperature.
        #expect(transport.requests[0].headers[.anthropicVersion] == "2023-06-01")
    }
}
