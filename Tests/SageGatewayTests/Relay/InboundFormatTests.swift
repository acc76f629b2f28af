import HTTPTypes
import NIOCore
import SageLLM
import Testing

@testable import SageGateway

/// What is read of a request in each format, and what is refused.
struct InboundFormatTests {
    private func read(
        _ format: WireFormat, _ body: String, path: InboundRequest.PathParameters? = nil
    ) throws -> InboundRequest {
        try InboundRequest(format, headers: [:], body: ByteBuffer(string: body), path: path, id: "test")
    }

    private let path = InboundRequest.PathParameters(model: "g", isStream: true)

    @Test func everyFormatTellsItsModel() throws {
        for (format, body) in [
            (.responses, #"{"model":"m","input":"hi","stream":true,"max_output_tokens":7}"#),
            (.messages, #"{"model":"m","messages":[{}],"stream":true,"max_tokens":7}"#),
            (
                .chatCompletions,
                #"{"model":"m","messages":[{}],"stream":true,"max_completion_tokens":7,"max_tokens":9}"#
            ),
        ] as [(WireFormat, String)] {
            let request = try read(format, body)
            #expect(request.model == "m")
            #expect(request.isStream)
            #expect(request.maxTokens == 7)
        }
        #expect(try read(.embeddings, #"{"model":"m","input":[1,2]}"#).model == "m")
        #expect(try !read(.countTokens, #"{"model":"m","messages":[{}]}"#).isStream)
        let gemini = try read(.generateContent, #"{"contents":[{}]}"#, path: path)
        #expect(gemini.model == "g")
        #expect(gemini.isStream)
    }

    @Test(
        arguments: [
            (.responses, #"{"model":"m"}"#, "input"), (.responses, #"{"model":"m","input":7}"#, "input"),
            (.embeddings, #"{"model":"m","input":""}"#, "input"), (.embeddings, #"{"input":"x"}"#, "model"),
            (.messages, #"{"model":"m","messages":[]}"#, "messages"),
            (.messages, #"{"model":"m","messages":[{}],"max_tokens":-1}"#, "max_tokens"),
            (.messages, #"{"model":"m","messages":[{}],"stream":"yes"}"#, "stream"),
            (.countTokens, #"{"model":"m"}"#, "messages"),
        ] as [(WireFormat, String, String)])
    func whatIsMissingOrOfAWrongTypeIsNamed(_ format: WireFormat, _ body: String, _ field: String) throws {
        let error = #expect(throws: GatewayError.self) { _ = try read(format, body) }
        #expect(error?.status == 400)
        #expect(error?.parameter == field)
    }

    @Test(arguments: [#"{"contents":[]}"#, "{}", #"{"contents":"hi"}"#])
    func geminisContentsAreNeeded(_ body: String) {
        let error = #expect(throws: GatewayError.self) { _ = try read(.generateContent, body, path: path) }
        #expect(error?.parameter == "contents")
    }

    @Test func theModelsNameIsReplacedAndAllElseStays() throws {
        let responses = try read(.responses, #"{ "input":"hi", "model":"m", "x":1.0e5 }"#)
        #expect(String(buffer: responses.body(forModel: "n")) == #"{ "input":"hi", "model":"n", "x":1.0e5 }"#)
        let batch = try read(
            .batchEmbedContents, #"{"requests":[{"model":"models/g","content":{}}]}"#, path: path)
        #expect(
            String(buffer: batch.body(forModel: "e")) == #"{"requests":[{"model":"models/e","content":{}}]}"#)
        let generate = try read(.generateContent, #"{"contents":[{}]}"#, path: path)
        #expect(generate.body(forModel: "other") == generate.body)
    }

    @Test(
        arguments: [
            ("a%2Fb", "a/b"), ("plain", "plain"), ("%", "%"), ("%2", "%2"), ("%zz", "%zz"), ("100%25", "100%"),
            ("%C3%A4", "ä"), ("%ff", "\u{FFFD}"),
        ])
    func percentEncodingIsRead(_ encoded: String, _ text: String) {
        #expect(encoded.percentDecoded == text)
    }
}
