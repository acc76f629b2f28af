import Testing

@testable import SageLLM

struct RequestTranslationTests {
    typealias Chat = ChatCompletionsTranslation
    typealias Messages = MessagesTranslation

    @Test(
        arguments: ChatToMessagesCases.settings + ChatToMessagesCases.limits + ChatToMessagesCases.tools
            + ChatToMessagesCases.conversation + ChatToMessagesCases.media)
    func chatCompletionBecomesAMessage(_ example: TranslationCase) throws {
        let result = try translate(example.input, from: Chat.self, to: Messages.self)
        #expect(result.json == (try JSONValue(parsing: example.output)))
        #expect(result.dropped == example.dropped)
    }

    @Test(
        arguments: MessagesToChatCases.settings + MessagesToChatCases.tools + MessagesToChatCases.conversation)
    func messageBecomesAChatCompletion(_ example: TranslationCase) throws {
        let result = try translate(example.input, from: Messages.self, to: Chat.self)
        #expect(result.json == (try JSONValue(parsing: example.output)))
        #expect(result.dropped == example.dropped)
    }

    @Test(arguments: ChatToMessagesCases.refused)
    func chatCompletionIsRefused(_ example: RefusalCase) throws {
        let error = #expect(throws: TranslationError.self) {
            try translate(example.input, from: Chat.self, to: Messages.self)
        }
        #expect(error?.parameter == example.parameter)
        #expect(error?.message.contains(example.text) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: MessagesToChatCases.refused)
    func messageIsRefused(_ example: RefusalCase) throws {
        let error = #expect(throws: TranslationError.self) {
            try translate(example.input, from: Messages.self, to: Chat.self)
        }
        #expect(error?.parameter == example.parameter)
        #expect(error?.message.contains(example.text) == true, "\(error?.message ?? "")")
    }

    /// What asks a model of Anthropic's to think, by its name: `thinking`, the effort, `max_tokens`, what is dropped.
    @Test(
        arguments: [
            (
                "claude-sonnet-4-5", #""reasoning_effort":"minimal""#, #"{"type":"enabled","budget_tokens":1024}"#, nil,
                9_216, []
            ),
            (
                "claude-sonnet-4-5", #""reasoning_effort":"low""#, #"{"type":"enabled","budget_tokens":2048}"#, nil,
                10_240, []
            ),
            (
                "claude-sonnet-4-5", #""reasoning_effort":"medium""#, #"{"type":"enabled","budget_tokens":8192}"#, nil,
                16_384, []
            ),
            ("m", #""reasoning_effort":"high""#, #"{"type":"enabled","budget_tokens":16384}"#, nil, 24_576, []),
            ("m", #""reasoning_effort":"max""#, #"{"type":"enabled","budget_tokens":20480}"#, nil, 28_672, []),
            ("m", #""reasoning_effort":"none""#, #"{"type":"disabled"}"#, nil, 8_192, []),
            (
                "m", #""reasoning_effort":"high","max_tokens":4000"#, #"{"type":"enabled","budget_tokens":2000}"#, nil,
                4_000, []
            ),
            (
                "m", #""reasoning_effort":"high","max_tokens":1025"#, #"{"type":"enabled","budget_tokens":1024}"#, nil,
                1_025, []
            ),
            ("m", #""reasoning_effort":"high","max_tokens":1024"#, nil, nil, 1_024, ["reasoning_effort"]),
            (
                "m", #""reasoning_effort":"low","temperature":0.5,"top_k":3"#,
                #"{"type":"enabled","budget_tokens":2048}"#, nil, 10_240, ["temperature", "top_k"]
            ),
            (
                "m", #""reasoning_effort":"low","temperature":1"#, #"{"type":"enabled","budget_tokens":2048}"#, nil,
                10_240, []
            ),
            (
                "m", #""reasoning_effort":"low","top_p":0.95"#, #"{"type":"enabled","budget_tokens":2048}"#, nil,
                10_240, []
            ),
            (
                "m", #""reasoning_effort":"low","top_p":0.9"#, #"{"type":"enabled","budget_tokens":2048}"#, nil, 10_240,
                ["top_p"]
            ),
            (
                "m", #""reasoning_effort":"low","tool_choice":"required","tools":[{"function":{"name":"f"}}]"#, nil,
                nil,
                8_192, ["reasoning_effort"]
            ),
            ("claude-opus-4-6", #""reasoning_effort":"minimal""#, #"{"type":"adaptive"}"#, "low", 24_576, []),
            ("claude-opus-4-6", #""reasoning_effort":"xhigh","max_tokens":9"#, #"{"type":"adaptive"}"#, "xhigh", 9, []),
            (
                "claude-opus-4-6", #""reasoning_effort":"none","temperature":0.5"#, #"{"type":"disabled"}"#, nil, 8_192,
                []
            ),
            (
                "claude-opus-5", #""reasoning_effort":"none","temperature":1,"top_k":1"#, nil, nil, 8_192,
                ["reasoning_effort", "temperature", "top_k"]
            ),
        ] as [(String, String, String?, String?, Int64, [String])])
    func effortBecomesThinking(
        _ model: String, _ fields: String, _ thinking: String?, _ effort: String?, _ maxTokens: Int64,
        _ dropped: [String]
    ) throws {
        let request = #"{"model":"x","messages":[{"role":"user","content":"hi"}],\#(fields)}"#
        let result = try translate(request, from: Chat.self, to: Messages.self, model: model)
        #expect(result.json["thinking"] == (try thinking.map { try JSONValue(parsing: $0) }))
        #expect(result.json["output_config"]?["effort"]?.stringValue == effort)
        #expect(result.json["max_tokens"] == .integer(maxTokens))
        #expect(result.dropped == dropped)
    }

    /// A model with a budget cannot continue a call without the thinking before it; one that thinks adaptively can.
    @Test(arguments: [
        ("m", "", false), ("claude-opus-4-6", "", true),
        ("m", #","thinking_blocks":[{"type":"thinking","thinking":"hm","signature":"s"}]"#, true),
        ("m", #","thinking_blocks":[{"type":"redacted_thinking","data":"d"}]"#, true),
        ("m", #","reasoning_content":"hm""#, false),
    ])
    func callIsContinuedWithItsThinking(_ model: String, _ thinking: String, _ isThinking: Bool) throws {
        let request =
            #"{"model":"x","reasoning_effort":"low","messages":[{"role":"user","content":"hi"},{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f"}}]\#(thinking)},{"role":"tool","tool_call_id":"c","content":"1"}]}"#
        let result = try translate(request, from: Chat.self, to: Messages.self, model: model)
        #expect((result.json["thinking"] != nil) == isThinking)
        #expect(result.dropped.contains("reasoning_effort") == !isThinking)
    }

    @Test func orderOfASchemaIsKept() throws {
        let request =
            #"{"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[{"function":{"name":"f","parameters":{"type":"object","properties":{"z":{},"a":{},"m":{}}}}}]}"#
        let result = try translate(request, from: Chat.self, to: Messages.self)
        #expect(result.json["tools"]?[0]?["input_schema"]?["properties"]?.objectValue?.keys == ["z", "a", "m"])
    }

    @Test func tooManyDroppedNamesAreCounted() throws {
        let fields = (0..<40).map { #""x\#($0)":1"# }.joined(separator: ",")
        let request = #"{"model":"m","messages":[{"role":"user","content":"hi"}],\#(fields)}"#
        let dropped = try translate(request, from: Chat.self, to: Messages.self).dropped
        #expect(dropped.count == 33)
        #expect(dropped.last == "...")
    }
}
