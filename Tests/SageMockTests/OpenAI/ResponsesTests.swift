import SageLLM
import Testing

@testable import SageMock

struct ResponsesTests {
    private func reply(_ body: String, options: ReplyOptions = ReplyOptions()) -> ProviderReply {
        OpenAIShape().answer(body, path: "/v1/responses", options: options)
    }

    private let stream = #"{"model":"m","stream":true,"input":"a b"}"#
    private let tools = #""tools":[{"type":"function","name":"t"},{"type":"web_search"}]"#

    @Test(arguments: [
        #""a b""#, #"[{"role":"user","content":"a b"}]"#,
        #"[{"type":"message","role":"user","content":[{"type":"input_text","text":"a "},{"type":"input_image"},"#
            + #"{"type":"input_text","text":"b"}]}]"#,
    ])
    func everyFormOfInputIsRead(_ input: String) {
        let whole = reply(#"{"model":"m","input":\#(input)}"#).json
        #expect(whole?["id"] == "resp_mock_7")
        #expect(whole?["status"] == "completed")
        #expect(whole?["output"]?[0]?["content"]?[0]?["text"] == "You said: a b")
        #expect(whole?["usage"]?["input_tokens"] == 6)
        #expect(whole?["usage"]?["output_tokens"] == 4)
        #expect(whole?["usage"]?["total_tokens"] == 10)
    }

    @Test func aStreamIsTypedNumberedAndEndsWithTheWhole() {
        let reply = reply(stream)
        let events = reply.eventJSON
        #expect(
            events.compactMap { $0["type"]?.stringValue } == [
                "response.created", "response.in_progress", "response.output_item.added",
                "response.content_part.added", "response.output_text.delta", "response.output_text.delta",
                "response.output_text.delta", "response.output_text.delta", "response.output_text.done",
                "response.content_part.done", "response.output_item.done", "response.completed",
            ])
        #expect(events.map { $0["sequence_number"]?.intValue } == Array(0..<12))
        #expect(events.compactMap { $0["delta"]?.stringValue }.joined() == "You said: a b")
        #expect(zip(reply.events, events).allSatisfy { $0.hasPrefix("event: \($1["type"]?.stringValue ?? "")\n") })
        #expect(events.last?["response"] == self.reply(stream.replacing("true", with: "false")).json)
        #expect(events.first?["response"]?["usage"] == .null)
    }

