import SageSessions
import SageTesting
import Testing

struct SnapshotTests {
    static func log(_ conversation: ImportedConversation) -> [LogEntry] {
        conversation.entries.enumerated().map {
            LogEntry(seq: Int64($0 + 1), id: "e\($0)", $1.payload, epoch: 1, createdAt: 0)
        }
    }

    static func same(_ left: [UInt8], _ right: [UInt8]) throws -> Bool {
        try JSONNode(parsing: left).isSameValue(as: JSONNode(parsing: right))
    }

    static let snapshots = [
        #"{"session_id": "s/1", "saved_at": 1718000000.123456, "message_count": 2, "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}], "extra": {"model": "m", "t": 0.70}}"#,
        #"{"session_id": "", "saved_at": 1.0, "message_count": 250, "messages": [{"role": "user", "content": "hi", "ts": 1e5, "id": 7}], "extra": {}, "interrupted": true, "interrupted_at": 2.5}"#,
        #"{"interrupted": true, "interrupted_at": 1718000000.5}"#,
        #"{"session_id": "s", "messages": [], "message_count": 0, "later": [1, {"a": null}]}"#,
        #"{"session_id": "s", "messages": ["text", 7, null, {}, [], {"role": "narrator", "content": "x"}, {"type": "x"}]}"#,
        #"{"session_id": "s", "messages": [{"content": "roles last", "role": "user"}, {"role": "ai", "content": "x"}]}"#,
        #"{"session_id": "s", "messages": [{"role": "assistant", "content": null, "tool_calls": [{"id": "", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}, {"role": "tool", "tool_call_id": "", "content": "r"}]}"#,
        #"{"session_id": "s", "messages": [{"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1.0}}]}, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "r"}], "is_error": true}]}]}"#,
        #"{"session_id": "s", "messages": [{"role": "user", "content": "\u00e9 \ud83d\ude42 \u2028"}, {"role": "user", "content": {"nested": {"deep": []}}}]}"#,
    ]

    @Test("in and out again, with the same JSON values", arguments: snapshots)
    func roundTrip(text: String) throws {
        let bytes = Array(text.utf8)
        let conversation = try ConversationImport.read(bytes, format: .snapshot)
        let log = Self.log(conversation)
        let written = try ConversationExport.write(log, format: .snapshot)
        #expect(try Self.same(written, bytes), "\(String(decoding: written, as: UTF8.self))")
        #expect(ViewLegality.violations(in: ConversationView(entries: log).messages).isEmpty)
        // The other direction: what was written is the same conversation.
        let again = try ConversationImport.read(written, format: .snapshot)
        #expect(again.entries == conversation.entries)
    }

    @Test func whatIsReadIsUnderstood() throws {
        let conversation = try ConversationImport.read(Array(Self.snapshots[1].utf8), format: .snapshot)
        #expect(conversation.sessionID == "")
        #expect(conversation.isInterrupted)
        #expect(conversation.interruptedAt == 2_500)
        #expect(conversation.messages.map(\.text) == ["hi"])
        #expect(conversation.report.count == 1)
        #expect(conversation.report.changeCounts == [.missingMessages: 1])
        let blocks = try ConversationImport.read(Array(Self.snapshots[7].utf8), format: .snapshot)
        #expect(blocks.messages[0].toolCalls == [ToolCall(id: "t", name: "f", arguments: #"{"a":1.0}"#)])
        #expect(blocks.messages[1].toolResults == [ToolResult(callID: "t", text: "r", isError: true)])
    }

    @Test func whatCameSinceIsCountedAndWritten() throws {
        let conversation = try ConversationImport.read(Array(Self.snapshots[1].utf8), format: .snapshot)
        var log = Self.log(conversation)
        log.append(LogEntry(seq: 3, id: "n", .message(Message(.assistant, "new")), epoch: 1, createdAt: 0))
        let options = ConversationExport.Options(sessionID: "other", savedAt: 1_718_000_000_007)
        let node = try JSONNode(parsing: try ConversationExport.write(log, format: .snapshot, options: options))
        #expect(node["session_id"]?.stringValue == "other")
        #expect(node["saved_at"]?.description == "1718000000.007")
        #expect(node["message_count"]?.integerValue == 251)
        #expect(node["messages"]?.arrayValue?.count == 2)
        #expect(node["interrupted"] == nil)
        #expect(node["interrupted_at"] == nil)
    }

