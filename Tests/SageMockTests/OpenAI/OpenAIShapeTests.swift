import NIOCore
import Testing

@testable import SageMock

struct OpenAIShapeTests {
    private func reply(
        _ body: String, method: String = "POST", path: String = "/v1/chat/completions",
        options: ReplyOptions = ReplyOptions()
    ) -> ProviderReply {
        let request = ProviderRequest(method: method, path: path, body: Array(body.utf8), sequence: 7, time: 1_000)
        return OpenAIShape().reply(to: request, options: options)
    }

    private func events(_ reply: ProviderReply) -> [String] {
        guard case .events(let events) = reply.body else { return [] }
        return events.map { String(buffer: $0) }
    }

    private func text(_ reply: ProviderReply) -> String {
        guard case .whole(let body) = reply.body else { return "" }
        return String(buffer: body)
    }

    private let stream = #"{"model":"m","stream":true,"messages":[{"role":"user","content":"a b"}]}"#

    @Test func aReplyEchoesTheLastMessage() {
        let reply = reply(#"{"model":"m","messages":[{"role":"user","content":"hi there"}]}"#)
        #expect(
            text(reply) == """
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
        #expect(text(reply(body)).contains(#""content":"You said: xy""#))
    }

    @Test func aStreamHasRoleWordsFinishAndDone() {
        let events = events(reply(stream))
        #expect(events.count == 7)
        #expect(events.first?.contains(#""delta":{"role":"assistant","content":"","refusal":null}"#) == true)
        #expect(events[4].contains(#""delta":{"content":"b"},"finish_reason":null,"logprobs":null"#))
        #expect(events[5].contains(#""delta":{},"finish_reason":"stop","logprobs":null"#))
        #expect(events[6] == "data: [DONE]\n\n")
        #expect(events.allSatisfy { !$0.contains("usage") })
    }

    @Test func usageComesInAChunkWithoutChoicesWhenAskedFor() {
        let body = stream.replacing("true,", with: #"true,"stream_options":{"include_usage":true},"#)
        let events = events(reply(body))
        #expect(events.count == 8)
        let usage = #"{"prompt_tokens":6,"completion_tokens":4,"total_tokens":10}"#
        #expect(events[6].contains(#""choices":[],"usage":\#(usage)"#))
        #expect(events[..<6].allSatisfy { $0.contains(#""usage":null"#) })
    }

    @Test func theEndOfAStreamCanBeLeftOut() {
        var options = ReplyOptions()
        options.omitsFinish = true
        options.omitsDone = true
        let events = events(reply(stream, options: options))
        #expect(events.count == 5)
        #expect(events.allSatisfy { $0.contains(#""finish_reason":null"#) })
    }

    @Test func anInBandErrorFollowsTheGivenNumberOfEvents() {
        var options = ReplyOptions()
        options.inBandError = .init(text: #"{"error":{}}"#, afterEvents: 1)
        let events = events(reply(stream, options: options))
        #expect(events.count == 3)
        #expect(Array(events.dropFirst()) == ["data: {\"error\":{}}\n\n", "data: [DONE]\n\n"])
        let whole = reply(stream.replacing("true", with: "false"), options: options)
        #expect(whole.status == 200)
        #expect(text(whole) == #"{"error":{}}"#)
    }

    @Test(
        arguments: [
            ("user", #""required""#, nil, "first"), ("user", #""auto""#, nil, nil), ("user", #""none""#, nil, nil),
            ("user", #"{"type":"function","function":{"name":"second"}}"#, nil, "second"),
            ("user", "null", ReplyOptions.ToolCall(), "first"),
            ("user", "null", ReplyOptions.ToolCall(name: "second"), "second"),
            ("tool", #""required""#, ReplyOptions.ToolCall(), nil),
        ] as [(String, String, ReplyOptions.ToolCall?, String?)])
    func aToolIsCalledWhenTheScriptOrTheRequestDemandsIt(
        _ role: String, _ choice: String, _ scripted: ReplyOptions.ToolCall?, _ expected: String?
    ) {
        var options = ReplyOptions()
        options.tool = scripted
        let body = """
            {"model":"m","messages":[{"role":"\(role)","content":"x"}],"tool_choice":\(choice),"tools":[
            {"type":"function","function":{"name":"first"}},{"type":"function","function":{"name":"second"}}]}
            """
        let text = text(reply(body, options: options))
        if let expected {
            #expect(text.contains(#""function":{"name":"\#(expected)","arguments":"{}"}"#))
            #expect(text.contains(#""finish_reason":"tool_calls""#))
        } else {
            #expect(text.contains(#""finish_reason":"stop""#))
        }
    }

    @Test func aStreamedToolCallComesInPieces() {
        var options = ReplyOptions()
        options.tool = .init(arguments: #"{"a": 1, "b": 2}"#)
        let tools = #""tools":[{"type":"function","function":{"name":"t"}}],"messages""#
        let events = events(reply(stream.replacing(#""messages""#, with: tools), options: options))
        #expect(events.count == 7)
        #expect(events[0].contains(#""id":"call_mock_7","type":"function","function":{"name":"t","arguments":""}"#))
        #expect(events[1].contains(#""tool_calls":[{"index":0,"function":{"arguments":"{\"a\": "}}]"#))
        #expect(events[5].contains(#""finish_reason":"tool_calls""#))
    }

    @Test func aScriptedFinishReasonReplacesTheTrueOne() {
        var options = ReplyOptions()
        options.finish = "length"
        #expect(events(reply(stream, options: options))[5].contains(#""finish_reason":"length""#))
    }

    @Test func factsOfTheWrongTypeCountAsMissing() {
        let facts = { (body: String) in OpenAIShape().facts(path: "/v1/x", body: Array(body.utf8)) }
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
        #expect(text(reply).hasPrefix(#"{"error":{"message":"\#(message)"#))
    }

    @Test(arguments: [("GET", "/v1/models", 200), ("POST", "/v1/models", 405), ("GET", "/v1/x", 404)])
    func otherPaths(_ method: String, _ path: String, _ status: Int) {
        #expect(reply("", method: method, path: path).status == status)
    }
}
