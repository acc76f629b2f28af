import NIOCore
import SageLLM
import Testing

@testable import SageGateway

struct SimulatedTransportTests {
    private func send(_ path: String, _ body: String) async throws -> (status: Int, body: JSONValue?) {
        let request = UpstreamRequest(url: "simulated:\(path)", body: ByteBuffer(string: body))
        let answer = try await SimulatedTransport().send(request)
        let bytes = try await answer.body.collect(upTo: 1_048_576)
        return (answer.status, try? JSONValue(parsing: bytes))
    }

    @Test func aChatIsAnswered() async throws {
        let answer = try await send(
            "/chat/completions", #"{"model":"sage-sim","messages":[{"role":"user","content":"hi"}]}"#)
        #expect(answer.status == 200)
        #expect(answer.body?["choices"]?[0]?["message"]?["content"]?.stringValue?.hasSuffix("You said: hi") == true)
    }

    @Test func embeddingsAreThoseOfTheWords() async throws {
        let answer = try await send("/embeddings", #"{"model":"sage-sim","input":"hi","dimensions":8}"#)
        #expect(answer.status == 200)
        #expect(answer.body?["data"]?[0]?["embedding"] == SimulatedEmbedding("hi", dimensions: 8).json)
    }

    @Test(arguments: [("/chat/completions", "messages is missing"), ("/embeddings", "input is missing")])
    func aWrongRequestIsRefused(_ path: String, _ message: String) async throws {
        let answer = try await send(path, #"{"model":"sage-sim"}"#)
        #expect(answer.status == 400)
        #expect(answer.body?["error"]?["message"]?.stringValue?.hasPrefix(message) == true)
    }
}
