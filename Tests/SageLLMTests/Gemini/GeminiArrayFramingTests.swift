import NIOCore
import Testing

@testable import SageLLM

struct GeminiArrayFramingTests {
    static let events = "data: {\"a\":1}\n\n: keep-alive\n\ndata: {\"b\":\ndata: 2}\r\n\r\ndata: [DONE]\n\n"

    @Test(arguments: 1...12)
    func everyChunkingMakesTheSameArray(_ size: Int) throws {
        var framing = GeminiArrayFraming()
        var output = GeminiArrayFraming.keepAlive
        let bytes = Array(Self.events.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            try framing.append(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]), to: &output)
        }
        framing.finish(&output)
        #expect(try JSONValue(parsing: output) == [["a": 1], ["b": 2]])
    }

    @Test func anErrorIsTheLastElement() throws {
        var framing = GeminiArrayFraming()
        var output = ByteBuffer()
        try framing.append(buffer("data: {}\n\ndata: {\"cut\""), to: &output)
        framing.fail(buffer(#"{"error":{"code":503}}"#), to: &output)
        framing.finish(&output)
        try framing.append(buffer("data: {}\n\n"), to: &output)
        #expect(try JSONValue(parsing: output) == [[:], ["error": ["code": 503]]])
    }

    @Test func anArrayMayBeEmptyOrHoldTheErrorAlone() throws {
        var output = ByteBuffer()
        var empty = GeminiArrayFraming()
        empty.finish(&output)
        #expect(try JSONValue(parsing: output) == [])
        output = ByteBuffer()
        var failed = GeminiArrayFraming()
        failed.fail(buffer(#"{"error":{}}"#), to: &output)
        #expect(try JSONValue(parsing: output) == [["error": [:]]])
    }
}
