import Testing

@testable import SageLLM

struct ReplyTranslationTests {
    typealias Chat = ChatCompletionsTranslation
    typealias Messages = MessagesTranslation

    static func message(_ content: String, _ reason: String = #""end_turn""#, _ more: String = "") -> String {
        #"{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":\#(content),"stop_reason":\#(reason)\#(more)}"#
    }

    static func completion(_ message: String, _ reason: String = #""stop""#, _ more: String = "") -> String {
        #"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt","choices":[{"index":0,"message":\#(message),"logprobs":null,"finish_reason":\#(reason)}]\#(more)}"#
    }

    static func written(_ message: String, _ reason: String = #""stop""#, _ more: String = "") -> String {
        #"{"id":"chatcmpl-msg_1","object":"chat.completion","created":1700,"model":"alias","choices":[{"index":0,"message":\#(message),"logprobs":null,"finish_reason":\#(reason)}]\#(more)}"#
    }

    static let noUsage =
        #","usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}"#

    static func writtenMessage(
        _ content: String, _ reason: String = #""end_turn""#, _ more: String = noUsage
    ) -> String {
        #"{"id":"msg_chatcmpl-1","type":"message","role":"assistant","model":"alias","content":\#(content),"stop_reason":\#(reason),"stop_sequence":null\#(more)}"#
    }