    @Test func thinkingTextAndCallsAreItemsInTheirOrder() {
        var options = ReplyOptions()
        options.thinking = "let me"
        options.text = "both"
        options.tools = [.init(arguments: #"{"a": 1}"#), .init(name: "u", arguments: "{}")]
        let body = stream.replacing(#""input""#, with: tools + #","input""#)
        let whole = reply(body.replacing("true", with: "false"), options: options).json
        let output = whole?["output"]?.arrayValue ?? []
        #expect(
            output.compactMap { $0["type"]?.stringValue } == ["reasoning", "message", "function_call", "function_call"])
        #expect(output[2]["call_id"] == "call_mock_7")
        #expect(output[3]["call_id"] == "call_mock_7_2")
        #expect(output[3]["name"] == "u")
        #expect(whole?["usage"]?["output_tokens_details"]?["reasoning_tokens"] == 2)
        #expect(whole?["usage"]?["output_tokens"] == 8)
        let events = reply(body, options: options).eventJSON
        let done = events.filter { $0["type"] == "response.output_item.done" }
        #expect(done.compactMap { $0["item"] } == output)
        #expect(done.compactMap { $0["output_index"]?.intValue } == [0, 1, 2, 3])
        let pieces = events.filter { $0["type"] == "response.function_call_arguments.delta" && $0["output_index"] == 2 }
        #expect(pieces.compactMap { $0["delta"]?.stringValue } == [#"{"a": "#, "1}"])
    }

    @Test(arguments: [
        ("max_output_tokens", "incomplete", "response.incomplete"), ("failed", "failed", "response.failed"),
        ("cancelled", "cancelled", "response.completed"),
    ])
    func aScriptedFinishIsAStatusOrAReason(_ finish: String, _ status: String, _ event: String) {
        var options = ReplyOptions()
        options.finish = finish
        let last = reply(stream, options: options).eventJSON.last
        #expect(last?["type"]?.stringValue == event)
        #expect(last?["response"]?["status"]?.stringValue == status)
        let reason = last?["response"]?["incomplete_details"]?["reason"]?.stringValue
        #expect(reason == (status == "incomplete" ? finish : nil))
        #expect((last?["response"]?["error"] != .null) == (status == "failed"))
    }

    @Test(arguments: [true, false])
    func theEndCanBeLeftOut(_ isDone: Bool) {
        var options = ReplyOptions()
        if isDone { options.omitsDone = true } else { options.omitsFinish = true }
        #expect(reply(stream, options: options).eventJSON.last?["type"] == "response.output_item.done")
        let status = reply(stream.replacing("true", with: "false"), options: options).json?["status"]
        #expect(status == (isDone ? "completed" : "in_progress"))
    }

    @Test func anInBandErrorIsTheLastEvent() {
        var options = ReplyOptions()
        options.inBandError = .init(afterEvents: 5)
        let standard = reply(stream, options: options)
        #expect(standard.events.count == 6)
        #expect(standard.events[5].hasPrefix("event: error\n"))
        #expect(standard.eventJSON[5]["sequence_number"] == 5)
        #expect(standard.eventJSON[5]["code"] == "server_error")
        options.inBandError = .init(text: #"{"type":"response.failed"}"#)
        #expect(
            reply(stream, options: options).events == [
                "event: response.failed\ndata: {\"type\":\"response.failed\"}\n\n"
            ])
        options.inBandError = .init()
        let whole = reply(stream.replacing("true", with: "false"), options: options)
        #expect(whole.status == 200)
        #expect(whole.json?["status"] == "failed")
        #expect(whole.json?["error"]?["code"] == "server_error")
    }

    @Test(
        arguments: [
            (#""required""#, "t"), (#"{"type":"function","name":"u"}"#, "u"), (#""auto""#, nil),
        ] as [(String, String?)])
    func aDemandedToolIsCalled(_ choice: String, _ expected: String?) {
        let whole = reply(#"{"model":"m","input":"x",\#(tools),"tool_choice":\#(choice)}"#).json
        #expect(whole?["output"]?[0]?["name"]?.stringValue == expected)
    }

    @Test func anOutputOfAToolIsAnsweredWithText() {
        let items =
            #"{"type":"function_call","call_id":"c","name":"t","arguments":"{}"}"#
            + #",{"type":"function_call_output","call_id":"c","output":"snow"}"#
        let whole = reply(#"{"model":"m","input":[\#(items)],\#(tools),"tool_choice":"required"}"#).json
        #expect(whole?["output"]?[0]?["content"]?[0]?["text"] == "You said: snow")
    }

    @Test(arguments: [
        (#"{"input":"x"}"#, "model is missing"), (#"{"model":"m"}"#, "Missing required parameter: 'input'"),
        (#"{"model":"m","input":1}"#, "input is a number; allowed is a string or an array of items"),
        (#"{"model":"m","input":[{"content":"x"}]}"#, "input[0].role is missing"),
        (#"{"model":"m","input":"x","previous_response_id":"r"}"#, "Previous response with id 'r' not found."),
        (
            #"{"model":"m","input":[{"type":"function_call_output","call_id":"c","output":"x"}]}"#,
            "No tool call found for function call output with call_id c."
        ),
        (
            #"{"model":"m","input":[{"type":"function_call","call_id":"c","name":"t","arguments":""}]}"#,
            "No tool output found for function call c."
        ),
        ("[", "invalid JSON"),
    ])
    func aWrongRequestIsNamed(_ body: String, _ message: String) {
        let reply = reply(body)
        #expect(reply.status == 400)
        #expect(reply.json?["error"]?["message"]?.stringValue?.hasPrefix(message) == true)
        #expect(reply.json?["error"]?["type"] == "invalid_request_error")
    }
}
