import HTTPTypes
import NIOCore
import SageResilience
import Testing

@testable import SageLLM

struct GenerateContentInspectionTests {
    static func candidate(_ part: String, finish: String? = nil, index: Int = 0) -> String {
        let finish = finish.map { #","finishReason":"\#($0)""# } ?? ""
        return #"{"candidates":[{"content":{"parts":[\#(part)],"role":"model"},"index":\#(index)\#(finish)}]}"#
    }

    static let text = candidate(#"{"text":"hi"}"#)
    static let last = candidate(#"{"text":""}"#, finish: "STOP")
    static let call = candidate(#"{"functionCall":{"name":"f","args":{}}}"#, finish: "STOP")
    static let error = #"{"error":{"code":503,"message":"boom","status":"UNAVAILABLE"}}"#
    static let blocked = #"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":3}}"#

    // MARK: Whole answers

    @Test(
        arguments: [
            (text, .complete), (call, .complete), (candidate("", finish: "MAX_TOKENS"), .complete),
            (candidate("", finish: "STOP"), .complete),
            (candidate(#"{"text":"part"}"#, finish: "SAFETY"), .complete),
            (#"{"candidates":[{"finishReason":"STOP"}]}"#, .complete),
            (
                error, .failed(buffer(#"{"code":503,"message":"boom","status":"UNAVAILABLE"}"#))
            ),
            ("[\(error)]", .failed(buffer(#"{"code":503,"message":"boom","status":"UNAVAILABLE"}"#))),
            (blocked, .failed(buffer(blocked))),
            (candidate("", finish: "SAFETY"), .failed(buffer(candidate("", finish: "SAFETY")))),
            (
                candidate("", finish: "MALFORMED_FUNCTION_CALL"),
                .failed(buffer(candidate("", finish: "MALFORMED_FUNCTION_CALL")))
            ),
            ("{}", .incomplete("it has no candidates")), (#"{"candidates":[]}"#, .incomplete("it has no candidates")),
            (#"{"candidates":7}"#, .incomplete("it has no candidates")),
            (#"{"promptFeedback":{"blockReason":"BLOCK_REASON_UNSPECIFIED"}}"#, .incomplete("it has no candidates")),
            ("[]", .unexpected(.array)), ("7", .unexpected(.number)),
        ] as [(String, AnswerInspection.Verdict)])
    func tellsWhatABodyIs(_ body: String, _ expected: AnswerInspection.Verdict) {
        #expect(WireFormat.generateContent.inspect(buffer(body)).verdict == expected)
    }

    @Test(arguments: ["", "{", "<html>", "not json"])
    func aBodyThatIsNoJSONIsNoAnswer(_ body: String) {
        switch WireFormat.generateContent.inspect(buffer(body)).verdict {
        case .truncated: #expect(body.isEmpty || body == "{")
        case .notJSON(_, let isHTML): #expect(isHTML == body.hasPrefix("<"))
        default: Issue.record("an answer")
        }
    }

    @Test func thoughtsAndToolsCountAsPartsOfAnswerAndPrompt() {
        let usage = #"""
            {"promptTokenCount":10,"toolUsePromptTokenCount":2,"candidatesTokenCount":5,"thoughtsTokenCount":7,
            "totalTokenCount":24,"cachedContentTokenCount":4,"promptTokensDetails":[{"modality":"TEXT","tokenCount":10}]}
            """#
        let body = buffer(#"{"candidates":[{"finishReason":"STOP"}],"usageMetadata":\#(usage)}"#)
        let inspection = WireFormat.generateContent.inspect(body)
        let counts = TokenCounts(prompt: 12, completion: 12, total: 24, cacheRead: 4, reasoning: 7)
        #expect(inspection.usage == counts)
        #expect(inspection.finishReasons == ["STOP"])
        #expect(counts.gemini["candidatesTokenCount"] == 5)
        #expect(counts.gemini["thoughtsTokenCount"] == 7)
    }

    @Test(arguments: [#"{"promptTokenCount":1e99}"#, #"{"promptTokenCount":"7"}"#, "{}", "null", "[]"])
    func countsThatAreNoneAreLeftOut(_ usage: String) {
        let body = buffer(#"{"candidates":[{}],"usageMetadata":\#(usage)}"#)
        #expect(WireFormat.generateContent.inspect(body).usage == nil)
    }

    @Test func countsThatOverflowDoNotTrap() throws {
        let json = try JSONValue(
            parsing: #"{"candidatesTokenCount":9223372036854775807,"thoughtsTokenCount":9223372036854775807}"#)
        #expect(TokenCounts(gemini: json)?.completion == .max)
        #expect(TokenCounts(prompt: .max, completion: .max, reasoning: .min).gemini.kind == .object)
    }

    // MARK: Streams

    static func inspect(
        _ events: [String], cut: String? = nil, candidates: Int = 1
    ) -> (
        signals: [StreamSignal], verdict: StreamVerdict
    ) {
        var inspector = GenerateContentStreamInspector(expectedCandidates: candidates)
        var parser = ServerSentEventParser()
        parser.append(buffer(events.map { "data: \($0)\n\n" }.joined() + (cut.map { "data: \($0)" } ?? "")))
        parser.finish()
        var signals: [StreamSignal] = []
        while let event = try? parser.next() { signals.append(inspector.inspect(event)) }
        return (signals, inspector.verdict(incompleteEvent: parser.incompleteEvent))
    }

    @Test(
        arguments: [
            (text, .content), (call, .content), (candidate(#"{"text":"hm","thought":true}"#), .content),
            (candidate(#"{"inlineData":{"data":"AA=="}}"#), .content),
            (candidate(#"{"text":"","thoughtSignature":"AA=="}"#), .bookkeeping), (last, .bookkeeping),
            (#"{"usageMetadata":{"promptTokenCount":1}}"#, .bookkeeping), ("{}", .bookkeeping),
            (error, .error(buffer(#"{"code":503,"message":"boom","status":"UNAVAILABLE"}"#))),
            ("[\(error)]", .error(buffer(#"{"code":503,"message":"boom","status":"UNAVAILABLE"}"#))),
            (blocked, .error(buffer(blocked))),
            (
                candidate(#"{"text":""}"#, finish: "PROHIBITED_CONTENT"),
                .error(buffer(candidate(#"{"text":""}"#, finish: "PROHIBITED_CONTENT")))
            ),
            ("[DONE]", .done),
        ] as [(String, StreamSignal)])
    func tellsWhatAnEventIs(_ event: String, _ expected: StreamSignal) {
        #expect(Self.inspect([event]).signals == [expected])
    }

    @Test(
        arguments: [
            ([text, last], nil, 1, .complete), ([text, last], #"{"usageMeta"#, 1, .complete),
            ([call], nil, 1, .complete), ([text], nil, 1, .truncated(.unfinished)),
            ([text], "{", 1, .truncated(.insideEvent)), ([], nil, 1, .truncated(.empty)),
            ([], last, 1, .truncated(.insideEvent)), (["{}"], nil, 1, .truncated(.empty)),
            ([text, last], nil, 2, .truncated(.unfinished)),
            ([text, candidate(#"{"text":"b"}"#, index: 1), last], nil, 1, .truncated(.unfinished)),
            ([text, last, candidate(#"{"text":"b"}"#, finish: "STOP", index: 1)], nil, 2, .complete),
            ([text, candidate("", finish: "SAFETY")], nil, 1, .complete),
            ([text, candidate("", finish: "MALFORMED_FUNCTION_CALL")], nil, 1, .complete),
            ([candidate("", finish: "MAX_TOKENS")], nil, 1, .complete),
            ([text, "[DONE]"], nil, 1, .truncated(.unfinished)),
        ] as [([String], String?, Int, StreamVerdict)])
    func tellsHowAStreamEnded(_ events: [String], _ cut: String?, _ candidates: Int, _ expected: StreamVerdict) {
        #expect(Self.inspect(events, cut: cut, candidates: candidates).verdict == expected)
    }

    @Test func anErrorBehindTheAnswerIsOne() {
        guard case .failed = Self.inspect([Self.text, Self.last, Self.error]).verdict else {
            Issue.record("no error")
            return
        }
    }

    @Test func whatABlockedPromptMeansIsReadByTheErrors() {
        func error(_ body: String) -> ProviderError? {
            .recorded(
                target: "t", format: .generateContent, status: 200, headers: [:], body: buffer(body), now: 0)
        }
        #expect(error(Self.blocked)?.classification.errorClass == .contentPolicy)
        #expect(error(Self.blocked)?.message == "the prompt was blocked: SAFETY")
        #expect(error(Self.candidate("", finish: "RECITATION"))?.classification.errorClass == .contentPolicy)
        #expect(error(Self.candidate("", finish: "MALFORMED_FUNCTION_CALL"))?.classification.errorClass == .transient)
        #expect(error("data: \(Self.blocked)\n\n")?.classification.errorClass == .contentPolicy)
        #expect(error("data: \(Self.text)\n\ndata: \(Self.error)\n\n")?.classification.errorClass == .overloaded)
        #expect(error(Self.text) == nil)
    }
}
