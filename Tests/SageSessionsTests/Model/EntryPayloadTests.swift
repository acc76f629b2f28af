import SageSessions
import SageTesting
import Testing

struct EntryPayloadTests {
    static let message = Message(
        role: .assistant,
        parts: [
            .text("a \"b\" \\ \n é 🙂"), .image(ImagePart(mediaType: "image/png", source: .data("AAAA"))),
            .image(ImagePart(source: .url("https://example.com/a.png"))), .thinking(text: "hm", signature: "s"),
            .thinking(text: "hm", signature: nil), .toolCall(ToolCall(id: "c", name: "f", arguments: "{\"a\": ")),
            .toolResult(ToolResult(callID: "c", text: "", isError: true)),
            .raw(format: "openai", json: JSONText.emptyObject),
        ], name: "n", isInterrupted: true)
    static let payloads: [EntryPayload] = [
        .message(message), .message(Message(role: .user, parts: [])), .turnBegan(turn: "t"),
        .turnBegan(turn: "t", idempotencyKey: "k", fingerprint: "f", model: "m"), .partial(turn: "t", text: "p"),
        .toolStarted(turn: "t", call: ToolCall(id: "c", name: "f"), isRepeatable: true),
        .toolStarted(turn: "t", call: ToolCall(id: "c", name: "f"), isRepeatable: false),
        .toolFinished(turn: "t", result: ToolResult(callID: "c", text: "r")),
        .turnEnded(TurnEnd(turn: "t", outcome: .cancelled)),
        .turnEnded(
            TurnEnd(
                turn: "t", answer: message, outcome: .failed, model: "m", target: "p/m",
                usage: Usage(inputTokens: 1, outputTokens: .max, cachedInputTokens: 0), stopReason: "s", error: "e")),
        .interrupted(turn: "t", reason: "r"), .repair(kind: "k", detail: "d"), .compactionUndone(7),
        .compaction(summary: message, covers: 1...9), .forked(from: "x", seq: 3),
        .imported(format: "snapshot", extra: JSONText.null), .note(JSONText.emptyObject),
    ]

    @Test(arguments: payloads)
    func everyKindComesBackAsItWas(payload: EntryPayload) throws {
        let bytes = payload.jsonBytes
        let back = try EntryPayload(jsonBytes: bytes)
        #expect(back == payload)
        #expect(back.jsonBytes == bytes)
        #expect(back.kind == payload.kind)
    }

    @Test(arguments: payloads)
    func keysAreSortedAndUnique(payload: EntryPayload) throws {
        func check(_ node: JSONNode) {
            if case .object(let fields) = node {
                let keys = fields.map { Array($0.key.utf8) }
                #expect(zip(keys, keys.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
                for field in fields { check(field.value) }
            }
            if case .array(let elements) = node { for element in elements { check(element) } }
        }
        check(try JSONNode(parsing: payload.jsonBytes))
    }

    @Test func theBytesAreThose() {
        let payload = EntryPayload.toolStarted(turn: "t", call: ToolCall(id: "c", name: "f"), isRepeatable: true)
        let text = #"{"call":{"arguments":"{}","id":"c","name":"f"},"kind":"toolStarted","repeatable":true,"turn":"t"}"#
        #expect(String(decoding: payload.jsonBytes, as: UTF8.self) == text)
    }

    @Test func aKindOfALaterVersionIsKept() throws {
        let text = #"{"kind":"telepathy","z":[1.50,{"b":1,"a":2}],"a":null}"#
        let payload = try EntryPayload(jsonBytes: Array(text.utf8))
        #expect(payload.kind == "telepathy")
        #expect(String(decoding: payload.jsonBytes, as: UTF8.self) == text)
    }

    @Test func aPartOfALaterVersionIsKeptAsItIs() throws {
        let text = #"{"kind":"message","message":{"parts":[{"type":"smell","of":"roses"}],"role":"user"}}"#
        guard case .message(let message) = try EntryPayload(jsonBytes: Array(text.utf8)) else {
            Issue.record("no message")
            return
        }
        #expect(message.parts == [.raw(format: "sage", json: try JSONText(#"{"type":"smell","of":"roses"}"#))])
    }

    @Test(
        arguments: [
            ("", "the payload"), ("[]", "the payload"), ("{}", "kind"), (#"{"kind":7}"#, "kind"),
            (#"{"kind":"message"}"#, "message"), (#"{"kind":"message","message":{"parts":[]}}"#, "message.role"),
            (#"{"kind":"message","message":{"parts":[],"role":"king"}}"#, "message.role"),
            (#"{"kind":"message","message":{"parts":{},"role":"user"}}"#, "message.parts"),
            (#"{"kind":"message","message":{"parts":[{"type":"text"}],"role":"user"}}"#, "message.parts[0].text"),
            (#"{"kind":"compaction","first":9,"last":1,"summary":{"parts":[],"role":"user"}}"#, "last"),
            (#"{"kind":"turnEnded","turn":"t","outcome":"maybe"}"#, "outcome"),
            (#"{"kind":"turnEnded","turn":"t","outcome":"failed","usage":{"inputTokens":"1"}}"#, "usage.inputTokens"),
        ])
    func whatCannotBeReadNamesTheField(text: String, field: String) {
        let error = #expect(throws: PayloadError.self) { try EntryPayload(jsonBytes: Array(text.utf8)) }
        #expect(error?.description.hasPrefix(field) ?? false, "\(error?.description ?? "")")
    }

    @Test func anEntryThatSaysAnotherKindIsRefused() {
        let entry = LogEntry(
            seq: 1, id: "a", kind: "note", payload: EntryPayload.message(Self.message).jsonBytes, epoch: 0, createdAt: 0
        )
        #expect(throws: PayloadError.self) { try entry.decoded() }
    }

    @Test func textsThatDifferInNormalisationAloneAreDifferent() {
        let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
        #expect(Message(.user, composed) != Message(.user, decomposed))
        #expect(ToolCall(id: composed, name: "f") != ToolCall(id: decomposed, name: "f"))
        #expect(ToolResult(callID: composed, text: "") != ToolResult(callID: decomposed, text: ""))
        let entries = [composed, decomposed].map {
            LogEntry(seq: 1, id: $0, kind: "note", payload: [], epoch: 0, createdAt: 0)
        }
        #expect(entries[0] != entries[1])
        #expect(entries[0].checksum != entries[1].checksum)
    }

    @Test func mutatedPayloadsNeverCrash() {
        var random = SeededGenerator(seed: 6)
        for payload in Self.payloads {
            for _ in 0..<200 {
                let bytes = random.mutate(payload.jsonBytes)
                if let read = try? EntryPayload(jsonBytes: bytes) {
                    // What can be read can be written and read again.
                    #expect((try? EntryPayload(jsonBytes: read.jsonBytes))?.jsonBytes == read.jsonBytes)
                }
            }
        }
    }
}
