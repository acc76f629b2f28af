import SageLLM
import Testing

@testable import SageMock

struct AnthropicShapeTests {
    private static let headers = ["x-api-key": "k", "anthropic-version": "2026-10-21"]

    private func reply(
        _ body: String, method: String = "POST", path: String = "/v1/messages",
        headers: [String: String] = Self.headers, options: ReplyOptions = ReplyOptions()
    ) -> ProviderReply {
        AnthropicShape().answer(body, method: method, path: path, headers: headers, options: options)
    }

    private static func body(_ messages: String, _ rest: String = "") -> String {
        #"{"model":"m","max_tokens":9,"messages":[\#(messages)]\#(rest)}"#
    }

    private static let tool = #"{"name":"t","input_schema":{"type":"object"}}"#
    private let whole = body(#"{"role":"user","content":"a b"}"#)
    private let stream = body(#"{"role":"user","content":"a b"}"#, #","stream":true"#)

    @Test(arguments: [#""a b""#, #"[{"type":"text","text":"a "},{"type":"image"},{"type":"text","text":"b"}]"#])
    func aReplyEchoesTheLastMessage(_ content: String) {
        #expect(
            reply(Self.body(#"{"role":"user","content":\#(content)}"#)).text == """
                {"id":"msg_mock_7","type":"message","role":"assistant","model":"m",\
                "content":[{"type":"text","text":"You said: a b"}],"stop_reason":"end_turn","stop_sequence":null,\
                "usage":{"input_tokens":6,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,\
                "output_tokens":4}}
                """)
    }

    @Test func aStreamHasItsEventsInOrder() {
        let reply = reply(stream)
        let events = reply.eventJSON
        let types = events.compactMap { $0["type"]?.stringValue }
        #expect(
            types == [
                "message_start", "content_block_start", "ping", "content_block_delta", "content_block_delta",
                "content_block_delta", "content_block_delta", "content_block_stop", "message_delta", "message_stop",
            ])
        #expect(zip(reply.events, types).allSatisfy { $0.hasPrefix("event: \($1)\n") })
        #expect(events.compactMap { $0["delta"]?["text"]?.stringValue }.joined() == "You said: a b")
        #expect(events[0]["message"]?["usage"]?["input_tokens"] == 6)
        #expect(events[8]["delta"]?["stop_reason"] == "end_turn")
        #expect(events[8]["usage"]?["output_tokens"] == 4)
    }

    @Test func thinkingTextAndCallsAreBlocks() {
        var options = ReplyOptions()
        options.thinking = "let me"
        options.text = "both"
        options.tools = [.init(arguments: #"{"a": 1}"#), .init(name: "u", arguments: "no JSON")]
        let tools = #","tools":[\#(Self.tool)]"#
        let message = reply(Self.body(#"{"role":"user","content":"x"}"#, tools), options: options).json
        #expect(
            message?["content"] == [
                ["type": "thinking", "thinking": "let me", "signature": "c2FnZS1tb2NrLXNpZ25hdHVyZQ=="],
                ["type": "text", "text": "both"],
                ["type": "tool_use", "id": "toolu_mock_7", "name": "t", "input": ["a": 1]],
                ["type": "tool_use", "id": "toolu_mock_7_2", "name": "u", "input": "no JSON"],
            ])
        #expect(message?["stop_reason"] == "tool_use")
        #expect(message?["usage"]?["output_tokens"] == 9)
        let events = reply(
            Self.body(#"{"role":"user","content":"x"}"#, tools + #","stream":true"#), options: options
        ).eventJSON
        let deltas = events.filter { $0["type"] == "content_block_delta" }
        #expect(deltas.compactMap { $0["delta"]?["thinking"]?.stringValue }.joined() == "let me")
        #expect(deltas.filter { $0["delta"]?["type"] == "signature_delta" && $0["index"] == 0 }.count == 1)
        let fragments = deltas.filter { $0["index"] == 2 }.compactMap { $0["delta"]?["partial_json"]?.stringValue }
        #expect(fragments == ["", #"{"a": "#, "1}"])
        #expect(
            deltas.filter { $0["index"] == 3 }.compactMap { $0["delta"]?["partial_json"]?.stringValue }.joined()
                == "no JSON")
        #expect(
            events.filter { $0["type"] == "content_block_start" }.compactMap { $0["content_block"]?["input"] } == [
                [:], [:],
            ])
        #expect(events[events.count - 2]["usage"] == message?["usage"])
    }

    @Test func theEndCanBeLeftOutAndPingsAdded() {
        var options = ReplyOptions()
        options.omitsFinish = true
        options.omitsDone = true
        options.keepAlives = 2
        let types = reply(stream, options: options).eventJSON.compactMap { $0["type"]?.stringValue }
        #expect(types.prefix(4) == ["message_start", "ping", "ping", "content_block_start"])
        #expect(types.last == "content_block_stop")
        #expect(reply(whole, options: options).json?["stop_reason"] == .null)
    }

    @Test func aScriptedFinishReasonReplacesTheTrueOne() {
        var options = ReplyOptions()
        options.finish = "max_tokens"
        #expect(reply(whole, options: options).json?["stop_reason"] == "max_tokens")
        #expect(reply(stream, options: options).eventJSON[8]["delta"]?["stop_reason"] == "max_tokens")
    }

    @Test func anInBandErrorIsTheLastEvent() {
        var options = ReplyOptions()
        options.inBandError = .init(afterEvents: 4)
        let events = reply(stream, options: options).events
        #expect(events.count == 5)
        #expect(
            events[4] == """
                event: error
                data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},\
                "request_id":"req_mock_7"}


                """)
        #expect(reply(whole, options: options).json?["error"]?["type"] == "overloaded_error")
        options.inBandError = .init(text: "x")
        #expect(reply(stream, options: options).events == ["event: error\ndata: x\n\n"])
        #expect(reply(whole, options: options).text == "x")
    }

    @Test func tokensAreCounted() {
        let body = #"{"model":"m","system":"be brief","messages":[{"role":"user","content":"a b"}]}"#
        #expect(reply(body, path: "/v1/messages/count_tokens").text == #"{"input_tokens":12}"#)
        #expect(
            reply(Self.body(#"{"role":"user","content":"a b"}"#, #","system":"be brief""#)).json?["usage"]?[
                "input_tokens"] == 12)
    }

    @Test(
        arguments: [
            (#"{"type":"any"}"#, "t"), (#"{"type":"tool","name":"u"}"#, "u"), (#"{"type":"auto"}"#, nil),
        ] as [(String, String?)])
    func aDemandedToolIsCalled(_ choice: String, _ expected: String?) {
        let body = Self.body(
            #"{"role":"user","content":"x"}"#, #","tools":[\#(Self.tool)],"tool_choice":\#(choice)"#)
        #expect(reply(body).json?["content"]?[0]?["name"]?.stringValue == expected)
    }

    @Test func aResultOfAToolIsAnsweredWithText() {
        let messages =
            #"{"role":"user","content":"x"},\#(Self.call),{"role":"user","content":[{"type":"tool_result","#
            + #""tool_use_id":"a","content":[{"type":"text","text":"snow"}]}]}"#
        let body = Self.body(messages, #","tools":[\#(Self.tool)],"tool_choice":{"type":"any"}"#)
        #expect(reply(body).json?["content"]?[0]?["text"] == "You said: snow")
    }

    private static let call =
        #"{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"t","input":{}}]}"#

    @Test(arguments: [
        (#"{"model":"m","messages":[]}"#, "max_tokens is missing"), (#"{"max_tokens":1}"#, "model is missing"),
        (body(""), "messages: at least one message is required"),
        (body(#"{"role":"system","content":"x"}"#), #"messages: Unexpected role "system""#),
        (body(#"{"role":"user","content":1}"#), "messages[0].content is a number"),
        (body(#"{"role":"user"}"#), "messages[0].content is missing"),
        (body(#"{"role":"user","content":[{"text":"x"}]}"#), "messages[0].content[0].type is missing"),
        (body(call), "messages: `tool_use` ids were found without `tool_result` blocks immediately after: a"),
        (body(call + #",{"role":"user","content":"x"}"#), "messages: `tool_use` ids were found without"),
        (
            body(#"{"role":"user","content":[{"type":"tool_result","tool_use_id":"b"}]}"#),
            "messages[0].content[0]: unexpected `tool_use_id` found in `tool_result` blocks: b."
        ),
        (
            body(#"{"role":"user","content":"x"}"#, #","tools":[{"name":"t"}]"#),
            "tools[0].input_schema is missing"
        ),
        (#"{"model":"m","max_tokens":0,"messages":[]}"#, "max_tokens: must be greater than 0"), ("{", "invalid JSON"),
    ])
    func aWrongRequestIsNamed(_ body: String, _ message: String) {
        let reply = reply(body)
        #expect(reply.status == 400)
        #expect(reply.json?["type"] == "error")
        #expect(reply.json?["error"]?["type"] == "invalid_request_error")
        #expect(reply.json?["error"]?["message"]?.stringValue?.hasPrefix(message) == true, "\(reply.text)")
        #expect(reply.json?["request_id"] == "req_mock_7")
    }

    @Test(
        arguments: [
            ([:], 401), (["x-api-key": "k"], 400), (["authorization": "Bearer k", "anthropic-version": "x"], 200),
        ] as [([String: String], Int)])
    func aKeyAndAVersionAreDemanded(_ headers: [String: String], _ status: Int) {
        #expect(reply(whole, headers: headers).status == status)
    }

    @Test(arguments: [
        ("GET", "/v1/models", 200), ("POST", "/v1/models", 405), ("GET", "/v1/messages", 405),
        ("POST", "/v1/messages/batches", 404),
    ])
    func otherPaths(_ method: String, _ path: String, _ status: Int) {
        #expect(reply("", method: method, path: path).status == status)
    }

    @Test(arguments: [
        (400, "invalid_request_error"), (401, "authentication_error"), (402, "billing_error"),
        (403, "permission_error"), (404, "not_found_error"), (409, "conflict_error"), (413, "request_too_large"),
        (422, "invalid_request_error"), (429, "rate_limit_error"), (500, "api_error"), (504, "timeout_error"),
        (529, "overloaded_error"),
    ])
    func everyStatusHasItsType(_ status: Int, _ type: String) {
        let reply = AnthropicShape().error(status: status, message: "x", for: .of("", path: "/v1/messages"))
        #expect(reply.json?["error"]?["type"]?.stringValue == type)
    }
}
