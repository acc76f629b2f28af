import NIOCore
import Testing

@testable import SageLLM

struct ChatStreamInspectorTests {
    static func delta(_ delta: String, finish: String = "null", index: Int = 0) -> String {
        #"{"id":"c","object":"chat.completion.chunk","choices":[{"index":\#(index),"delta":\#(delta),"finish_reason":\#(finish)}]}"#
    }

    static let text = delta(#"{"content":"hi"}"#)
    static let role = delta(#"{"role":"assistant","content":""}"#)
    static let stop = delta("{}", finish: #""stop""#)
    static let usage = #"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}}"#
    static let error = #"{"error":{"message":"boom","code":500}}"#

    @Test(
        arguments: [
            (text, .content),
            (delta(#"{"role":"assistant","content":"hi"}"#), .content),
            (delta(#"{"tool_calls":[{"index":0,"function":{"name":"f","arguments":""}}]}"#), .content),
            (delta(#"{"refusal":"no"}"#), .content),
            (delta(#"{"reasoning_content":"hm"}"#), .content),
            (delta(#"{"content":null,"reasoning":"hm"}"#), .content),
            (delta(#"{"function_call":{"name":"f"}}"#), .content),
            (delta(#"{"audio":{"id":"a"}}"#), .content),
            (delta(#"{"content":[{"type":"text","text":"x"}]}"#), .content),
            (#"{"choices":[{"index":0,"text":"old"}]}"#, .content),
            (delta(#"{"cont\u0065nt":"x"}"#), .content),
            (delta(#"{"content":"hi"}"#, finish: #""stop""#), .content),
            (role, .bookkeeping),
            (delta(#"{"role":"assistant"}"#), .bookkeeping),
            (delta(#"{"role":"assistant","content":null,"tool_calls":[ ],"refusal":null,"audio":{}}"#), .bookkeeping),
            (stop, .bookkeeping),
            (usage, .bookkeeping),
            (#"{"choices":[],"prompt_filter_results":[{"prompt_index":0}]}"#, .bookkeeping),
            (#"{"choices":null}"#, .bookkeeping),
            ("{}", .bookkeeping),
            ("[]", .bookkeeping),
            ("7", .bookkeeping),
            (#"{"error":null,"choices":[{"index":0,"delta":{"content":"x"}}]}"#, .content),
            (#"{"error":false}"#, .bookkeeping), (#"{"error":""}"#, .bookkeeping), (#"{"error":{ }}"#, .bookkeeping),
            (#"{"error":[]}"#, .bookkeeping), (#"{"error":0}"#, .bookkeeping),
            ("[DONE]", .done), ("[DONE] ", .done),
            (error, .error(buffer(#"{"message":"boom","code":500}"#))),
            (#"{"error":"text"}"#, .error(buffer(#""text""#))),
            (
                #"{"error":{"code":502},"choices":[{"delta":{"content":"x"},"finish_reason":"error"}]}"#,
                .error(buffer(#"{"code":502}"#))
            ),
            (#"{"choices":[{"delta":{},"finish_reason":"error","error":{"code":1}}]}"#, .error(buffer(#"{"code":1}"#))),
            (
                #"{"choices":[{"delta":{},"finish_reason":"error"}]}"#,
                .error(buffer(#"{"choices":[{"delta":{},"finish_reason":"error"}]}"#))
            ),
            (#"[{"error":{"code":429}}]"#, .error(buffer(#"{"code":429}"#))),
            (#"{"object":"error","message":"m"}"#, .error(buffer(#"{"object":"error","message":"m"}"#))),
            (
                #"{"code":20012,"message":"m","data":null}"#,
                .error(buffer(#"{"code":20012,"message":"m","data":null}"#))
            ),
        ] as [(String, StreamSignal)])
    func tellsWhatAnEventIs(_ data: String, _ expected: StreamSignal) {
        var inspector = ChatStreamInspector()
        #expect(inspector.inspect(data: buffer(data)) == expected)
        #expect(inspector.hasContent == (expected == .content || data.contains(#""content":"x""#)))
    }

    @Test(arguments: ["not json", "{", #"{"choices":[}"#, ""])
    func dataThatIsNoJSONIsMalformed(_ data: String) {
        var inspector = ChatStreamInspector()
        guard case .malformed = inspector.inspect(data: buffer(data)) else {
            Issue.record("not malformed")
            return
        }
        _ = inspector.inspect(data: buffer(Self.text))
        guard case .malformed = inspector.verdict(incompleteEvent: nil) else {
            Issue.record("not malformed")
            return
        }
    }

    @Test func eventOfTypeErrorIsAnErrorWhateverItsData() {
        for data in ["overloaded", #"{"type":"x"}"#] {
            var inspector = ChatStreamInspector()
            #expect(inspector.inspect(data: buffer(data), event: "error") == .error(buffer(data)))
            #expect(inspector.verdict(incompleteEvent: nil) == .failed(buffer(data)))
        }
    }

    @Test(
        arguments: [
            ([role, text, stop, "[DONE]"], 1, .complete),
            ([role, text, stop, usage, "[DONE]"], 1, .complete),
            ([role, text, "[DONE]"], 1, .complete),
            ([role, text, stop], 1, .complete),
            ([role, stop], 1, .complete),
            ([role, text], 1, .truncated(.unfinished)),
            ([role, text, usage], 1, .truncated(.unfinished)),
            ([role, text, stop], 2, .truncated(.unfinished)),
            ([text, delta(#"{"content":"b"}"#, index: 1), stop], 1, .truncated(.unfinished)),
            ([text, stop, delta("{}", finish: #""length""#, index: 1)], 2, .complete),
            ([], 1, .truncated(.empty)),
            ([role], 1, .truncated(.empty)),
            (["[DONE]"], 1, .truncated(.empty)),
            ([role, "[DONE]"], 1, .truncated(.empty)),
            ([usage, "[DONE]"], 1, .truncated(.empty)),
            ([role, text, error, "[DONE]"], 1, .failed(buffer(#"{"message":"boom","code":500}"#))),
            ([role, text, stop, error], 1, .failed(buffer(#"{"message":"boom","code":500}"#))),
        ] as [([String], Int, StreamVerdict)])
    func tellsHowAStreamEnded(_ events: [String], _ choices: Int, _ expected: StreamVerdict) {
        var inspector = ChatStreamInspector(expectedChoices: choices)
        for event in events { _ = inspector.inspect(data: buffer(event)) }
        #expect(inspector.verdict(incompleteEvent: nil) == expected)
    }

    @Test(
        arguments: [
            ("data: \(text)\n\ndata: {\"choi", .truncated(.insideEvent)),
            ("data: {\"choi", .truncated(.insideEvent)),
            ("data: \(text)\n\ndata: \(stop)\n\ndata: {\"usage", .complete),
            ("data: \(text)\n\ndata: [DONE]", .complete),
            ("data: \(text)\n\ndata: [DONE]\n", .complete),
            ("data: [DONE]\n", .truncated(.empty)),
            (": wait\n\ndata: \(text)\n\n: wait\n\n", .truncated(.unfinished)),
            (": wait\n\n\n\ndata: \(text)\r\n\r\ndata: [DONE]\r\n\r\n", .complete),
        ] as [(String, StreamVerdict)])
    func judgesBytesTogetherWithTheParser(_ stream: String, _ expected: StreamVerdict) throws {
        let (events, parser) = try ServerSentEventParserTests.parse([buffer(stream)])
        var inspector = ChatStreamInspector()
        for event in events {
            #expect((inspector.inspect(event) == .keepAlive) == !event.isDispatched)
        }
        #expect(inspector.verdict(incompleteEvent: parser.incompleteEvent) == expected)
    }

    @Test func remembersUsageAndFinishReasons() {
        var inspector = ChatStreamInspector()
        let early = #"{"choices":[],"usage":{"prompt_tokens":3}}"#
        for event in [early, Self.text, Self.stop, Self.usage, #"{"choices":[],"usage":null}"#] {
            _ = inspector.inspect(data: buffer(event))
        }
        #expect(inspector.usage == TokenCounts(prompt: 3, completion: 5, total: 8))
        #expect(inspector.finishReasons == [0: "stop"])
        #expect(inspector.eventCount == 5)
        #expect(!inspector.isDone)
    }
}
