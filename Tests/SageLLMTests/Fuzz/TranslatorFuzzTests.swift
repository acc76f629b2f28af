import NIOCore
import Testing

@testable import SageLLM

/// Mutated events of every provider's stream, translated for every client: what comes out is a stream of JSON, or the
/// translator refuses what came in.
@Suite(.timeLimit(.minutes(5)))
struct TranslatorFuzzTests {
    private static let formats: [WireFormat] = [.chatCompletions, .messages, .responses, .generateContent]
    static let pairs = formats.flatMap { client in
        formats.filter { $0.dialect != client.dialect }.map { (client, $0) }
    }
    /// For each of the ten pairs.
    static let rounds = Mutation.rounds(2_000)

    private static let requests: [WireFormat: String] = [
        .chatCompletions:
            #"{"messages":[{"role":"user","content":"hi"}],"stream":true,"stream_options":{"include_usage":true}}"#,
        .messages: #"{"max_tokens":9,"messages":[{"role":"user","content":"hi"}],"stream":true}"#,
        .responses: #"{"input":"hi","stream":true}"#, .generateContent: #"{"contents":[{"parts":[{"text":"hi"}]}]}"#,
    ]

    /// The events of a provider's stream.
    private static func events(_ format: WireFormat) throws -> [ServerSentEvent] {
        let text =
            switch format {
            case .chatCompletions: StreamTranslationTests.chat
            case .messages: StreamTranslationTests.messages
            default: try #require(InspectionFuzzTests.streams.first { $0.0 == format }).1
            }
        return try ServerSentEventParserTests.parse([buffer(text)]).events.filter(\.isDispatched)
    }

    @Test(arguments: pairs)
    func aMutatedEventIsTranslatedOrRefused(_ client: WireFormat, _ provider: WireFormat) throws {
        var random = SeededGenerator(seed: UInt64("\(client)".utf8.count * 100 + "\(provider)".utf8.count))
        let translator = try #require(Translator(from: client, to: provider))
        let request = try JSONValue(parsing: try #require(Self.requests[client]))
        let translation = try translator.translate(request, model: "m", .test).answer
        let events = try Self.events(provider)
        var (translated, refused) = (0, 0)
        for _ in 0..<Self.rounds {
            var stream = try #require(translation.makeStream())
            // From anywhere to the end: a stream may also begin in the middle.
            let start = Int.random(in: 0..<events.count, using: &random)
            let end = min(events.count, start + Int.random(in: 1...4, using: &random))
            let victim = Int.random(in: start..<end, using: &random)
            var output = ByteBuffer()
            do throws(TranslationError) {
                for position in start..<end {
                    var event = events[position]
                    if position == victim {
                        let bytes = Mutation.apply(to: Array(event.data.readableBytesView), using: &random)
                        event.data = ByteBuffer(bytes: bytes)
                    }
                    try stream.translate(event, to: &output)
                }
                stream.finish(&output)
                translated += 1
            } catch {
                refused += 1
            }
            for event in try ServerSentEventParserTests.parse([output]).events where event.isDispatched {
                let data = Array(event.data.readableBytesView)
                if scan(data) != nil, data != Array("[DONE]".utf8) {
                    Issue.record("not JSON: \(event.dataText) for \(events[victim].dataText)")
                }
            }
        }
        #expect(translated > Self.rounds / 50)
        #expect(refused > Self.rounds / 10)
    }
}
