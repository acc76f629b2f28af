import SageLLM
import Testing

@testable import SageMock

struct OpenAIShapeTests {
    private func reply(
        _ body: String, method: String = "POST", path: String = "/v1/chat/completions",
        options: ReplyOptions = ReplyOptions()
    ) -> ProviderReply {
        OpenAIShape().answer(body, method: method, path: path, options: options)
    }

    private let stream = #"{"model":"m","stream":true,"messages":[{"role":"user","content":"a b"}]}"#

    @Test func aReplyEchoesTheLastMessage() {
        let reply = reply(#"{"model":"m","messages":[{"role":"user","content":"hi there"}]}"#)
        #expect(
            reply.text == """
                {"id":"chatcmpl-mock-7","object":"chat.completion","created":1000,"model":"m","choices":[{"index":0,\
                "message":{"role":"assistant","content":"You said: hi there","refusal":null},\
                "finish_reason":"stop","logprobs":null}],\
                "usage":{"prompt_tokens":6,"completion_tokens":5,"total_tokens":11}}
                """)
    }

    @Test func contentPartsAreJoined() {
        let body = #"""
            {"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url"},
            {"type":"text","text":"y"}]}]}
            """#
        #expect(reply(body).text.contains(#""content":"You said: xy""#))
    }

    @Test func aStreamHasRoleWordsFinishAndDone() {
        let events = reply(stream).events
        #expect(events.count == 7)
        #expect(events.first?.contains(#""delta":{"role":"assistant","content":"","refusal":null}"#) == true)
        #expect(events[4].contains(#""delta":{"content":"b"},"finish_reason":null,"logprobs":null"#))
        #expect(events[5].contains(#""delta":{},"finish_reason":"stop","logprobs":null"#))
        #expect(events[6] == "data: [DONE]\n\n")
        #expect(events.allSatisfy { !$0.contains("usage") })
    }

    @Test func usageComesInAChunkWithoutChoicesWhenAskedFor() {
        let body = stream.replacing("true,", with: #"true,"stream_options":{"include_usage":true},"#)
        let events = reply(body).events
        #expect(events.count == 8)
        let usage = #"{"prompt_tokens":6,"completion_tokens":4,"total_tokens":10}"#
        #expect(events[6].contains(#""choices":[],"usage":\#(usage)"#))
        #expect(events[..<6].allSatisfy { $0.contains(#""usage":null"#) })
    }

    @Test func theEndOfAStreamCanBeLeftOut() {
        var options = ReplyOptions()
        options.omitsFinish = true
        options.omitsDone = true
        let events = reply(stream, options: options).events
        #expect(events.count == 5)
        #expect(events.allSatisfy { $0.contains(#""finish_reason":null"#) })
    }

    @Test func anInBandErrorFollowsTheGivenNumberOfEvents() {
        var options = ReplyOptions()
        options.inBandError = .init(text: #"{"error":{}}"#, afterEvents: 1)
        let events = reply(stream, options: options).events
        #expect(events.count == 3)
        #expect(Array(events.dropFirst()) == ["data: {\"error\":{}}\n\n", "data: [DONE]\n\n"])
        let whole = reply(stream.replacing("true", with: "false"), options: options)
        #expect(whole.status == 200)
        #expect(whole.text == #"{"error":{}}"#)
    }

    @Test(
        arguments: [
            ("user", #""required""#, nil, "first"), ("user", #""auto""#, nil, nil), ("user", #""none""#, nil, nil),
            ("user", #"{"type":"function","function":{"name":"second"}}"#, nil, "second"),
            ("user", "null", ReplyOptions.ToolCall(), "first"),
            ("user", "null", ReplyOptions.ToolCall(name: "second"), "second"),
            ("assistant", #""required""#, ReplyOptions.ToolCall(), nil),
        ] as [(String, String, ReplyOptions.ToolCall?, String?)])
    func aToolIsCalledWhenTheScriptOrTheRequestDemandsIt(
        _ role: String, _ choice: String, _ scripted: ReplyOptions.ToolCall?, _ expected: String?
    ) {
        var options = ReplyOptions()
        options.tools = scripted.map { [$0] } ?? []
        let body = """
            {"model":"m","messages":[{"role":"\(role)","content":"x"}],"tool_choice":\(choice),"tools":[
            {"type":"function","function":{"name":"first"}},{"type":"function","function":{"name":"second"}}]}
            """
        let text = reply(body, options: options).text
        if let expected {
            #expect(text.contains(#""function":{"name":"\#(expected)","arguments":"{}"}"#))
            #expect(text.contains(#""finish_reason":"tool_calls""#))
        } else {
            #expect(text.contains(#""finish_reason":"stop""#))
        }
    }

    @Test func severalToolsAreCalledAtOnceBesideText() {
        var options = ReplyOptions()
        options.tools = [.init(arguments: "1"), .init(name: "u", arguments: "2")]
        options.text = "both"
        let tools = #""tools":[{"type":"function","function":{"name":"t"}}],"messages""#
        let body = stream.replacing(#""messages""#, with: tools)
        let whole = reply(body.replacing("true", with: "false"), options: options).json
        let message = whole?["choices"]?[0]?["message"]
        #expect(message?["content"] == "both")
        #expect(message?["tool_calls"]?[0]?["id"] == "call_mock_7")
        #expect(message?["tool_calls"]?[1]?["id"] == "call_mock_7_2")
        #expect(message?["tool_calls"]?[1]?["function"] == ["name": "u", "arguments": "2"])
        #expect(whole?["usage"]?["completion_tokens"] == 5)
        let streamed = reply(body, options: options).eventJSON.compactMap { $0["choices"]?[0]?["delta"] }
        #expect(streamed.compactMap { $0["tool_calls"]?[0]?["index"] } == [0, 0, 1, 1])
    }

    @Test func thinkingAndSignsOfLifeComeFirst() {
        var options = ReplyOptions()
        options.thinking = "let me"
        options.keepAlives = 2
        let events = reply(stream, options: options).events
        #expect(Array(events[..<2]) == [": keep-alive\n\n", ": keep-alive\n\n"])
        #expect(events[3].contains(#""reasoning_content":"let ""#))
        #expect(events[5].contains(#""content":"You ""#))
    }

    @Test(
        arguments: [
            (#"{"role":"tool","tool_call_id":"a","content":"x"}"#, "must be a response to a preceding message"),
            (
                #"{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"t"}}]}"#,
                "did not have response messages: a"
            ),
        ])
    func callsAndResultsHaveToFit(_ message: String, _ problem: String) {
        let reply = reply(#"{"model":"m","messages":[\#(message),{"role":"user","content":"x"}]}"#)
        #expect(reply.status == 400)
        #expect(reply.text.contains(problem))
    }

    @Test func aToolWithoutItsFunctionIsRefused() {
        // The form that tools have in Responses.
        let body = #"{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","name":"t"}]}"#
        #expect(reply(body).text.contains("Missing required parameter: 'tools[0].function'."))
    }

    @Test func aStreamedToolCallComesInPieces() {
        var options = ReplyOptions()
        options.tools = [.init(arguments: #"{"a": 1, "b": 2}"#)]
        let tools = #""tools":[{"type":"function","function":{"name":"t"}}],"messages""#
        let events = reply(stream.replacing(#""messages""#, with: tools), options: options).events
        #expect(events.count == 7)
        #expect(events[0].contains(#""id":"call_mock_7","type":"function","function":{"name":"t","arguments":""}"#))
        #expect(events[1].contains(#""tool_calls":[{"index":0,"function":{"arguments":"{\"a\": "}}]"#))
        #expect(events[5].contains(#""finish_reason":"tool_calls""#))
    }

    @Test func aScriptedFinishReasonReplacesTheTrueOne() {
        var options = ReplyOptions()
        options.finish = "length"
        #expect(reply(stream, options: options).events[5].contains(#""finish_reason":"length""#))
    }

    @Test func factsOfTheWrongTypeCountAsMissing() {
        let facts = { (body: String) in OpenAIShape().facts(of: .of(body, path: "/v1/x")) }
        #expect(facts(#"{"model":"m","stream":1}"#) == ("m", false))
        #expect(facts(#"{"model":1,"stream":true}"#) == (nil, true))
        #expect(facts("no JSON") == (nil, false))
    }

    @Test(arguments: [
        ("{", "invalid JSON at line 1, column 2"), ("[]", "the document is an array; allowed is an object"),
        (#"{"model":"m"}"#, "messages is missing"),
        (#"{"model":1,"messages":[]}"#, "model is a number; allowed is a string"),
        (#"{"model":"m","messages":[]}"#, "messages is empty"),
        (#"{"model":"m","messages":[{"content":"x"}]}"#, "messages[0].role is missing"),
    ])
    func aWrongRequestIsNamed(_ body: String, _ message: String) {
        let reply = reply(body)
        #expect(reply.status == 400)
        #expect(reply.text.hasPrefix(#"{"error":{"message":"\#(message)"#))
    }

    @Test func anInBandErrorHasTheProvidersWordsUnlessTold() {
        var options = ReplyOptions()
        options.inBandError = .init(afterEvents: 2)
        let events = reply(stream, options: options).events
        #expect(events[2].contains(#""type":"server_error""#))
        #expect(
            reply(stream.replacing("true", with: "false"), options: options).json?["error"]?["type"] == "server_error")
    }

    @Test(arguments: [
        ("GET", "/v1/models", 200), ("POST", "/v1/models", 405), ("GET", "/v1/x", 404), ("GET", "/v1/responses", 405),
        ("GET", "/v1/responses/resp_1", 404), ("DELETE", "/v1/responses/resp_1", 404),
        ("POST", "/v1/responses/resp_1/cancel", 404), ("GET", "/v1/embeddings", 405),
    ])
    func otherPaths(_ method: String, _ path: String, _ status: Int) {
        #expect(reply("", method: method, path: path).status == status)
    }
}
