import Testing

@testable import SageLLM

struct StreamReaderTests {
    typealias Event = NeutralStreamEvent
    typealias Text = MessagesText

    static func chunk(_ delta: String, _ finish: String = "null", index: Int = 0) -> String {
        #"{"id":"c1","model":"gpt","choices":[{"index":\#(index),"delta":\#(delta),"finish_reason":\#(finish)}]}"#
    }

    static let start = Event.start(id: "c1", model: "gpt")

    @Test(
        arguments: [
            ([chunk(#"{"role":"assistant","content":""}"#)], [start]),
            (
                [chunk(#"{"content":"a"}"#), chunk(#"{"content":"b"}"#, #""stop""#)],
                [start, .text("a", choice: 0), .text("b", choice: 0), .finish(.stop, stopSequence: nil, choice: 0)]
            ),
            (
                [chunk(#"{"content":null,"reasoning_content":"h"}"#), chunk(#"{"reasoning":"m"}"#)],
                [start, .thinking("h", choice: 0), .thinking("m", choice: 0)]
            ),
            (
                [chunk(#"{"content":[{"type":"text","text":"a"},{"type":"thinking"}]}"#, index: 2)],
                [start, .text("a", choice: 2)]
            ),
            ([chunk(#"{"refusal":"no"}"#)], [start, .refusal("no", choice: 0)]),
            (
                [#"{"id":"","choices":[],"prompt_filter_results":[]}"#, chunk(#"{"content":"a"}"#)],
                [.start(id: "", model: ""), .text("a", choice: 0)]
            ),
            ([chunk("{}", #""content_filter""#)], [start, .finish(.contentFilter, stopSequence: nil, choice: 0)]),
            (
                [
                    #"{"id":"c1","model":"gpt","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}}"#
                ],
                [start, .usage(TokenCounts(prompt: 3, completion: 5, total: 8))]
            ),
            (
                [
                    chunk(
                        #"{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]}"#
                    ),
                    chunk(
                        #"{"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"{"}},{"index":0,"function":{"arguments":"{}"}}]}"#
                    ),
                    chunk(#"{"tool_calls":[{"index":1,"function":{"arguments":"}"}}]}"#), chunk("{}", #""stop""#),
                ],
                [
                    start, .toolCallStart(id: "a", name: "f", index: 0, choice: 0),
                    .toolCallStart(id: "b", name: "g", index: 1, choice: 0),
                    .toolCallArguments("{", index: 1, choice: 0),
                    .toolCallArguments("{}", index: 0, choice: 0), .toolCallArguments("}", index: 1, choice: 0),
                    .finish(.toolCalls, stopSequence: nil, choice: 0),
                ]
            ),
            // Some services number all calls 0, some none, some repeat the id, some send no id, some the name later.
            (
                [
                    chunk(#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"#),
                    chunk(#"{"tool_calls":[{"index":0,"id":"b","function":{"name":"f","arguments":"{}"}}]}"#),
                    chunk(#"{"tool_calls":[{"index":0,"id":"b","function":{"name":"f","arguments":" "}}]}"#),
                ],
                [
                    start, .toolCallStart(id: "a", name: "f", index: 0, choice: 0),
                    .toolCallArguments("{}", index: 0, choice: 0),
                    .toolCallStart(id: "b", name: "f", index: 1, choice: 0),
                    .toolCallArguments("{}", index: 1, choice: 0),
                    .toolCallArguments(" ", index: 1, choice: 0),
                ]
            ),
            (
                [
                    chunk(#"{"tool_calls":[{"function":{"arguments":"{"}}]}"#),
                    chunk(#"{"tool_calls":[{"function":{"name":"f","arguments":"}"}}]}"#),
                ],
                [
                    start, .toolCallStart(id: "call_c1_0_0", name: "f", index: 0, choice: 0),
                    .toolCallArguments("{}", index: 0, choice: 0),
                ]
            ),
            (
                [
                    chunk(
                        #"{"thinking_blocks":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"d"}]}"#
                    )
                ],
                [start, .thinkingSignature("s", choice: 0), .redactedThinking("d", choice: 0)]
            ),
        ] as [([String], [Event])])
    func chunksAreRead(_ data: [String], _ expected: [Event]) throws {
        #expect(try read(data, ChatCompletionsTranslation.self) == expected)
    }

    @Test(
        arguments: [
            ([Text.ping, #"{"type":"news"}"#, "{}"], []),
            (
                [Text.start],
                [
                    .start(id: "msg_1", model: "claude-x"),
                    .usage(TokenCounts(prompt: 18, completion: 1, total: 19, cacheRead: 5, cacheWrite: 3)),
                ]
            ),
            ([Text.textStart, Text.text, Text.blockStop], [.text("hi", choice: 0)]),
            ([Text.blockStart(0, #"{"type":"text","text":"a"}"#)], [.text("a", choice: 0)]),
            (
                [
                    Text.blockStart(0, #"{"type":"thinking","thinking":"h"}"#),
                    Text.delta(0, #"{"type":"thinking_delta","thinking":"m"}"#),
                    Text.delta(0, #"{"type":"signature_delta","signature":"s"}"#),
                    Text.delta(0, #"{"type":"signature_delta","signature":"sage-unsigned"}"#),
                ],
                [.thinking("h", choice: 0), .thinking("m", choice: 0), .thinkingSignature("s", choice: 0)]
            ),
            ([Text.blockStart(0, #"{"type":"redacted_thinking","data":"d"}"#)], [.redactedThinking("d", choice: 0)]),
            (
                [
                    Text.blockStart(1, #"{"type":"tool_use","id":"t1","name":"f","input":{}}"#),
                    Text.delta(1, #"{"type":"input_json_delta","partial_json":""}"#),
                    Text.delta(1, #"{"type":"input_json_delta","partial_json":"{}"}"#),
                    Text.blockStart(2, #"{"type":"tool_use","id":"t2","name":"g","input":{"x":1}}"#),
                ],
                [
                    .toolCallStart(id: "t1", name: "f", index: 0, choice: 0),
                    .toolCallArguments("{}", index: 0, choice: 0),
                    .toolCallStart(id: "t2", name: "g", index: 1, choice: 0),
                    .toolCallArguments(#"{"x":1}"#, index: 1, choice: 0),
                ]
            ),
            (
                [
                    Text.blockStart(0, #"{"type":"server_tool_use","id":"s","name":"web_search","input":{}}"#),
                    Text.delta(0, #"{"type":"input_json_delta","partial_json":"{}"}"#),
                    Text.delta(0, #"{"type":"text_delta","text":"x"}"#),
                ], []
            ),
            (
                [Text.messageDelta("max_tokens")],
                [.finish(.length, stopSequence: nil, choice: 0), .usage(TokenCounts(completion: 7))]
            ),
            (
                [#"{"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"explanation":"no"}}}"#],
                [.refusal("no", choice: 0), .finish(.refusal, stopSequence: nil, choice: 0)]
            ),
            (
                [#"{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"END"}}"#],
                [.finish(.stopSequence, stopSequence: "END", choice: 0)]
            ),
        ] as [([String], [Event])])
    func eventsOfMessagesAreRead(_ data: [String], _ expected: [Event]) throws {
        #expect(try read(data, MessagesTranslation.self) == expected)
    }

    @Test(arguments: [
        "7", #"{"choices":7}"#, #"{"choices":[7]}"#, chunk("7"), chunk(#"{"tool_calls":7}"#),
        chunk(#"{"tool_calls":[7]}"#),
        chunk("{}", "7"), chunk("{}", #""stop""#, index: -1), chunk(#"{"refusal":7}"#),
        chunk(#"{"tool_calls":[{"index":0,"id":"a"}]}"#, #""tool_calls""#),
    ])
    func chunkThatIsNoneIsAnError(_ data: String) {
        #expect(throws: TranslationError.self) { try read([data], ChatCompletionsTranslation.self) }
    }

    @Test(arguments: [
        "[]", #"{"type":7}"#, #"{"type":"message_start"}"#, #"{"type":"content_block_start","index":0}"#,
        Text.blockStart(-1, "{}"), Text.blockStart(0, "{}"), Text.blockStart(0, #"{"type":"tool_use","name":"f"}"#),
        #"{"type":"content_block_delta"}"#, Text.delta(0, "{}"), Text.delta(0, #"{"type":"text_delta","text":7}"#),
        #"{"type":"message_delta","delta":7}"#,
    ])
    func eventThatIsNoneIsAnError(_ data: String) {
        #expect(throws: TranslationError.self) { try read([data], MessagesTranslation.self) }
    }

    @Test func callsAndOpenBlocksAreBounded() {
        let calls = (0..<2_000).map {
            Self.chunk(#"{"tool_calls":[{"index":0,"id":"\#($0)","function":{"name":"f","arguments":""}}]}"#)
        }
        #expect(throws: TranslationError.self) { try read(calls, ChatCompletionsTranslation.self) }
        let blocks = (0..<2_000).map { Text.blockStart($0, #"{"type":"text","text":""}"#) }
        #expect(throws: TranslationError.self) { try read(blocks, MessagesTranslation.self) }
    }
}
