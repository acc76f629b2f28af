import HTTPTypes
import NIOCore
import SageResilience
import Testing

@testable import SageLLM

struct ResponsesInspectionTests {
    static let usage =
        #"{"input_tokens":3,"input_tokens_details":{"cached_tokens":1},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":8}"#
    static let created = #"{"type":"response.created","response":{"status":"in_progress","output":[],"error":null}}"#
    static let item = #"{"type":"response.output_item.added","item":{"type":"message"}}"#
    static let text = #"{"type":"response.output_text.delta","delta":"hi"}"#
    static let completed =
        #"{"type":"response.completed","response":{"status":"completed","error":null,"output":[],"usage":\#(usage)}}"#
    static let incomplete = #"""
        {"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}}
        """#
    static let failed = #"{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error"}}}"#
    static let error = #"{"type":"error","code":"rate_limit_exceeded","message":"slow","param":null}"#

    static func inspect(
        _ events: [String], cut: String? = nil
    ) -> (
        signals: [StreamSignal], verdict: StreamVerdict, inspector: ResponsesStreamInspector
    ) {
        var inspector = ResponsesStreamInspector()
        var parser = ServerSentEventParser()
        parser.append(buffer(events.map { "data: \($0)\n\n" }.joined() + (cut.map { "data: \($0)" } ?? "")))
        parser.finish()
        var signals: [StreamSignal] = []
        while let event = try? parser.next() { signals.append(inspector.inspect(event)) }
        return (signals, inspector.verdict(incompleteEvent: parser.incompleteEvent), inspector)
    }

    @Test(
        arguments: [
            (created, .bookkeeping), (item, .bookkeeping), (text, .content),
            (#"{"type":"response.output_text.delta","delta":""}"#, .bookkeeping),
            (#"{"type":"response.function_call_arguments.delta","delta":"{"}"#, .content),
            (#"{"type":"response.reasoning_summary_text.delta","delta":"hm"}"#, .content),
            (#"{"type":"response.reasoning_text.delta","delta":"hm"}"#, .content),
            (#"{"type":"response.refusal.delta","delta":"no"}"#, .content),
            (#"{"type":"response.output_item.done","item":{"type":"function_call"}}"#, .content),
            (#"{"type":"response.of.tomorrow","delta":"x"}"#, .bookkeeping), (completed, .done), (incomplete, .done),
            ("[DONE]", .done), (failed, .error(buffer(#"{"code":"server_error"}"#))), (error, .error(buffer(error))),
            (
                #"{"type":"response.failed","response":{"error":null}}"#,
                .error(buffer(#"{"type":"response.failed","response":{"error":null}}"#))
            ),
            (#"{"error":{"message":"boom"}}"#, .error(buffer(#"{"message":"boom"}"#))),
            (
                #"{"code":20012,"message":"m","data":null}"#,
                .error(buffer(#"{"code":20012,"message":"m","data":null}"#))
            ),
        ] as [(String, StreamSignal)])
    func tellsWhatAnEventIs(_ event: String, _ expected: StreamSignal) {
        #expect(Self.inspect([event]).signals == [expected])
    }

    @Test(
        arguments: [
            ([created, text, completed], nil, .complete), ([created, completed], nil, .complete),
            ([text, incomplete], nil, .complete), ([text], nil, .truncated(.unfinished)),
            ([text], completed, .truncated(.insideEvent)), ([created], nil, .truncated(.empty)),
            ([text, "[DONE]"], nil, .truncated(.unfinished)), (["[DONE]"], nil, .truncated(.empty)),
            ([], nil, .truncated(.empty)), ([text, failed], nil, .failed(buffer(#"{"code":"server_error"}"#))),
            ([error, completed], nil, .failed(buffer(error))),
        ] as [([String], String?, StreamVerdict)])
    func tellsHowAStreamEnded(_ events: [String], _ cut: String?, _ expected: StreamVerdict) {
        #expect(Self.inspect(events, cut: cut).verdict == expected)
    }

    @Test func theEndTellsReasonAndTokens() {
        let counts = TokenCounts(prompt: 3, completion: 5, total: 8, cacheRead: 1, reasoning: 2)
        let whole = Self.inspect([Self.text, Self.completed]).inspector
        #expect(whole.usage == counts)
        #expect(whole.finishReasonTexts == ["completed"])
        #expect(whole.missingEnd == nil)
        #expect(Self.inspect([Self.incomplete]).inspector.finishReasonTexts == ["max_output_tokens"])
    }

    @Test(
        arguments: [
            (#"{"object":"response","status":"completed","error":null,"output":[]}"#, .complete),
            (#"{"object":"response","status":"incomplete","output":[]}"#, .complete),
            (#"{"object":"response","status":"queued"}"#, .complete),
            (
                #"{"object":"response","status":"failed","error":{"code":"server_error"},"output":[]}"#,
                .failed(buffer(#"{"code":"server_error"}"#))
            ),
            (#"{"status":"cancelled","output":[]}"#, .failed(buffer(#"{"status":"cancelled","output":[]}"#))),
            (#"{"error":{"message":"m"}}"#, .failed(buffer(#"{"message":"m"}"#))),
            (#"{"object":"response"}"#, .incomplete("it has no output")), ("{}", .incomplete("it has no output")),
            ("[]", .unexpected(.array)),
        ] as [(String, AnswerInspection.Verdict)])
    func tellsWhatABodyIs(_ body: String, _ expected: AnswerInspection.Verdict) {
        #expect(WireFormat.responses.inspect(buffer(body)).verdict == expected)
    }

    @Test func anErrorBeforeContentHasItsClass() {
        func errorClass(_ events: String...) -> ProviderError? {
            .recorded(
                target: "t", format: .responses, status: 200, headers: [:],
                body: buffer(events.map { "data: \($0)\n\n" }.joined()), now: 0)
        }
        #expect(errorClass(Self.created, Self.failed)?.classification.errorClass == .transient)
        #expect(errorClass(Self.created, Self.error)?.classification.errorClass == .rateLimited)
        #expect(errorClass(Self.created, Self.text, Self.completed) == nil)
    }
}
