import SageResilience

func retries() async throws {
    let client = SimulatedClient(failing: [LLMError.serverError])

    // snippet: retry-exponential
    let retry = try RetryPolicy.exponential(
        "llm",
        initialDelay: .milliseconds(100),
        multiplier: 2,
        maxDelay: .seconds(30),
        maxRetries: 5,
        jitter: .full)

    let response = try await retry.execute { try await client.chat(request) }
    // end snippet
    try expect(response.text == "simulated heard: hello", "the second attempt succeeds")

    // snippet: retry-classifier
    let classifier = ErrorClassifier { error in
        switch error as? LLMError {
        case .rateLimit: ErrorClassification(.rateLimited)
        case .timeout: ErrorClassification(.timeout)
        case .serverError: ErrorClassification(.transient)
        case .invalidRequest: ErrorClassification(.permanent)
        case .authentication: ErrorClassification(.authentication)
        default: ErrorClassification(.unknown)  // tried again once
        }
    }
    let careful = try RetryPolicy.exponential("llm", initialDelay: .milliseconds(100), classifier: classifier)
    // end snippet

    let refusing = SimulatedClient(failing: [LLMError.authentication])
    do {
        _ = try await careful.execute { try await refusing.chat(request) }
        try expect(false, "a wrong key is not retried")
    } catch LLMError.authentication {}
    try expect(await refusing.calls == 1, "a permanent error is not retried")
}
