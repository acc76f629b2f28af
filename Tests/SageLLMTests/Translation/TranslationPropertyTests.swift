import NIOCore
import Testing

@testable import SageLLM

struct TranslationPropertyTests {
    typealias Chat = ChatCompletionsTranslation
    typealias Messages = MessagesTranslation

    @Test(arguments: 0..<300)
    func chatCompletionIsReadAndWrittenWithoutAChange(_ seed: UInt64) throws {
        var generator = ChatRequestGenerator(seed: seed)
        let json = generator.request()
        var request = try Chat.readRequest(json)
        #expect(try Chat.writeRequest(&request) == json)
        #expect(request.dropped.isEmpty)
    }

    /// What a message has become is read again as what it was, apart from what Anthropic cannot say.
    @Test(arguments: 0..<300)
    func conversationSurvivesTheWayThroughAnthropic(_ seed: UInt64) throws {
        var generator = ChatRequestGenerator(seed: seed)
        guard case .object(var object) = generator.request() else { return }
        object["n"] = nil
        object["response_format"] = nil
        var request = try Chat.readRequest(.object(object))
        let before = request
        var again = try Messages.readRequest(Messages.writeRequest(&request))
        #expect(again.system == before.system)
        #expect(again.tools == before.tools)
        #expect(again.stopSequences == before.stopSequences)
        #expect(again.user == before.user)
        #expect(again.isStream == before.isStream)
        #expect(before.tools.isEmpty || before.toolChoice == nil || again.toolChoice == before.toolChoice)
        #expect(Self.said(again) == Self.said(before))
        // And once more, now in the words of Anthropic, without any change.
        let first = try Messages.writeRequest(&again)
        var third = try Messages.readRequest(first)
        #expect(try Messages.writeRequest(&third) == first)
    }

    /// Who said what, without regard to where one message ends and the next begins.
    private static func said(_ request: NeutralRequest) -> [NeutralMessage] {
        var turns: [NeutralMessage] = []
        for message in request.messages where !message.parts.isEmpty {
            if turns.last?.role == message.role {
                turns[turns.count - 1].parts += message.parts
            } else {
                turns.append(NeutralMessage(message.role, message.parts))
            }
        }
        return turns.map { turn in
            func isResult(_ part: NeutralPart) -> Bool { if case .toolResult = part { true } else { false } }
            let parts = turn.parts.filter(isResult) + turn.parts.filter { !isResult($0) }
            return NeutralMessage(turn.role, parts)
        }
    }

    @Test(arguments: 0..<300)
    func brokenRequestIsRefusedOrTranslatedButNeverCrashes(_ seed: UInt64) throws {
        var generator = ChatRequestGenerator(seed: seed)
        var json = generator.request()
        var refusals = 0
        for _ in 0..<20 {
            json = json.mutated(&generator.random)
            for client in [Chat.self, Messages.self] as [any ChatTranslation.Type] {
                for provider in [Chat.self, Messages.self] as [any ChatTranslation.Type] {
                    do {
                        var request = try client.readRequest(json)
                        // What is written must be JSON.
                        _ = try JSONValue(parsing: provider.writeRequest(&request).jsonBytes)
                    } catch let error as TranslationError {
                        refusals += 1
                        #expect(!error.message.isEmpty)
                        #expect(error.description.utf8.count < 1_000)
                    }
                }
            }
        }
        #expect(refusals > 0)
    }

    static let replies: [String] = (ReplyTranslationTests.toChat + ReplyTranslationTests.toMessages).map(\.input)

    @Test(arguments: 0..<200)
    func brokenReplyIsRefusedOrTranslatedButNeverCrashes(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var json = try JSONValue(parsing: try #require(Self.replies.randomElement(using: &random)))
        for _ in 0..<20 {
            json = json.mutated(&random)
            for provider in [Chat.self, Messages.self] as [any ChatTranslation.Type] {
                guard let reply = try? provider.readReply(json) else { continue }
                for client in [Chat.self, Messages.self] as [any ChatTranslation.Type] {
                    #expect(throws: Never.self) { try JSONValue(parsing: client.writeReply(reply, .test).jsonBytes) }
                }
            }
        }
    }

    @Test(arguments: 0..<200)
    func brokenStreamIsRefusedOrTranslatedIntoALegalOne(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let isChat = seed % 2 == 0
        let text = isChat ? StreamTranslationTests.chat : StreamTranslationTests.messages
        let provider: any ChatTranslation.Type = isChat ? Chat.self : Messages.self
        var reader = provider.makeStreamReader()
        var events: [NeutralStreamEvent] = []
        for event in try ServerSentEventParserTests.parse([buffer(text)]).events where event.dataText != "[DONE]" {
            var json = try JSONValue(parsing: event.data)
            if Int.random(in: 0..<4, using: &random) == 0 { json = json.mutated(&random) }
            // The exchange ends at the first error; what came before must be sound.
            guard let more = try? reader.read(json, event: event.event) else { break }
            events += more
        }
        _ = try MessagesLegality(write(events, Messages.self))
        for event in try write(events, Chat.self) where event.dataText != "[DONE]" {
            _ = try JSONValue(parsing: event.data)
        }
    }

    /// Bytes that were damaged on the way end in an error or a verdict, never in a crash or an endless loop.
    @Test(arguments: 0..<300)
    func damagedBytesOfAStreamHaveAVerdict(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var bytes = Array(StreamTranslationTests.messages.utf8)
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let position = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: position)
            default: bytes.removeLast(min(bytes.count - 1, Int.random(in: 0..<64, using: &random)))
            }
        }
        let (events, parser) = try ServerSentEventParserTests.parse([ByteBuffer(bytes: bytes)])
        var inspector = MessagesStreamInspector()
        var isBroken = false
        for event in events {
            switch inspector.inspect(event) {
            case .malformed, .error: isBroken = true
            default: break
            }
        }
        switch inspector.verdict(incompleteEvent: parser.incompleteEvent) {
        case .malformed, .failed: #expect(isBroken)
        case .complete, .truncated: #expect(!isBroken)
        }
    }
}
