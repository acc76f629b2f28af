import Testing

@testable import SageMock

/// Which shape answers: the providers share some paths.
struct ShapeChoiceTests {
    @Test(
        arguments: [
            ("/v1/chat/completions", [:], "OpenAIShape"), ("/v1/models", [:], "OpenAIShape"),
            ("/v1/models", ["anthropic-version": "x"], "AnthropicShape"),
            ("/v1/models", ["x-goog-api-key": "x"], "GeminiShape"), ("/v1/messages", [:], "AnthropicShape"),
            ("/v1/messages/count_tokens", [:], "AnthropicShape"),
            ("/v1beta/models/m:generateContent", [:], "GeminiShape"),
            ("/v1/models/m:embedContent", [:], "GeminiShape"),
            ("/v1beta/openai/embeddings", [:], "GeminiCompatibilityShape"), ("/elsewhere", [:], "OpenAIShape"),
        ] as [(String, [String: String], String)])
    func aRequestFindsItsShape(_ path: String, _ headers: [String: String], _ expected: String) {
        let shape = MockState(script: .healthy, seed: nil, shapes: MockProvider.shapes)
            .shape(for: .of("", path: path, headers: headers))
        #expect(shape.map { "\(type(of: $0))" } == expected)
    }
}
