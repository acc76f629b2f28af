import NIOCore
import Testing

@testable import SageLLM

/// Whatever a provider sends, an inspection ends, and takes nothing for whole that is not.
struct InspectionFuzzTests {
    static let answers: [(WireFormat, String)] = [
        (
            .chatCompletions,
            #"{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"hé\ud83d\ude00"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"#
        ),
        (
            .chatCompletions,
            #"{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#
        ),
        (
            .messages,
            #"{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2}}"#
        ),
        (.countTokens, #"{"input_tokens":14}"#),
        (
            .responses,
            #"{"id":"resp_1","object":"response","status":"completed","error":null,"output":[{"type":"message","id":"m","role":"assistant","status":"completed","content":[{"type":"output_text","text":"hi","annotations":[]}]}],"usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}}"#
        ),
        (
            .generateContent,
            #"{"candidates":[{"content":{"parts":[{"text":"hi"}],"role":"model"},"index":0,"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2,"totalTokenCount":3}}"#
        ),
        (
            .embeddings,
            #"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,-2e-3]}],"model":"m","usage":{"prompt_tokens":2,"total_tokens":2}}"#
        ),
        (.embedContent, #"{"embedding":{"values":[0.1,-2e-3]}}"#),
        (.batchEmbedContents, #"{"embeddings":[{"values":[0.1]},{"values":[2]}]}"#),
    ]

    @Test(arguments: answers)
    func onlyTheWholeAnswerIsComplete(_ format: WireFormat, _ answer: String) {
        #expect(format.inspect(buffer(answer)).verdict == .complete)
        let bytes = [UInt8](answer.utf8)
        for length in 0..<bytes.count {
            guard case .truncated = format.inspect(ByteBuffer(bytes: bytes[..<length])).verdict else {
                Issue.record("\(length) bytes of \(format) are not truncated")
                continue
            }
        }
    }

    @Test(arguments: answers)
    func noMutatedAnswerIsCompleteWithoutBeingJSON(_ format: WireFormat, _ answer: String) {
        var random = SeededGenerator(seed: UInt64(answer.utf8.count))
        let bytes = [UInt8](answer.utf8)
        var completeCount = 0
        for _ in 0..<1_000 {
            let mutated = Mutation.apply(to: bytes, using: &random)
            let inspection = format.inspect(ByteBuffer(bytes: mutated))
            let isJSON = scan(mutated) == nil
            let isRightful =
                switch inspection.verdict {
                case .complete, .failed, .incomplete, .unexpected: isJSON
                case .truncated(let error), .notJSON(let error, _):
                    !isJSON && (0...mutated.count).contains(error.offset)
                }
            // The macro is slow where nothing is wrong.
            if !isRightful || inspection.usage?.billable ?? 0 < 0 {
                Issue.record("\(inspection) for \(String(decoding: mutated, as: UTF8.self))")
            }
            if inspection.verdict == .complete { completeCount += 1 }
        }
        #expect((1..<1_000).contains(completeCount))
    }

    // MARK: Streams

    static let streams: [(WireFormat, String)] = [
        (
            .chatCompletions,
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"h\u{E9}\"}}]}\n\n: ping\n\n"
                + "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
                + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n"
        ),
        (.messages, MessagesText.stream),
        (
            .responses,
            [
                #"{"type":"response.created","response":{"id":"r","status":"in_progress","output":[]}}"#,
                #"{"type":"response.output_text.delta","item_id":"m","output_index":0,"content_index":0,"delta":"hi"}"#,
                #"{"type":"response.completed","response":{"id":"r","status":"completed","output":[],"usage":{"input_tokens":1,"output_tokens":2}}}"#,
            ].map { MessagesText.event($0) }.joined()
        ),
        (
            .generateContent,
            "data: \(GenerateContentInspectionTests.text)\r\n\r\ndata: \(GenerateContentInspectionTests.last)\r\n\r\n"
        ),
    ]

    private struct Watched: Equatable {
        var signals: [StreamSignal] = []
        var verdict: StreamVerdict
        var usage: TokenCounts?
        var finishReasons: [String] = []
    }

    private static func watch(_ format: WireFormat, _ chunks: [ByteBuffer]) throws -> Watched {
        var inspector = try #require(format.makeStreamInspector(expectedChoices: 1))
        let (events, parser) = try ServerSentEventParserTests.parse(chunks)
        // Where the line feed after a carriage return belongs depends on what has arrived.
        let signals = events.map { inspector.inspect($0) }.filter { $0 != .keepAlive }
        return Watched(
            signals: signals, verdict: inspector.verdict(incompleteEvent: parser.incompleteEvent),
            usage: inspector.usage, finishReasons: inspector.finishReasonTexts)
    }

    @Test(arguments: streams)
    func aMutatedStreamIsTheSameInWhateverPiecesItComes(_ format: WireFormat, _ stream: String) throws {
        var random = SeededGenerator(seed: UInt64(stream.utf8.count))
        let bytes = [UInt8](stream.utf8)
        #expect(try Self.watch(format, [ByteBuffer(bytes: bytes)]).verdict == .complete)
        var spoiled = 0
        for _ in 0..<200 {
            let mutated = Mutation.apply(to: bytes, using: &random)
            let whole = try Self.watch(format, [ByteBuffer(bytes: mutated)])
            let cut = try Self.watch(format, Mutation.pieces(of: mutated, using: &random))
            if whole != cut { Issue.record("cut differently: \(String(decoding: mutated, as: UTF8.self))") }
            spoiled += whole.verdict == .complete ? 0 : 1
        }
        #expect(spoiled > 20)
    }

    @Test(arguments: streams)
    func noStreamIsCompleteBeforeItsFinishReason(_ format: WireFormat, _ stream: String) throws {
        let bytes = [UInt8](stream.utf8)
        let reasons = ["\"stop\"", "\"end_turn\"", "\"STOP\"", "\"response.completed\""]
        let finish = try #require(reasons.compactMap { stream.firstRange(of: $0) }.first).upperBound
        for length in 0..<stream.utf8.distance(from: stream.startIndex, to: finish) {
            #expect(try Self.watch(format, [ByteBuffer(bytes: bytes[..<length])]).verdict != .complete)
        }
    }
}
