import NIOCore
import Testing

@testable import SageLLM

struct MessagesStreamWriterTests {
    typealias Event = NeutralStreamEvent

    func message(_ events: [Event]) throws -> MessagesLegality {
        try MessagesLegality(write(events, MessagesTranslation.self))
    }

    @Test func everythingComesInOrder() throws {
        let result = try message([
            .start(id: "chatcmpl-1", model: "gpt"), .thinking("h", choice: 0), .thinking("m", choice: 0),
            .text("a", choice: 0), .text("b", choice: 0),
            .toolCallStart(id: "c1", name: "f", index: 0, choice: 0),
            .toolCallArguments(#"{"x":"#, index: 0, choice: 0), .toolCallArguments("1}", index: 0, choice: 0),
            .toolCallStart(id: "c2", name: "g", index: 1, choice: 0),
            .finish(.toolCalls, stopSequence: nil, choice: 0),
            .usage(TokenCounts(prompt: 10, completion: 5, total: 15, cacheRead: 4)),
        ])
        #expect(
            result.blocks == [
                ["type": "thinking", "thinking": "hm", "signature": "sage-unsigned"],
                ["type": "text", "text": "ab"],
                ["type": "tool_use", "id": "c1", "name": "f", "input": ["x": 1]],
                ["type": "tool_use", "id": "c2", "name": "g", "input": [:]],
            ])
        #expect(result.stopReason == "tool_use")
        #expect(
            result.usage == [
                "input_tokens": 6, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 4, "output_tokens": 5,
            ])
    }

    @Test func interleavedCallsAreOrdered() throws {
        let result = try message([
            .start(id: "x", model: "gpt"),
            .toolCallStart(id: "c0", name: "f", index: 0, choice: 0),
            .toolCallStart(id: "c1", name: "g", index: 1, choice: 0),
            .toolCallStart(id: "c2", name: "h", index: 2, choice: 0),
            .toolCallArguments(#"{"a":"}"#, index: 1, choice: 0), .toolCallArguments(#"{"b":"#, index: 0, choice: 0),
            .text("done", choice: 0),
            .toolCallArguments(#"\""}"#, index: 1, choice: 0), .toolCallArguments("[1]}", index: 0, choice: 0),
            .toolCallArguments("{}", index: 2, choice: 0), .finish(.toolCalls, stopSequence: nil, choice: 0),
        ])
        #expect(
            result.blocks == [
                ["type": "tool_use", "id": "c0", "name": "f", "input": ["b": [1]]],
                ["type": "tool_use", "id": "c1", "name": "g", "input": ["a": "}\""]],
                ["type": "tool_use", "id": "c2", "name": "h", "input": [:]],
                ["type": "text", "text": "done"],
            ])
    }

    @Test func fragmentsAreNotHeldBackWithoutNeed() {
        var writer = MessagesStreamWriter(.test)
        var sizes: [Int] = []
        for event: Event in [
            .start(id: "x", model: "m"), .thinking("hm", choice: 0), .text("a", choice: 0),
            .toolCallStart(id: "c", name: "f", index: 0, choice: 0), .toolCallArguments("{", index: 0, choice: 0),
            .toolCallArguments("}", index: 0, choice: 0), .text("b", choice: 0),
        ] {
            var output = ByteBuffer()
            writer.write(event, to: &output)
            sizes.append(output.readableBytes)
        }
        #expect(!sizes.contains(0), "\(sizes)")
    }

    @Test(arguments: [
        ([Event](), "end_turn"), ([.finish(.refusal, stopSequence: nil, choice: 0)], "refusal"),
        ([.refusal("no", choice: 0), .finish(.stop, stopSequence: nil, choice: 0)], "refusal"),
        ([.toolCallStart(id: "c", name: "f", index: 0, choice: 0)], "tool_use"),
        ([.text("a", choice: 0), .finish(.length, stopSequence: nil, choice: 0)], "max_tokens"),
    ])
    func streamEndsWithAReason(_ events: [Event], _ reason: String) throws {
        #expect(try message(events).stopReason == reason)
    }

    @Test func otherChoicesAreNotShown() throws {
        let result = try message([
            .text("a", choice: 1), .finish(.length, stopSequence: nil, choice: 1), .text("b", choice: 0),
        ])
        #expect(result.blocks == [["type": "text", "text": "b"]])
        #expect(result.stopReason == "end_turn")
    }

    @Test func callThatIsNeverCompleteEndsWithAnErrorBeforeItFillsTheMemory() throws {
        var writer = MessagesStreamWriter(.test)
        var output = ByteBuffer()
        writer.write(.toolCallStart(id: "c", name: "f", index: 0, choice: 0), to: &output)
        let text = String(repeating: "x", count: 1 << 20)
        for _ in 0..<10 { writer.write(.text(text, choice: 0), to: &output) }
        writer.finish(&output)
        let events = try ServerSentEventParserTests.parse([output]).events
        #expect(events.last?.event == "error")
        #expect(output.readableBytes < 2_000)
    }

    /// Whatever order a provider's events come in, the stream is one that clients understand.
    @Test(arguments: 0..<400)
    func anySequenceBecomesALegalStream(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var events: [Event] = Bool.random(using: &random) ? [.start(id: "chatcmpl-1", model: "m")] : []
        var texts: [Int: String] = [:]
        var said = ""
        for _ in 0..<Int.random(in: 0...40, using: &random) {
            let index = Int.random(in: 0...3, using: &random)
            let text = ["", "a", "ä\n", #"{"k":"v"}"#, #"{"k":["#, "]}", "\""].randomElement(using: &random) ?? ""
            switch Int.random(in: 0..<12, using: &random) {
            case 0, 1:
                events.append(.text(text, choice: 0))
                said += text
            case 2: events.append(.thinking(text, choice: 0))
            case 3: events.append(.thinkingSignature("s\(index)", choice: 0))
            case 4: events.append(.redactedThinking(text, choice: 0))
            case 5:
                events.append(.refusal(text, choice: 0))
                said += text
            case 6, 7:
                guard texts[index] == nil else { continue }
                texts[index] = ""
                events.append(.toolCallStart(id: "c\(index)", name: "f\(index)", index: index, choice: 0))
            case 8, 9, 10:
                guard texts[index] != nil else { continue }
                texts[index]? += text
                events.append(.toolCallArguments(text, index: index, choice: 0))
            default: events.append(.usage(TokenCounts(prompt: 1, completion: index)))
            }
        }
        if Bool.random(using: &random) { events.append(.finish(.stop, stopSequence: nil, choice: 0)) }
        let result = try message(events)
        #expect(result.blocks.compactMap { $0["text"]?.stringValue }.joined() == said)
        for (index, text) in texts {
            let input = result.blocks.first { $0["id"] == .string("c\(index)") }?["input"]
            // Nothing of a call is lost as long as its fragments do not come behind its own end.
            if let json = try? JSONValue(parsing: text), case .object = json { #expect(input == json) }
            #expect(input != nil)
        }
    }
}
