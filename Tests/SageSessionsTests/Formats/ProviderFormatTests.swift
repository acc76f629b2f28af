import SageSessions
import Testing

struct ProviderFormatTests {
    static let openAI = [
        #"[]"#, #"[{"role":"user","content":"hi"}]"#,
        #"{"model":"m","messages":[{"role":"developer","content":"be brief"},{"role":"user","name":"ann","content":[{"type":"text","text":"what is it?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}},{"type":"image_url","image_url":{"url":"https://e.com/i.png"}},{"type":"input_audio","input_audio":{"data":"A","format":"wav"}}]}],"temperature":0.10}"#,
        #"[{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\": 1}"}},{"id":"b","type":"function","function":{"name":"g","arguments":""}}]},{"role":"tool","tool_call_id":"b","content":"B"},{"role":"tool","tool_call_id":"a","content":[{"type":"text","text":"A"}]},{"role":"assistant","content":"done","refusal":null,"annotations":[]}]"#,
        #"[{"role":"user","content":"q"},{"role":"assistant","content":null,"refusal":"no"}]"#,
        #"[{"role":"user","content":"q"},{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"r"}]"#,
        #"[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"id":"","type":"function","function":{"name":"f","arguments":{"a":1}}},{"type":"function","function":{"name":"g","arguments":"{}"}}]},{"role":"tool","content":"first"},{"role":"tool","tool_call_id":"","content":"second"}]"#,
        #"[{"role":"assistant","content":"a","reasoning_content":"hm"}]"#,
    ]
    static let anthropic = [
        #"[]"#, #"[{"role":"user","content":"hi"}]"#,
        #"{"model":"m","max_tokens":10,"system":"be brief","messages":[{"role":"user","content":"hi"}]}"#,
        #"{"system":[{"type":"text","text":"be brief","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},{"type":"image","source":{"type":"url","url":"https://e.com/i"}},{"type":"document","source":{"type":"text","data":"x"}},{"type":"text","text":"what?"}]}]}"#,
        #"[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"sig"},{"type":"redacted_thinking","data":"xyz"},{"type":"text","text":"let me see"},{"type":"tool_use","id":"t1","name":"f","input":{"b":1,"a":[2.50]}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"one"},{"type":"text","text":"two"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}],"is_error":true},{"type":"text","text":"and?"}]}]"#,
        #"[{"role":"user","content":[{"type":"tool_result","tool_use_id":"gone"}]},{"role":"assistant","content":[]}]"#,
    ]
    static let all: [(ConversationFormat, String)] =
        openAI.map { (.openai, $0) } + anthropic.map { (.anthropic, $0) }

    @Test("a faithful export has the same JSON values", arguments: all)
    func roundTrip(format: ConversationFormat, text: String) throws {
        let bytes = Array(text.utf8)
        let log = SnapshotTests.log(try ConversationImport.read(bytes, format: format))
        let written = try ConversationExport.write(log, format: format, options: .init(isFaithful: true))
        #expect(try SnapshotTests.same(written, bytes), "\(String(decoding: written, as: UTF8.self))")
    }

    @Test("an export for a provider is legal whichever way it came in", arguments: all)
    func legalExport(format: ConversationFormat, text: String) throws {
        let log = SnapshotTests.log(try ConversationImport.read(Array(text.utf8), format: format))
        for target in [ConversationFormat.openai, .anthropic] {
            let written = try ConversationExport.write(log, format: target)
            let back = try ConversationImport.read(written, format: target)
            #expect(back.report.changes == [])
            let view = ConversationView(
                entries: SnapshotTests.log(back), policy: ViewPolicy(rawFormats: [target.rawValue]))
            let repairs = view.repairs.filter { $0.kind != .mergedMessages }
            #expect(repairs == [], "\(String(decoding: written, as: UTF8.self))")
        }
    }

    @Test func callsWithoutIDsArePairedInTheirOrder() throws {
        let conversation = try ConversationImport.read(Array(Self.openAI[6].utf8), format: .openai)
        let view = ConversationView(entries: SnapshotTests.log(conversation))
        #expect(view.messages[1].toolCalls.map(\.arguments) == [#"{"a":1}"#, "{}"])
        #expect(view.messages[2].toolResults.map(\.text) == ["first", "second"])
        #expect(view.repairs == [])
        #expect(conversation.report.changeCounts == [.missingCallID: 4])
    }

