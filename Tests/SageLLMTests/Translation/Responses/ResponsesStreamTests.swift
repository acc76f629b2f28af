import NIOCore
import Testing

@testable import SageLLM

struct ResponsesStreamTests {
    typealias Responses = ResponsesTranslation

    @Test(arguments: 0..<300)
    func everyStreamIsLegal(_ seed: UInt64) throws {
        var generator = StreamEventGenerator(seed: seed)
        let events = generator.events()
        let written = try write(events, Responses.self)
        let legality = ResponsesLegality(written)
        #expect(legality.problems.isEmpty, "\(legality.problems)")
        #expect(legality.text == generator.text)
        #expect(legality.thoughts == generator.thoughts)
        #expect(legality.arguments.sorted { $0.key < $1.key }.map(\.value) == generator.calls)
        #expect(ResponsesInspectionTests.inspect(written.map(\.dataText)).verdict == .complete)
    }

    @Test(arguments: 0..<100)
    func whatIsWrittenIsReadAgain(_ seed: UInt64) throws {
        var generator = StreamEventGenerator(seed: seed)
        let again = try read(write(generator.events(), Responses.self).map(\.dataText), Responses.self)
        var text = ""
        var thoughts = ""
        var calls: [Int: String] = [:]
        for event in again {
            switch event {
            case .text(let piece, _): text += piece
            case .thinking(let piece, _): thoughts += piece
            case .toolCallArguments(let piece, let index, _): calls[index, default: ""] += piece
            default: break
            }
        }
        #expect(text == generator.text)
        #expect(thoughts == generator.thoughts)
        #expect(calls.sorted { $0.key < $1.key }.map(\.value) == generator.calls)
    }

    @Test(
        arguments: [
            (.stop, "completed", nil), (.toolCalls, "completed", nil), (.stopSequence, "completed", nil),
            (.refusal, "completed", nil), (.length, "incomplete", "max_output_tokens"),
            (.contextWindow, "incomplete", "max_output_tokens"), (.contentFilter, "incomplete", "content_filter"),
        ] as [(NeutralStopReason, String, String?)])
    func theEndTellsWhy(_ reason: NeutralStopReason, _ status: String, _ details: String?) throws {
        let events = try write([.text("a", choice: 0), .finish(reason, stopSequence: nil, choice: 0)], Responses.self)
        let response = ResponsesLegality(events).end?["response"]
        #expect(response?["status"]?.stringValue == status)
        #expect(response?["incomplete_details"]?["reason"]?.stringValue == details)
    }

    @Test func aResponseRepeatsItsRequest() throws {
        let json = try JSONValue(
            parsing: #"{"model":"m","input":"q","instructions":"i","metadata":{"a":"b"},"temperature":0.5}"#)
        let translator = try #require(Translator(from: .responses, to: .generateContent))
        let translated = try translator.translate(json, model: "gemini-x", .test)
        let body = try translated.answer.translate(
            buffer(#"{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}"#))
        let response = try JSONValue(parsing: body)
        #expect(response["instructions"] == "i" && response["metadata"] == ["a": "b"])
        #expect(response["temperature"] == 0.5 && response["store"] == false && response["model"] == "alias")
        #expect(response["output"]?[0]?["content"]?[0]?["text"] == "a")
        #expect(response["status"] == "completed" && response["id"] == "resp_42")
        #expect(WireFormat.responses.inspect(body).verdict == .complete)
        // In a stream too.
        var stream = try #require(translated.answer.makeStream())
        var output = ByteBuffer()
        stream.finish(&output)
        #expect(String(buffer: output).contains(#""metadata":{"a":"b"}"#))
    }

    @Test func signaturesOfCallsStandAtTheirItems() throws {
        let events = try write(
            [
                .toolCallStart(id: "a", name: "f", index: 0, choice: 0),
                .toolCallSignature("gemini:AA", index: 0, choice: 0),
                .toolCallArguments("{}", index: 0, choice: 0), .finish(.toolCalls, stopSequence: nil, choice: 0),
            ], Responses.self)
        let item = try #require(ResponsesLegality(events).end?["response"]?["output"]?[0])
        var request = try Responses.readRequest(["model": "m", "input": [["role": "user", "content": "q"], item]])
        let json = try GenerateContentTranslation.writeRequest(&request)
        #expect(json["contents"]?[1]?["parts"]?[0]?["thoughtSignature"] == "AA")
    }
}
