import SageSessions
import Testing

struct TextCleanerTests {
    @Test(
        arguments: [
            ([0x61, 0x62], "ab", 0, 0), ([0x61, 0, 0x62, 0], "ab", 2, 0), ([0xFF], "\u{FFFD}", 0, 1),
            ([0xED, 0xA0, 0x80, 0x61], "\u{FFFD}\u{FFFD}\u{FFFD}a", 0, 3), ([0xF0, 0x9F, 0x99], "\u{FFFD}", 0, 1),
            ([0xC0, 0x80], "\u{FFFD}\u{FFFD}", 0, 2), ([0xEF, 0xBF, 0xBD, 0xFF, 0], "\u{FFFD}\u{FFFD}", 1, 1),
            ([], "", 0, 0), ([0xEF, 0xBF, 0xBD], "\u{FFFD}", 0, 0),
        ] as [([UInt8], String, Int, Int)])
    func cleansBytes(bytes: [UInt8], expected: String, nuls: Int, replacements: Int) {
        let (text, report) = TextCleaner.clean(bytes: bytes)
        #expect(text == expected)
        #expect(report == CleaningReport(removedNULs: nuls, replacements: replacements))
    }

    @Test func aCleanTextIsUntouched() {
        var text = "cafe\u{301} \u{FFFD} \u{1}\u{7F}\r\n  "
        let before = Array(text.utf8)
        #expect(TextCleaner.clean(&text).isEmpty)
        #expect(Array(text.utf8) == before)
    }

    @Test func cleansAllTextsOfAMessageAndNoIDs() throws {
        var message = Message(
            role: .assistant,
            parts: [
                .text("a\0b"), .thinking(text: "\0", signature: "s\0"),
                .toolCall(ToolCall(id: "i\0", name: "n\0", arguments: #"{"a\u0000":"\ud800","b":["\u0000\u0000"]}"#)),
                .toolResult(ToolResult(callID: "i\0", text: "\0")),
                .raw(format: "x", json: try JSONText(#"{"k":"\u0000"}"#)),
                .image(ImagePart(source: .url("u\0"))),
            ], name: "n\0")
        let report = TextCleaner.clean(&message)
        #expect(report == CleaningReport(removedNULs: 10, replacements: 1))
        let expected = Message(
            role: .assistant,
            parts: [
                .text("ab"), .thinking(text: "", signature: "s\0"),
                .toolCall(ToolCall(id: "i\0", name: "n", arguments: #"{"a":"\#u{FFFD}","b":[""]}"#)),
                .toolResult(ToolResult(callID: "i\0", text: "")),
                .raw(format: "x", json: try JSONText(#"{"k":""}"#)), .image(ImagePart(source: .url("u"))),
            ], name: "n")
        #expect(message == expected)
        #expect(TextCleaner.clean(&message).isEmpty)
    }

    @Test func argumentsThatAreCleanOrBrokenKeepTheirBytes() {
        for arguments in [#"{ "a" : "\u0041\n" }"#, #"{"a": "\u00"#, "not json \\"] {
            var message = Message(
                role: .assistant, parts: [.toolCall(ToolCall(id: "i", name: "n", arguments: arguments))])
            #expect(TextCleaner.clean(&message).isEmpty)
            #expect(message.toolCalls[0].arguments == arguments)
        }
    }

    @Test func aMessageOf50MBIsRefusedWithItsSize() {
        let message = Message(.user, String(repeating: "x", count: 50_000_000))
        let error = #expect(throws: MessageSizeError.self) { try MessageLimits().check(message) }
        #expect(error?.description == "message has 50000000 bytes; allowed are at most 16777216")
        #expect(throws: Never.self) { try MessageLimits(maximumBytes: 50_000_000).check(message) }
    }

    @Test func tooManyPartsAreRefused() {
        let message = Message(role: .user, parts: Array(repeating: .text("a"), count: 3))
        let error = #expect(throws: MessageSizeError.self) { try MessageLimits(maximumParts: 2).check(message) }
        #expect(error?.description == "message.parts has 3 parts; allowed are at most 2")
    }
}

struct SessionIdentifierTests {
    @Test(
        arguments: [
            "a", " ", "../../etc/passwd", "a/b", "'; DROP TABLE x; --", "🙂", "caf\u{E9}", "cafe\u{301}", "\n", "%00",
            String(repeating: "x", count: 1_024),
        ])
    func anyTextIsAnID(id: String) {
        #expect(throws: Never.self) { try SessionIdentifier.check(id) }
    }

    @Test(
        arguments: [
            ("", "session_id is empty"), ("a\0b", "session_id has a NUL character at byte 1"),
            (String(repeating: "é", count: 513), "session_id has 1026 bytes"),
        ])
    func refusesWhatIsNone(id: String, start: String) {
        let error = #expect(throws: IdentifierError.self) { try SessionIdentifier.check(id) }
        #expect(error?.description == start + "; allowed is any text of 1 to 1024 bytes without NUL")
    }
}
