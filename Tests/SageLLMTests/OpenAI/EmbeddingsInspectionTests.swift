import NIOCore
import Testing

@testable import SageLLM

struct EmbeddingsInspectionTests {
    @Test(
        arguments: [
            (.embeddings, #"{"data":[{"embedding":[0.5],"index":0}],"usage":{"prompt_tokens":2}}"#, .complete),
            (.embeddings, #"{"data":[{"embedding":"AAAAPw=="}]}"#, .complete),
            (.embeddings, #"{"data":[]}"#, .incomplete("it has no vectors")),
            (.embeddings, #"{"data":[{"embedding":[]}]}"#, .incomplete("it has no vectors")),
            (.embeddings, #"{"data":[{"embedding":""}]}"#, .incomplete("it has no vectors")),
            (.embeddings, #"{"data":[7]}"#, .incomplete("it has no vectors")),
            (.embeddings, "{}", .incomplete("it has no vectors")),
            (.embeddings, #"{"error":{"code":1}}"#, .failed(buffer(#"{"code":1}"#))),
            (
                .embeddings, #"{"code":20012,"message":"m","data":null}"#,
                .failed(buffer(#"{"code":20012,"message":"m","data":null}"#))
            ),
            (.embedContent, #"{"embedding":{"values":[1]}}"#, .complete),
            (.embedContent, #"{"embedding":{"values":[]}}"#, .incomplete("it has no vectors")),
            (.batchEmbedContents, #"{"embeddings":[{"values":[1]}]}"#, .complete),
            (.batchEmbedContents, #"{"embeddings":[]}"#, .incomplete("it has no vectors")),
            (.batchEmbedContents, #"[{"error":{"code":429}}]"#, .failed(buffer(#"{"code":429}"#))),
            (.batchEmbedContents, "[]", .unexpected(.array)),
        ] as [(WireFormat, String, AnswerInspection.Verdict)])
    func tellsWhatABodyIs(_ format: WireFormat, _ body: String, _ expected: AnswerInspection.Verdict) {
        #expect(format.inspect(buffer(body)).verdict == expected)
    }

    @Test func tokensAreCounted() {
        let body = buffer(#"{"data":[{"embedding":[0.5]}],"usage":{"prompt_tokens":2,"total_tokens":2}}"#)
        #expect(WireFormat.embeddings.inspect(body).usage == TokenCounts(prompt: 2, total: 2))
        #expect(WireFormat.embeddings.makeStreamInspector(expectedChoices: 1).map { _ in 1 } == nil)
    }
}
