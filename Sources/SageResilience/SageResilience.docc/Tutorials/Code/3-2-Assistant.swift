import SageResilience

/// Answers questions with a model.
struct Assistant: Sendable {
    let model: ModelClient
    let pipeline: ResiliencePipeline

    init(model: ModelClient) throws {
        self.model = model
        self.pipeline = try ResiliencePipeline("model") {
            try TimeLimiter(.seconds(60))  // for the whole call
            RetryConfiguration.llm
            CircuitBreakerConfiguration.llm
            RateLimiterConfiguration.openAI
            try TimeLimiter("model attempt", .seconds(20))  // for each attempt
        }
    }

    func answer(_ question: String) async throws -> String {
        try await pipeline.execute { [model] in try await model.answer(question) }
    }
}
