import NIOCore
import Testing

@testable import SageLLM

struct ChatCompletionInspectionTests {
    @Test(
        arguments: [
            (#"{"choices":[{"index":0,"message":{"content":"x"},"finish_reason":"stop"}]}"#, .complete),
            (#"{"choices":[{}]}"#, .complete),
            (#"{"choices":[]}"#, .incomplete("it has no choices")),
            (#"{"choices":null}"#, .incomplete("it has no choices")),
            (#"{"object":"chat.completion"}"#, .incomplete("it has no choices")),
            (#"{"error":{"code":503}}"#, .failed(buffer(#"{"code":503}"#))),
            (#"{"error":{"code":503},"choices":[{"message":{}}]}"#, .failed(buffer(#"{"code":503}"#))),
            (#"[{"error":{"code":503}}]"#, .failed(buffer(#"{"code":503}"#))),
            (#"{"code":50505,"message":"overload"}"#, .failed(buffer(#"{"code":50505,"message":"overload"}"#))),
            (#"{"choices":[{"finish_reason":"error"}]}"#, .failed(buffer(#"{"choices":[{"finish_reason":"error"}]}"#))),
            (#""text""#, .unexpected(.string)),
            ("[]", .unexpected(.array)),
        ] as [(String, AnswerInspection.Verdict)])
    func tellsWhatABodyIs(_ body: String, _ expected: AnswerInspection.Verdict) {
        #expect(AnswerInspection.chatCompletion(buffer(body)).verdict == expected)
    }

    @Test(arguments: [
        ("<html>502 Bad Gateway</html>", true), (" \n\u{FEFF}<!DOCTYPE html>", true), ("upstream error", false),
        (#"{"choices":[1,]}"#, false),
    ])
    func tellsHTMLFromOtherNonsense(_ body: String, _ isHTML: Bool) {
        guard case .notJSON(_, let found) = AnswerInspection.chatCompletion(buffer(body)).verdict else {
            Issue.record("not told")
            return
        }
        #expect(found == isHTML)
    }

    @Test(arguments: ["", " ", #"{"choices":[{"message":{"content":"x"#, #"{"choices":[{}]"#])
    func cutBodyIsTruncated(_ body: String) {
        guard case .truncated = AnswerInspection.chatCompletion(buffer(body)).verdict else {
            Issue.record("not told")
            return
        }
    }

    @Test func reportsUsageAndFinishReasons() {
        let reply = SimulatedReply(id: "c", created: 1, model: "m", text: "one two", promptTokens: 9)
        let inspector = AnswerInspection.chatCompletion(reply.body)
        #expect(inspector.usage == TokenCounts(prompt: 9, completion: 2, total: 11))
        #expect(inspector.finishReasons == ["stop"])
    }
}