    @Test func aConversationOfOursBecomesASnapshot() throws {
        let log = (1...150).map {
            LogEntry(seq: $0, id: "\($0)", .message(Message(.user, "m\($0)")), epoch: 1, createdAt: 0)
        }
        let options = ConversationExport.Options(
            sessionID: "s", savedAt: 5, interruptedAt: -1, maximumMessages: 100)
        let node = try JSONNode(parsing: try ConversationExport.write(log, format: .snapshot, options: options))
        let keys = node.objectValue?.map(\.key)
        #expect(
            keys == [
                "session_id", "saved_at", "message_count", "messages", "extra", "interrupted", "interrupted_at",
            ])
        #expect(node["saved_at"]?.description == "0.005")
        #expect(node["interrupted_at"]?.description == "-0.001")
        #expect(node["message_count"]?.integerValue == 150)
        #expect(node["messages"]?.arrayValue?.count == 100)
        #expect(node["messages"]?.arrayValue?.first?.description == #"{"role":"user","content":"m51"}"#)
    }

    @Test("Python's json writes numbers that JSON does not have: they become null, and the report says so")
    func numbersWithoutAValueBecomeNull() throws {
        let text =
            #"{"session_id": "s", "messages": [{"role": "user", "content": "x", "p": NaN}], "extra": {"a": -Infinity}}"#
        let conversation = try ConversationImport.read(Array(text.utf8), format: .snapshot)
        #expect(conversation.report.changeCounts == [.notFiniteNumber: 2])
        let written = try ConversationExport.write(Self.log(conversation), format: .snapshot)
        let expected = #"{"session_id":"s","messages":[{"role":"user","content":"x","p":null}],"extra":{"a":null}}"#
        #expect(try Self.same(written, Array(expected.utf8)))
    }

    @Test("claude-code#94408, #94055: NUL poisons a session")
    func nulAndBrokenUnicodeAreCleanedAndReported() throws {
        var bytes = Array(#"{"session_id":"s","messages":[{"role":"user","content":"a\u0000b\ud800"},"#.utf8)
        bytes += Array(#"{"role":"user","content":"x"#.utf8) + [0xFF] + Array(#"","k\u0000":"\u0000"}]}"#.utf8)
        let conversation = try ConversationImport.read(bytes, format: .snapshot)
        #expect(conversation.messages.map(\.text) == ["ab\u{FFFD}", "x\u{FFFD}"])
        #expect(conversation.report.cleaning.replacements == 2)
        #expect(conversation.report.cleaning.removedNULs > 0)
        #expect(!Self.log(conversation).contains { String(decoding: $0.payload, as: UTF8.self).contains("\\u0000") })
    }

    @Test(
        arguments: [
            ("", "snapshot: line 1: the file is no JSON"),
            ("[]", "snapshot: the file is an array; allowed is an object"),
            ("{}", "snapshot: the file is an object of another kind"),
            (#"{"session_id": 7}"#, "snapshot: session_id is a number; allowed is a string"),
            (#"{"session_id": "s", "messages": {}}"#, "snapshot: messages is an object; allowed is an array"),
            ("{\"session_id\": \"s\",\n\"messages\": [{\"role\": \"us", "snapshot: line 2: the file is no JSON"),
        ])
    func aWrongFileIsRefused(text: String, start: String) {
        let error = #expect(throws: FormatError.self) {
            try ConversationImport.read(Array(text.utf8), format: .snapshot)
        }
        #expect(error?.description.hasPrefix(start) ?? false, "\(error?.description ?? "")")
    }
}
