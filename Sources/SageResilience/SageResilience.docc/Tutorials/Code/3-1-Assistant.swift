import SageResilience

/// Answers questions with a model.
struct Assistant: Sendable {
    let model: ModelClient
    let pipeline: ResiliencePipeline

    init(model: ModelClient) throws {
        self.model = model
        self.pipeline = ResiliencePipeline("model") {
            RetryConfiguration.llm
            CircuitBreakerConfiguration.llm
        }
    }

    func answer(_ question: String) async throws -> String {
        try await pipeline.execute { [model] in try await model.answer(question) }
    }
}
