import Foundation
import Testing

@testable import SageLLM

struct SimulatedEmbeddingTests {
    private static func product(_ left: String, _ right: String) -> Float {
        let (left, right) = (
            SimulatedEmbedding(left, dimensions: 256).values, SimulatedEmbedding(right, dimensions: 256).values
        )
        return zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
    }

    private static func reply(_ request: String) throws -> JSONValue {
        try SimulatedEmbeddingsReply(to: JSONValue(parsing: request)).json
    }

    @Test(arguments: ["", "one", "one two three", "é 漢字 😀", "?!"], [1, 8, 1_536])
    func everyEmbeddingHasLengthOne(_ text: String, _ dimensions: Int) {
        let values = SimulatedEmbedding(text, dimensions: dimensions).values
        #expect(values.count == dimensions)
        #expect(abs(values.reduce(0) { $0 + $1 * $1 } - 1) < 1e-4)
    }

    @Test func theSameWordsGiveTheSameOnEveryMachine() {
        #expect(
            SimulatedEmbedding("Snow in Oslo", dimensions: 64) == SimulatedEmbedding("snow, in oslo!", dimensions: 64))
        let places = SimulatedEmbedding("oslo", dimensions: 64).values.enumerated().filter { $1 != 0 }.map(\.offset)
        #expect(places == [3, 5, 18, 24, 29, 39, 48, 51])
    }

    @Test func textsThatShareWordsAreNear() {
        #expect(Self.product("the weather in oslo", "weather of oslo") > 0.4)
        #expect(abs(Self.product("the weather in oslo", "quarterly revenue grew")) < 0.3)
    }

    @Test func bothEncodingsCarryTheSameNumbers() throws {
        let floats = try Self.reply(#"{"model":"m","input":"hello world","dimensions":16}"#)
        let encoded = try Self.reply(#"{"model":"m","input":"hello world","dimensions":16,"encoding_format":"base64"}"#)
        let numbers = try #require(floats["data"]?[0]?["embedding"]?.arrayValue).map { Float($0.doubleValue ?? .nan) }
        let bytes = try #require(Data(base64Encoded: encoded["data"]?[0]?["embedding"]?.stringValue ?? ""))
        #expect(bytes.count == 64)
        let decoded = (0..<16).map { index in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[index * 4 + $1]) << UInt32($1 * 8) })
        }
        #expect(decoded == numbers)
    }

    @Test(arguments: [
        (#""hello world""#, 1, 3), (#"["a b","c"]"#, 2, 3), ("[1,2,3]", 1, 3), ("[[1,2],[3]]", 2, 3),
    ])
    func everyFormOfInputIsRead(_ input: String, _ count: Int, _ tokens: Int) throws {
        let reply = try Self.reply(#"{"model":"m","input":\#(input),"dimensions":4}"#)
        #expect(reply["data"]?.arrayValue?.map { $0["index"]?.intValue } == Array(0..<count))
        #expect(reply["usage"]?["prompt_tokens"]?.intValue == tokens)
        #expect(reply["usage"]?["total_tokens"]?.intValue == tokens)
    }

    @Test(arguments: [
        ("text-embedding-3-small", 1_536), ("text-embedding-3-large", 3_072), ("BAAI/bge-m3", 1_024),
        ("gemini-embedding-001", 3_072),
    ])
    func aModelHasItsDimensions(_ model: String, _ dimensions: Int) throws {
        let reply = try Self.reply(#"{"model":"\#(model)","input":"x"}"#)
        #expect(reply["data"]?[0]?["embedding"]?.arrayValue?.count == dimensions)
    }

    @Test(arguments: [
        (#"{"input":"x"}"#, "model is missing"), (#"{"model":"m"}"#, "input is missing"),
        (#"{"model":"m","input":""}"#, "input is a string"), (#"{"model":"m","input":[]}"#, "input is an array"),
        (#"{"model":"m","input":["a",""]}"#, "input[1] is a string"), (#"{"model":"m","input":[1,"a"]}"#, "input[0]"),
        (#"{"model":"m","input":[[1],[]]}"#, "input[1] is an array"), (#"{"model":"m","input":[1.5]}"#, "input[0]"),
        (#"{"model":"m","input":"x","dimensions":0}"#, "dimensions is a number; allowed is an integer from 1 to 8192"),
        (#"{"model":"m","input":"x","dimensions":"8"}"#, "dimensions is a string"),
        (
            #"{"model":"m","input":"x","encoding_format":"hex"}"#,
            "encoding_format is a string; allowed is float or base64"
        ),
    ])
    func aWrongRequestIsNamed(_ request: String, _ message: String) throws {
        let error = try #require(throws: JSONFieldError.self) { try Self.reply(request) }
        #expect(error.description.hasPrefix(message))
    }
}