    @Test func anthropicShowsWhatOpenAIWrote() throws {
        let log = SnapshotTests.log(try ConversationImport.read(Array(Self.openAI[3].utf8), format: .openai))
        let written = try ConversationExport.write(log, format: .anthropic)
        let expected =
            #"{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{"x":1}},{"type":"tool_use","id":"b","name":"g","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"A"},{"type":"tool_result","tool_use_id":"b","content":"B"}]},{"role":"assistant","content":"done"}]}"#
        #expect(String(decoding: written, as: UTF8.self) == expected)
    }

    @Test(
        arguments: [
            (ConversationFormat.openai, "7", "openai: the file is a number"),
            (.openai, "{}", "openai: messages is missing"), (.openai, "[7]", "openai: messages[0] is a number"),
            (.openai, #"[{"role":"king"}]"#, "openai: messages[0].role is 'king'; allowed is one of developer, system"),
            (.openai, #"[{"role":"user","content":7}]"#, "openai: messages[0].content is a number"),
            (
                .openai, #"[{"role":"user","content":[{"type":"text","text":7}]}]"#,
                "openai: messages[0].content[0].text is a number; allowed is a string"
            ), (.openai, #"[{"role":"assistant","tool_calls":[7]}]"#, "openai: messages[0].tool_calls[0] is a number"),
            (.anthropic, #"[{"role":"system","content":7}]"#, "anthropic: messages[0].content is a number"),
            (.anthropic, #"[{"role":"user"}]"#, "anthropic: messages[0].content is missing"),
            (
                .anthropic, #"[{"role":"user","content":[{"type":"tool_result"}]}]"#,
                "anthropic: messages[0].content[0].tool_use_id is missing"
            ), (.anthropic, #"{"messages":[],"system":7}"#, "anthropic: system is a number"),
            (.anthropic, "[NaN", "anthropic: line 1: the file is no JSON"),
        ])
    func aWrongFileIsRefused(format: ConversationFormat, text: String, start: String) {
        let error = #expect(throws: FormatError.self) {
            try ConversationImport.read(Array(text.utf8), format: format)
        }
        #expect(error?.description.hasPrefix(start) ?? false, "\(error?.description ?? "")")
    }

    @Test(
        arguments: [
            (#"[{"role":"user","content":"hi"}]"#, ConversationFormat.openai), (openAI[2], .openai),
            (anthropic[2], .anthropic), (anthropic[4], .anthropic), (SnapshotTests.snapshots[0], .snapshot),
            (SnapshotTests.snapshots[2], .snapshot), (SageLogTests.text, .sage), (ClaudeLinesTests.text, .claude),
        ])
    func theFormatIsGuessed(text: String, format: ConversationFormat) {
        #expect(ConversationFormat.detect(Array(text.utf8)) == format)
    }

    @Test(arguments: ["", "hello", "{}", "[1]", "{\"messages\":7}", "\u{0}"])
    func whatIsNoneOfThemIsNotGuessed(text: String) {
        #expect(ConversationFormat.detect(Array(text.utf8)) == nil)
    }

    @Test(arguments: ConversationFormat.allCases)
    func limitsAreKept(format: ConversationFormat) throws {
        let error = #expect(throws: FormatError.self) {
            try ConversationImport.read(
                Array(repeating: 0x20, count: 11), format: format, limits: ImportLimits(maximumBytes: 10))
        }
        #expect(error?.description == "\(format.rawValue): the file is 11 bytes; allowed is at most 10 bytes")
    }

    @Test func tooManyMessagesAndTooLargeOnesAreRefused() {
        let text = Array(#"[{"role":"user","content":"hello"},{"role":"user","content":"hello"}]"#.utf8)
        let count = #expect(throws: FormatError.self) {
            try ConversationImport.read(text, format: .openai, limits: ImportLimits(maximumMessages: 1))
        }
        #expect(count?.description == "openai: messages is more than 1 messages; allowed is at most 1")
        let size = #expect(throws: FormatError.self) {
            try ConversationImport.read(
                text, format: .openai, limits: ImportLimits(message: MessageLimits(maximumBytes: 4)))
        }
        #expect(size?.description == "openai: messages[0] is 5 bytes long; allowed is at most 4 bytes")
    }
}
