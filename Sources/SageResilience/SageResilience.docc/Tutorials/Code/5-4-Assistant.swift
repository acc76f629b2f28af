import SageResilience

/// Answers questions with a model, and with another one while the first is in trouble.
struct Assistant: Sendable {
    let model: ModelClient
    let spare: ModelClient
    let health = HealthChecker()
    let pipeline: ResiliencePipeline

    init(model: ModelClient, spare: ModelClient, listener: (any ResilienceListener)? = nil) throws {
        let breaker = CircuitBreaker("model", .llm, listener: listener)
        try health.add(breaker, importance: .optional)  // there is a spare model
        self.model = model
        self.spare = spare
        self.pipeline = try ResiliencePipeline("model", listener: listener) {
            Fallback()
            try TimeLimiter(.seconds(60))  // for the whole call
            RetryConfiguration.llm
            breaker
            RateLimiterConfiguration.openAI
            try TimeLimiter("model attempt", .seconds(20), listener: listener)  // for each attempt
        }
    }

    func answer(_ question: String) async throws -> String {
        try await pipeline.execute { [model] in
            try await model.answer(question)
        } fallback: { [spare] _ in
            try await spare.answer(question)
        }
    }

    func printWords(_ question: String) async throws {
        let limits = try StreamLimits("words", firstElement: .seconds(20), betweenElements: .seconds(5))
        let words = try await pipeline.stream { [model] in
            limits.apply(to: try await model.stream(question))
        }
        for try await word in words { print(word) }
    }
}
