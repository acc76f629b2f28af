import SageLLM
import Testing

@testable import SageMock

struct EmbeddingsTests {
    private let body = #"{"model":"m","input":["a","b"],"dimensions":8}"#

    @Test func embeddingsAreListed() {
        let reply = OpenAIShape().answer(body, path: "/v1/embeddings")
        #expect(reply.status == 200)
        #expect(reply.json?["data"]?.arrayValue?.count == 2)
        #expect(reply.json?["data"]?[1]?["embedding"]?.arrayValue?.count == 8)
    }

    @Test func anErrorCanStandInTheirPlace() {
        var options = ReplyOptions()
        options.inBandError = .init()
        let reply = OpenAIShape().answer(body, path: "/v1/embeddings", options: options)
        #expect(reply.status == 200)
        #expect(reply.json?["error"]?["type"] == "server_error")
    }

    @Test func aWrongRequestHasOpenAIsEnvelope() {
        let reply = OpenAIShape().answer(#"{"model":"m"}"#, path: "/v1/embeddings")
        #expect(reply.status == 400)
        #expect(reply.text.hasPrefix(#"{"error":{"message":"input is missing"#))
    }
}
