import NIOCore
import Testing

@testable import SageLLM

struct MessagesInspectionTests {
    @Test(
        arguments: [
            (#"{"type":"message","content":[{"type":"text","text":"x"}],"stop_reason":"end_turn"}"#, .complete),
            (#"{"content":[{"type":"tool_use","id":"t","name":"f","input":{}}]}"#, .complete),
            (#"{"type":"message","content":[],"stop_reason":"end_turn"}"#, .complete),
            (#"{"type":"message","content":[],"stop_reason":null}"#, .incomplete("its content is empty")),
            (#"{"type":"message","content":[{"type":"text","text":""}]}"#, .incomplete("its content is empty")),
            (#"{"type":"message"}"#, .incomplete("it has no content")),
            (#"{"choices":[{"message":{"content":"x"}}]}"#, .incomplete("it has no content")),
            (#"{"input_tokens":3}"#, .incomplete("it has no content")),
            (MessagesText.error, .failed(buffer(MessagesText.error))),
            (
                #"{"error":{"code":503},"content":[{"text":"x"}]}"#,
                .failed(buffer(#"{"error":{"code":503},"content":[{"text":"x"}]}"#))
            ),
            (#"{"code":50505,"message":"overload"}"#, .failed(buffer(#"{"code":50505,"message":"overload"}"#))),
            (#""text""#, .unexpected(.string)), ("[]", .unexpected(.array)),
        ] as [(String, AnswerInspection.Verdict)])
    func tellsWhatABodyIs(_ body: String, _ expected: AnswerInspection.Verdict) {
        #expect(WireFormat.messages.inspect(buffer(body)).verdict == expected)
    }

    @Test(
        arguments: [
            (#"{"input_tokens":12}"#, .complete),
            (#"{"input_tokens":"12"}"#, .incomplete("it has no input_tokens")),
            ("{}", .incomplete("it has no input_tokens")),
            (MessagesText.error, .failed(buffer(MessagesText.error))),
        ] as [(String, AnswerInspection.Verdict)])
    func tellsWhatACountIs(_ body: String, _ expected: AnswerInspection.Verdict) {
        let inspection = WireFormat.countTokens.inspect(buffer(body))
        #expect(inspection.verdict == expected)
        #expect(inspection.usage == (expected == .complete ? TokenCounts(prompt: 12) : nil))
    }

    @Test(arguments: ["<html>502 Bad Gateway</html>", "upstream error", #"{"content":[1,]}"#])
    func nonsenseIsNoJSON(_ body: String) {
        guard case .notJSON(_, let isHTML) = WireFormat.messages.inspect(buffer(body)).verdict else {
            Issue.record("not told")
            return
        }
        #expect(isHTML == body.hasPrefix("<"))
    }

    @Test(arguments: ["", " ", #"{"content":[{"type":"te"#])
    func cutBodyIsTruncated(_ body: String) {
        guard case .truncated = WireFormat.messages.inspect(buffer(body)).verdict else {
            Issue.record("not told")
            return
        }
    }

    @Test func reportsUsageAndTheStopReason() {
        let body =
            #"{"type":"message","content":[{"type":"text","text":"x"}],"stop_reason":"max_tokens","usage":{"input_tokens":1,"cache_read_input_tokens":2,"cache_creation_input_tokens":4,"output_tokens":8}}"#
        let inspection = WireFormat.messages.inspect(buffer(body))
        #expect(inspection.usage == TokenCounts(prompt: 7, completion: 8, total: 15, cacheRead: 2, cacheWrite: 4))
        #expect(inspection.finishReasons == ["max_tokens"])
    }
}

struct ClaudeModelTests {
    @Test(arguments: [
        ("claude-3-7-sonnet-20250219", false, true), ("claude-sonnet-4-20250514", false, true),
        ("claude-sonnet-4-5-20250929", false, true), ("claude-haiku-4-5", false, true),
        ("claude-opus-4-6", true, true), ("anthropic.claude-sonnet-4-6-v1:0", true, true),
        ("anthropic/claude-opus-4.6", true, true), ("claude-opus-4-7", true, false), ("claude-opus-5", true, false),
        ("claude-fable-5-1", true, false), ("claude-sonnet-10", true, false), ("claude", false, true),
        ("deepseek-chat", false, true), ("kimi-k3", false, true), ("gpt-5", false, true), ("", false, true),
        (String(repeating: "claude-9-9", count: 100), false, true),
    ])
    func nameTellsWhatTheModelTakes(_ name: String, _ isAdaptive: Bool, _ isTunable: Bool) {
        let model = ClaudeModel(name)
        #expect(model.thinksAdaptively == isAdaptive)
        #expect(model.isTunable == isTunable)
    }
}
