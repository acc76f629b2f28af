import SageResilience

/// Answers questions with a model.
struct Assistant: Sendable {
    let model: ModelClient
    let retry = RetryPolicy("model", .llm)

    func answer(_ question: String) async throws -> String {
        try await retry.execute { try await model.answer(question) }
    }
}
