import HTTPTypes
import NIOCore
import SageResilience
import Testing

@testable import SageLLM

/// Many small mutations of what each parser reads: it never traps, and never depends on how the bytes were cut.
///
/// Short texts, so that twenty thousand a parser take seconds; the other fuzz tests have longer ones.
@Suite(.timeLimit(.minutes(5)))
struct ParserFuzzTests {
    /// How many parts each parser's mutations are made in, side by side.
    static let seeds = 0..<UInt64(4)
    static let rounds = Mutation.rounds(5_000)

    private static let streams = [
        "event: a\ndata: {\"x\":1}\n\n: ping\n\ndata: [DONE]\n\n",
        "data:a\rdata\rid: 1\r\rretry: 9\r\n\r\ndata:b\r\n\r\n",
        "\u{FEFF}data: h\u{E9}\n\nid: \u{0}\ndata\n\n", "data: {\"error\":{\"message\":\"no\"}}\n\n",
    ].map { [UInt8]($0.utf8) }

    @Test(arguments: seeds)
    func eventsAreTheSameInWhateverPiecesTheyCome(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var dispatched = 0
        for _ in 0..<Self.rounds {
            let bytes = Mutation.apply(to: try #require(Self.streams.randomElement(using: &random)), using: &random)
            let whole = try ServerSentEventParserTests.parse([ByteBuffer(bytes: bytes)])
            let cut = try ServerSentEventParserTests.parse(Mutation.pieces(of: bytes, using: &random))
            let events = ServerSentEventParserTests.dispatched(whole.events)
            // The macro is slow where nothing is wrong.
            if events != ServerSentEventParserTests.dispatched(cut.events) { Issue.record("cut differently: \(bytes)") }
            for events in [whole.events, cut.events]
            where !bytes.starts(with: events.flatMap { Array($0.raw.readableBytesView) }) {
                Issue.record("bytes were changed: \(bytes)")
            }
            dispatched += events.count
        }
        #expect(dispatched > Self.rounds / 2)
    }

    private static let answers = [
        "data: {\"candidates\":[{\"x\":\"y\"}]}\n\n: ping\n\ndata: {}\r\n\r\n",
        "data: [1,\ndata: 2]\n\ndata: [DONE]\n\n",
    ].map { [UInt8]($0.utf8) }

    /// What the elements of an array are made of, and whether each is JSON.
    @Test(arguments: seeds)
    func anArrayIsJSONAsOftenAsItsElementsAre(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var valid = 0
        for _ in 0..<Self.rounds {
            let bytes = Mutation.apply(to: try #require(Self.answers.randomElement(using: &random)), using: &random)
            let whole = try Self.framed([ByteBuffer(bytes: bytes)])
            let cut = try Self.framed(Mutation.pieces(of: bytes, using: &random))
            if whole != cut { Issue.record("cut differently: \(bytes)") }
            // What arrives without its end is no event, and no element.
            var parser = ServerSentEventParser()
            parser.append(ByteBuffer(bytes: bytes))
            var elements: [[UInt8]] = []
            while let event = try parser.next() { elements.append(Array(event.data.readableBytesView)) }
            let areValid = elements.allSatisfy { $0.isEmpty || $0 == Array("[DONE]".utf8) || scan($0) == nil }
            if areValid, scan(whole) != nil { Issue.record("no array: \(bytes)") }
            valid += areValid ? 1 : 0
        }
        #expect((Self.rounds / 20..<Self.rounds).contains(valid))
    }

    private static func framed(_ pieces: [ByteBuffer]) throws -> [UInt8] {
        var framing = GeminiArrayFraming()
        var output = ByteBuffer()
        for piece in pieces { try framing.append(piece, to: &output) }
        framing.finish(&output)
        return Array(output.readableBytesView)
    }

    private static let envelopes = [
        #"{"error":{"message":"no","type":"t","param":null,"code":429}}"#,
        #"{"type":"error","error":{"type":"overloaded_error","message":"no"},"request_id":"r"}"#,
        #"[{"error":{"code":503,"message":"no","status":"UNAVAILABLE","details":[{"retryDelay":"3s"}]}}]"#,
        #"{"detail":[{"msg":"x","loc":["a",1]}],"message":"try again in 2s","code":"q"}"#,
        "<html><title>502 Bad Gateway</title></html>",
    ].map { [UInt8]($0.utf8) }

    @Test(arguments: seeds)
    func errorsHaveBoundsAndAClass(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<Self.rounds {
            let bytes = Mutation.apply(to: try #require(Self.envelopes.randomElement(using: &random)), using: &random)
            let status = [200, 400, 404, 429, 500, 503, 529].randomElement(using: &random) ?? 500
            let error = ProviderError.answer(target: "a/b", status: status, headers: [:], body: bytes, now: 0)
            if error.message.isEmpty || error.message.utf8.count > ProviderError.maximumMessageBytes
                || error.message.unicodeScalars.contains(where: { $0.value < 0x20 })
            {
                Issue.record("\(error.message) for \(String(decoding: bytes, as: UTF8.self))")
            }
            if case .wait(let wait) = error.classification.hint, wait < .zero { Issue.record("\(wait) for \(bytes)") }
            if (try? OpenAIErrorEnvelope(parsing: bytes)) != nil, scan(bytes) != nil {
                Issue.record("no JSON: \(bytes)")
            }
        }
    }

    private static let bodies = [
        #"{"model":"m","messages":[{"role":"user","content":"h\u00e9"}],"stream":true,"n":1}"#,
        #" {"max_tokens":1e2 , "model" : "a\/b","x":[{},[-0.5e-7,null]],"model":"c"}"#,
    ].map { [UInt8]($0.utf8) }

    @Test(arguments: seeds)
    func theIndexOfABodyAgreesWithItsValue(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var valid = 0
        for _ in 0..<Self.rounds {
            let bytes = Mutation.apply(to: try #require(Self.bodies.randomElement(using: &random)), using: &random)
            let body = ByteBuffer(bytes: bytes)
            let index = try? JSONObjectIndex(of: ["model", "stream", "n"], in: body)
            let value = try? JSONValue(parsing: body)
            var isObject = false
            if case .object? = value { isObject = true }
            if (index != nil) != isObject { Issue.record("\(String(decoding: bytes, as: UTF8.self))") }
            guard let index, index.repeatedKey == nil else { continue }
            valid += 1
            if case .string(let name)? = value?["model"], index.string("model", in: body) != name {
                Issue.record("\(name) in \(String(decoding: bytes, as: UTF8.self))")
            }
        }
        #expect((Self.rounds / 50..<Self.rounds).contains(valid))
    }
}
