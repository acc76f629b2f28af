import NIOCore
import Testing

@testable import SageLLM

struct GeminiAnswerTests {
    typealias Gemini = GenerateContentTranslation

    static let answer = #"""
        {"responseId":"abc_DEF-12","modelVersion":"gemini-x","candidates":[{"index":0,"content":{"role":"model","parts":[
        {"text":"hm","thought":true,"thoughtSignature":"AA=="},{"text":"so "},{"text":"it is"},{"text":"","thoughtSignature":"BB=="},
        {"functionCall":{"name":"f","args":{"a":1}}},{"functionCall":{"id":"own","name":"g"}}]},"finishReason":"STOP"}],
        "usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"thoughtsTokenCount":5,"totalTokenCount":12}}
        """#

    @Test func anAnswerIsRead() throws {
        let reply = try Gemini.readReply(JSONValue(parsing: Self.answer))
        #expect(reply.id == "abc_DEF-12" && reply.model == "gemini-x")
        #expect(
            reply.choices == [
                NeutralReply.Choice(
                    [
                        .thinking("hm", signature: "gemini:AA=="), .text("so "), .text("it is"),
                        .toolCall(NeutralToolCall(id: "call_abcDEF-12_0", name: "f", arguments: #"{"a":1}"#)),
                        .toolCall(NeutralToolCall(id: "own", name: "g", arguments: "{}")),
                    ], .toolCalls)
            ])
        #expect(reply.usage == TokenCounts(prompt: 3, completion: 9, total: 12, reasoning: 5))
    }

    @Test(
        arguments: [
            ("STOP", .stop, "STOP"), ("MAX_TOKENS", .length, "MAX_TOKENS"), ("SAFETY", .contentFilter, "SAFETY"),
            ("RECITATION", .contentFilter, "SAFETY"), ("BLOCKLIST", .contentFilter, "SAFETY"),
            ("PROHIBITED_CONTENT", .contentFilter, "SAFETY"), ("SPII", .contentFilter, "SAFETY"),
            ("MALFORMED_FUNCTION_CALL", .other("MALFORMED_FUNCTION_CALL"), "MALFORMED_FUNCTION_CALL"),
            ("OTHER", .other("OTHER"), "OTHER"), ("OF_TOMORROW", .other("OF_TOMORROW"), "OTHER"),
        ] as [(String, NeutralStopReason, String)])
    func reasonsGoBothWays(_ word: String, _ reason: NeutralStopReason, _ back: String) {
        #expect(GeminiFinishReason.read(word, hasToolCalls: false) == reason)
        #expect(GeminiFinishReason.write(reason) == back)
    }

    @Test func anAnswerIsWritten() throws {
        let reply = NeutralReply(
            id: "x", model: "m",
            choices: [
                NeutralReply.Choice(
                    [
                        .thinking("hm", signature: nil), .text("a"),
                        .toolCall(NeutralToolCall(id: "i", name: "f", arguments: #"{"n":1}"#)),
                    ], .toolCalls),
                NeutralReply.Choice([.toolCall(NeutralToolCall(id: "i", name: "f", arguments: "{"))], .toolCalls),
            ], usage: TokenCounts(prompt: 1, completion: 5, reasoning: 2))
        #expect(
            Gemini.writeReply(reply, .test)
                == (try JSONValue(
                    parsing: #"""
                        {"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"a"},
                        {"functionCall":{"id":"i","name":"f","args":{"n":1}}}],"role":"model"},"finishReason":"STOP","index":0},
                        {"content":{"parts":[],"role":"model"},"finishReason":"MALFORMED_FUNCTION_CALL","index":1}],
                        "usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":3,"totalTokenCount":6,"thoughtsTokenCount":2},
                        "modelVersion":"alias","responseId":"x"}
                        """#)))
    }

    @Test(arguments: ["{}", "[]", #"{"candidates":[7]}"#, #"{"candidates":[{"content":{"parts":[{"text":7}]}}]}"#])
    func whatIsNoAnswerIsRefused(_ text: String) {
        #expect(throws: TranslationError.self) { try Gemini.readReply(JSONValue(parsing: text)) }
    }

    // MARK: Streams

    static let stream = [
        #"{"responseId":"r","modelVersion":"v","candidates":[{"content":{"parts":[{"text":"hm","thought":true}]}}],"usageMetadata":{"promptTokenCount":3}}"#,
        #"{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":3}}"#,
        #"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"n":1}},"thoughtSignature":"AA=="},{"functionCall":{"id":"own","name":"g"}}]}}]}"#,
        #"{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":7}}"#,
    ]

    static let events: [NeutralStreamEvent] = [
        .start(id: "r", model: "v"), .thinking("hm", choice: 0), .usage(TokenCounts(prompt: 3)), .text("a", choice: 0),
        .toolCallStart(id: "call_r_0", name: "f", index: 0, choice: 0),
        .toolCallSignature("gemini:AA==", index: 0, choice: 0), .toolCallArguments(#"{"n":1}"#, index: 0, choice: 0),
        .toolCallStart(id: "own", name: "g", index: 1, choice: 0), .toolCallArguments("{}", index: 1, choice: 0),
        .finish(.toolCalls, stopSequence: nil, choice: 0), .usage(TokenCounts(prompt: 3, completion: 7)),
    ]

    @Test func aStreamIsRead() throws {
        #expect(try read(Self.stream, Gemini.self) == Self.events)
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        let written = try write(Self.events, Gemini.self)
        let again = try read(written.map(\.dataText), Gemini.self)
        let expected = Self.events.compactMap { event -> NeutralStreamEvent? in
            switch event {
            case .start: .start(id: "r", model: "alias")
            case .usage: nil
            default: event
            }
        }
        #expect(again == expected + [.usage(TokenCounts(prompt: 3, completion: 7, total: 10))])
        #expect(written.allSatisfy { $0.event == nil })
        #expect(GenerateContentInspectionTests.inspect(written.map(\.dataText)).verdict == .complete)
    }

    @Test func fragmentsBecomeOneCall() throws {
        let written = try write(
            [
                .toolCallStart(id: "a", name: "f", index: 0, choice: 0),
                .toolCallArguments("{\"x\":", index: 0, choice: 0),
                .toolCallStart(id: "b", name: "g", index: 1, choice: 0),
                .toolCallArguments("{\"y", index: 1, choice: 0), .toolCallArguments("1}", index: 0, choice: 0),
                .toolCallArguments("\":2}", index: 1, choice: 0), .finish(.toolCalls, stopSequence: nil, choice: 0),
            ], Gemini.self)
        let parts = try written.map { try JSONValue(parsing: $0.data)["candidates"]?[0]?["content"]?["parts"]?[0] }
        #expect(parts.count == 3)
        #expect(parts[0] == ["functionCall": ["id": "a", "name": "f", "args": ["x": 1]]])
        #expect(parts[1] == ["functionCall": ["id": "b", "name": "g", "args": ["y": 2]]])
    }

    @Test func aCallThatIsNoJSONIsSaidToBeMalformed() throws {
        let written = try write(
            [
                .toolCallStart(id: "a", name: "f", index: 0, choice: 0),
                .toolCallArguments("{\"x\":", index: 0, choice: 0),
                .finish(.toolCalls, stopSequence: nil, choice: 0),
            ], Gemini.self)
        #expect(written.count == 1)
        #expect(
            try JSONValue(parsing: written[0].data)["candidates"]?[0]?["finishReason"] == "MALFORMED_FUNCTION_CALL")
    }

    @Test(arguments: 0..<200)
    func everyAnswerIsLegal(_ seed: UInt64) throws {
        var generator = StreamEventGenerator(seed: seed)
        let events = generator.events()
        let written = try write(events, Gemini.self)
        var text = ""
        for event in written {
            let json = try JSONValue(parsing: event.data)
            for candidate in json["candidates"]?.arrayValue ?? [] {
                #expect(candidate["content"]?["role"] == "model")
                for part in candidate["content"]?["parts"]?.arrayValue ?? [] {
                    let keys = part.objectValue?.keys ?? []
                    #expect(keys.contains("text") != keys.contains("functionCall"))
                    if part["functionCall"] != nil { #expect(part["functionCall"]?["args"]?.kind == .object) }
                    if part["thought"] == nil { text += part["text"]?.stringValue ?? "" }
                }
            }
        }
        #expect(text == generator.text)
        // The candidate that ends is the last of what is written.
        let last = try #require(written.last)
        #expect(try JSONValue(parsing: last.data)["candidates"]?[0]?["finishReason"] != nil)
        // Nothing but the word of a filter is no answer.
        let inspection = GenerateContentInspectionTests.inspect(written.map(\.dataText))
        #expect(inspection.verdict == .complete || !inspection.signals.contains(.content))
    }

    @Test(arguments: 0..<300)
    func strangeAnswersAreRefusedOrRead(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let json = try JSONValue(parsing: Self.answer).mutated(&random).mutated(&random)
        if let reply = try? Gemini.readReply(json) { _ = ResponsesTranslation.writeReply(reply, .test) }
        var reader = Gemini.makeStreamReader()
        if let events = try? reader.read(json, event: nil) { _ = try write(events, ResponsesTranslation.self) }
        _ = WireFormat.generateContent.inspect(json.jsonBuffer)
    }
}
