import SageResilience

/// Answers questions with a model, and with another one while the first is in trouble.
struct Assistant: Sendable {
    let model: ModelClient
    let spare: ModelClient
    let pipeline: ResiliencePipeline

    init(model: ModelClient, spare: ModelClient) throws {
        self.model = model
        self.spare = spare
        self.pipeline = try ResiliencePipeline("model") {
            Fallback()
            try TimeLimiter(.seconds(60))  // for the whole call
            RetryConfiguration.llm
            CircuitBreakerConfiguration.llm
            RateLimiterConfiguration.openAI
            try TimeLimiter("model attempt", .seconds(20))  // for each attempt
        }
    }

    func answer(_ question: String) async throws -> String {
        try await pipeline.execute { [model] in
            try await model.answer(question)
        } fallback: { [spare] _ in
            try await spare.answer(question)
        }
    }
}
