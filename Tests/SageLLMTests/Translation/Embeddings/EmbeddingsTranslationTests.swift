import NIOCore
import Testing

@testable import SageLLM

struct EmbeddingsTranslationTests {
    static func translate(
        _ text: String, _ client: WireFormat, _ provider: WireFormat
    ) throws -> Translator.TranslatedRequest {
        let translator = try #require(Translator(from: client, to: provider))
        return try translator.translate(JSONValue(parsing: text), model: "x", .test)
    }

    @Test func openAIBecomesABatchOfGeminis() throws {
        let translated = try Self.translate(
            #"{"model":"m","input":["a","b"],"dimensions":3,"encoding_format":"base64","user":"u"}"#, .embeddings,
            .batchEmbedContents)
        #expect(
            try JSONValue(parsing: translated.body)
                == (try JSONValue(
                    parsing: #"""
                        {"requests":[{"model":"models/x","content":{"parts":[{"text":"a"}]},"outputDimensionality":3},
                        {"model":"models/x","content":{"parts":[{"text":"b"}]},"outputDimensionality":3}]}
                        """#)))
        #expect(translated.dropped == ["user"])
        let body = try translated.answer.translate(buffer(#"{"embeddings":[{"values":[1,-0.5]},{"values":[0.25,0]}]}"#))
        let json = try JSONValue(parsing: body)
        // Four bytes each, the lowest first.
        #expect(json["data"]?[0]?["embedding"] == "AACAPwAAAL8=")
        #expect(json["data"]?[1]?["index"] == 1 && json["object"] == "list" && json["model"] == "alias")
        #expect(json["usage"] == ["prompt_tokens": 0, "total_tokens": 0])
        #expect(translated.answer.makeStream().map { _ in 1 } == nil)
    }

    @Test(arguments: [("", 7), (#","usageMetadata":{"promptTokenCount":4}"#, 4)])
    func onlyWhatIsNotCountedIsGuessed(usage: String, tokens: Int) throws {
        var context = TranslationContext.test
        context.estimatedTokens = 7
        let translator = try #require(Translator(from: .embeddings, to: .batchEmbedContents))
        let translated = try translator.translate(
            JSONValue(parsing: #"{"model":"m","input":"a"}"#), model: "x", context)
        let body = try translated.answer.translate(buffer(#"{"embeddings":[{"values":[1]}]\#(usage)}"#))
        let count = JSONValue.integer(Int64(tokens))
        #expect(try JSONValue(parsing: body)["usage"] == ["prompt_tokens": count, "total_tokens": count])
    }

    @Test func numbersStayAsTheyAre() throws {
        let translated = try Self.translate(#"{"model":"m","input":"a"}"#, .embeddings, .batchEmbedContents)
        let body = try translated.answer.translate(
            buffer(#"{"embeddings":[{"values":[0.1,1e-7]}],"usageMetadata":{"promptTokenCount":4}}"#))
        let json = try JSONValue(parsing: body)
        #expect(json["data"]?[0]?["embedding"] == [0.1, 1e-7])
        #expect(json["usage"] == ["prompt_tokens": 4, "total_tokens": 4])
    }

    @Test(arguments: [
        #"{"data":[{"index":1,"embedding":[2]},{"index":0,"embedding":[0.1]}]}"#,
        #"{"data":[{"embedding":"zczMPQ=="},{"embedding":"AAAAQA=="}]}"#,
    ])
    func geminiIsAnsweredByOpenAI(_ answer: String) throws {
        let translated = try Self.translate(
            #"""
            {"requests":[{"model":"models/m","content":{"parts":[{"text":"a"}]},"taskType":"X","output_dimensionality":2},
            {"content":{"parts":[{"text":"b"},{"text":"c"}]},"outputDimensionality":2}]}
            """#, .batchEmbedContents, .embeddings)
        #expect(
            try JSONValue(parsing: translated.body)
                == ["model": "x", "input": ["a", "b\nc"], "dimensions": 2, "encoding_format": "float"])
        #expect(translated.dropped == ["requests[].taskType"])
        let body = try translated.answer.translate(buffer(answer))
        #expect(
            try JSONValue(parsing: body) == ["embeddings": [["values": [0.1]], ["values": [2.0]]]]
                || JSONValue(parsing: body) == ["embeddings": [["values": [0.1]], ["values": [2]]]])
    }

    @Test func oneTextIsEmbedded() throws {
        let translated = try Self.translate(
            #"{"content":{"parts":[{"text":"a"}]}}"#, .embedContent, .embeddings)
        #expect(try JSONValue(parsing: translated.body)["input"] == ["a"])
        let body = try translated.answer.translate(buffer(#"{"data":[{"embedding":[1,2]}]}"#))
        #expect(try JSONValue(parsing: body) == ["embedding": ["values": [1, 2]]])
    }

    @Test(
        arguments: [
            RefusalCase("{}", "input", "missing"), RefusalCase(#"{"input":[]}"#, "input", "empty"),
            RefusalCase(#"{"input":[1,2]}"#, "input", "tokens"), RefusalCase(#"{"input":[[1]]}"#, "input[0]", "tokens"),
            RefusalCase(#"{"input":["a",null]}"#, "input[1]", "null"),
            RefusalCase(#"{"input":7}"#, "input", "a number"),
            RefusalCase(#"{"input":"a","encoding_format":"int8"}"#, "encoding_format", "base64"),
            RefusalCase(#"{"input":"a","dimensions":"3"}"#, "dimensions", "an integer"),
        ])
    func whatNoOtherCanEmbedIsRefused(_ example: RefusalCase) {
        let error = #expect(throws: TranslationError.self) {
            try Self.translate(example.input, .embeddings, .batchEmbedContents)
        }
        #expect(error?.parameter == example.parameter)
        #expect(error?.message.contains(example.text) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        (#"{"requests":[]}"#, "requests"), (#"{"requests":[{}]}"#, "requests[0].content"),
        (#"{"requests":[{"content":{"parts":[{"inlineData":{}}]}}]}"#, "requests[0].content.parts[0]"),
        (
            #"{"requests":[{"content":{"parts":[{"text":"a"}]}},{"content":{"parts":[{"text":"a"}]},"outputDimensionality":2}]}"#,
            "requests[1].outputDimensionality"
        ),
    ])
    func whatIsNoBatchIsRefused(_ text: String, _ field: String) {
        let error = #expect(throws: TranslationError.self) {
            try Self.translate(text, .batchEmbedContents, .embeddings)
        }
        #expect(error?.parameter == field)
    }

    @Test(arguments: [
        #"{"embeddings":[]}"#, #"{"embeddings":[{"values":[1]},{"values":[1]}]}"#, #"{"embeddings":[{}]}"#,
        #"{"embeddings":[{"values":["x"]}]}"#, "[]", "{",
    ])
    func anAnswerThatIsNoneIsRefused(_ answer: String) throws {
        let translated = try Self.translate(#"{"input":"a"}"#, .embeddings, .batchEmbedContents)
        #expect(throws: TranslationError.self) { try translated.answer.translate(buffer(answer)) }
    }

    @Test(arguments: ["AAA=", "!", "AACAfw=="])
    func base64ThatHoldsNoNumbersIsRefused(_ text: String) {
        #expect(throws: TranslationError.self) { try EmbeddingVector.base64(text).numbers(at: "x") }
    }

    @Test(arguments: 0..<100)
    func numbersSurviveTheWayThroughBase64(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let values = (0..<8).map { _ in Float.random(in: -2...2, using: &random) }
        let numbers = values.map { JSONValue.double(Double($0.description) ?? 0) }
        let packed = EmbeddingVector.numbers(numbers).base64
        #expect(try EmbeddingVector(packed, at: "x").numbers(at: "x") == .array(numbers))
    }

    @Test func chatsAndEmbeddingsDoNotMix() {
        #expect(Translator(from: .chatCompletions, to: .batchEmbedContents).map { _ in 1 } == nil)
        #expect(Translator(from: .embeddings, to: .generateContent).map { _ in 1 } == nil)
        #expect(Translator(from: .countTokens, to: .countTokens).map { _ in 1 } == nil)
    }
}