    static let toChat: [TranslationCase] = [
        TranslationCase(
            "text", message(#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#),
            written(#"{"role":"assistant","content":"ab","refusal":null}"#)),
        TranslationCase("nothing", message("[]"), written(#"{"role":"assistant","content":"","refusal":null}"#)),
        TranslationCase(
            "thinking and calls",
            message(
                #"[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"d"},{"type":"tool_use","id":"t1","name":"f","input":{"x":1}},{"type":"tool_use","id":"t2","name":"g","input":{}}]"#,
                #""tool_use""#),
            written(
                #"{"role":"assistant","content":null,"refusal":null,"reasoning_content":"hm","thinking_blocks":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"d"}],"tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"t2","type":"function","function":{"name":"g","arguments":"{}"}}]}"#,
                #""tool_calls""#)),
        TranslationCase(
            "blocks of Anthropic's own tools",
            message(
                #"[{"type":"server_tool_use","id":"s","name":"web_search","input":{}},{"type":"text","text":"a"}]"#),
            written(#"{"role":"assistant","content":"a","refusal":null}"#)),
        TranslationCase(
            "refusal", message("[]", #""refusal""#, #","stop_details":{"type":"refusal","explanation":"because"}"#),
            written(#"{"role":"assistant","content":null,"refusal":"because"}"#, #""content_filter""#)),
        TranslationCase(
            "usage",
            message(
                #"[{"type":"text","text":"a"}]"#, #""end_turn""#,
                #","usage":{"input_tokens":10,"cache_read_input_tokens":4,"cache_creation_input_tokens":2,"output_tokens":5,"output_tokens_details":{"thinking_tokens":3}}"#
            ),
            written(
                #"{"role":"assistant","content":"a","refusal":null}"#, #""stop""#,
                #","usage":{"prompt_tokens":16,"completion_tokens":5,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":2},"completion_tokens_details":{"reasoning_tokens":3}}"#
            )),
    ]

    static let toMessages: [TranslationCase] = [
        TranslationCase(
            "text", completion(#"{"role":"assistant","content":"a"}"#),
            writtenMessage(#"[{"type":"text","text":"a"}]"#)),
        TranslationCase("nothing", completion(#"{"role":"assistant","content":null}"#), writtenMessage("[]")),
        TranslationCase(
            "parts", completion(#"{"content":[{"type":"text","text":"a"},{"type":"thinking","thinking":[]}]}"#, "null"),
            writtenMessage(#"[{"type":"text","text":"a"}]"#)),
        TranslationCase(
            "unsigned thinking is marked", completion(#"{"content":"a","reasoning":"hm"}"#),
            writtenMessage(
                #"[{"type":"thinking","thinking":"hm","signature":"sage-unsigned"},{"type":"text","text":"a"}]"#)),
        TranslationCase(
            "calls, by services that say stop",
            completion(
                #"{"content":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"type":"function","function":{"name":"g","arguments":{"y":2}}},{"id":"c:3","function":{"name":"h","arguments":"{oops"}}]}"#
            ),
            writtenMessage(
                #"[{"type":"tool_use","id":"c1","name":"f","input":{"x":1}},{"type":"tool_use","id":"call_chatcmpl-1_0_1","name":"g","input":{"y":2}},{"type":"tool_use","id":"toolu_f69744190d7ddf51573d4418225b0c51","name":"h","input":{"INVALID_JSON":"{oops"}}]"#,
                #""tool_use""#)),
        TranslationCase(
            "refusal", completion(#"{"content":null,"refusal":"no"}"#),
            writtenMessage(#"[{"type":"text","text":"no"}]"#, #""refusal""#)),
        TranslationCase(
            "usage",
            completion(
                #"{"content":"a"}"#, #""length""#,
                #","usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":3}}"#
            ),
            writtenMessage(
                #"[{"type":"text","text":"a"}]"#, #""max_tokens""#,
                #","usage":{"input_tokens":6,"cache_creation_input_tokens":0,"cache_read_input_tokens":4,"output_tokens":5,"output_tokens_details":{"thinking_tokens":3}}"#
            )),
        TranslationCase(
            "usage that does not add up",
            completion(
                #"{"content":"a"}"#, #""stop""#,
                #","usage":{"prompt_tokens":1,"completion_tokens":-5,"prompt_cache_hit_tokens":4}"#),
            writtenMessage(
                #"[{"type":"text","text":"a"}]"#, #""end_turn""#,
                #","usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":4,"output_tokens":0}"#
            )),
    ]

    @Test(arguments: toChat)
    func messageBecomesACompletion(_ example: TranslationCase) throws {
        let reply = try Messages.readReply(JSONValue(parsing: example.input))
        #expect(Chat.writeReply(reply, .test) == (try JSONValue(parsing: example.output)))
    }

    @Test(arguments: toMessages)
    func completionBecomesAMessage(_ example: TranslationCase) throws {
        let reply = try Chat.readReply(JSONValue(parsing: example.input))
        #expect(Messages.writeReply(reply, .test) == (try JSONValue(parsing: example.output)))
    }

    @Test(arguments: [
        ("end_turn", "stop"), ("max_tokens", "length"), ("stop_sequence", "stop"), ("tool_use", "tool_calls"),
        ("pause_turn", "stop"), ("refusal", "content_filter"), ("model_context_window_exceeded", "length"),
        ("news", "stop"),
    ])
    func stopReasonsOfAnthropicHaveAWordForOpenAI(_ reason: String, _ expected: String) throws {
        let reply = try Messages.readReply(
            JSONValue(parsing: Self.message(#"[{"type":"text","text":"a"}]"#, #""\#(reason)""#)))
        #expect(Chat.writeReply(reply, .test)["choices"]?[0]?["finish_reason"]?.stringValue == expected)
        // And back in its own words.
        #expect(
            Messages.writeReply(reply, .test)["stop_reason"]?.stringValue == (reason == "news" ? "end_turn" : reason))
    }

    @Test(arguments: [
        ("stop", "end_turn"), ("length", "max_tokens"), ("tool_calls", "tool_use"), ("function_call", "tool_use"),
        ("content_filter", "refusal"), ("news", "end_turn"),
    ])
    func finishReasonsOfOpenAIHaveAWordForAnthropic(_ reason: String, _ expected: String) throws {
        let reply = try Chat.readReply(JSONValue(parsing: Self.completion(#"{"content":"a"}"#, #""\#(reason)""#)))
        #expect(Messages.writeReply(reply, .test)["stop_reason"]?.stringValue == expected)
    }

    @Test func stopSequenceIsNamed() throws {
        let reply = try Messages.readReply(
            JSONValue(
                parsing: Self.message(#"[{"type":"text","text":"a"}]"#, #""stop_sequence""#, #","stop_sequence":"END""#)
            ))
        #expect(Messages.writeReply(reply, .test)["stop_sequence"] == "END")
    }

    @Test func choicesComeInTheirOrder() throws {
        let text =
            #"{"id":"x","choices":[{"index":1,"message":{"content":"b"}},{"index":0,"message":{"content":"a"}}]}"#
        let reply = try Chat.readReply(JSONValue(parsing: text))
        #expect(reply.choices.map(\.parts) == [[.text("a")], [.text("b")]])
    }

    @Test(arguments: [
        "7", "{}", #"{"choices":[]}"#, #"{"choices":[7]}"#, #"{"choices":[{"message":7}]}"#,
        #"{"choices":[{"message":{"content":7}}]}"#, #"{"choices":[{"message":{"tool_calls":[{}]}}]}"#,
        #"{"choices":[{"message":{"tool_calls":[{"function":{"name":"f","arguments":7}}]}}]}"#,
    ])
    func completionThatIsNoneIsAnError(_ text: String) throws {
        #expect(throws: TranslationError.self) { try Chat.readReply(JSONValue(parsing: text)) }
    }

    @Test(arguments: [
        "7", "{}", #"{"content":"x"}"#, #"{"content":[7]}"#, #"{"content":[{"type":"tool_use"}]}"#,
        #"{"content":[{"text":"x"}]}"#, #"{"content":[{"type":"text","text":7}]}"#, #"{"content":[],"stop_reason":7}"#,
    ])
    func messageThatIsNoneIsAnError(_ text: String) throws {
        #expect(throws: TranslationError.self) { try Messages.readReply(JSONValue(parsing: text)) }
    }
}
