import SageResilience

/// An error of a provider's client that has a status.
struct APIError: Error {
    let status: Int
    var retryAfter: Duration?
}

func tenacityRetries() async throws {
    let model = SimulatedClient(failing: [LLMError.timeout])

    // snippet: tenacity-basic
    let retry = RetryPolicy(
        "model",
        try RetryConfiguration(
            maxAttempts: 3, backoff: .exponential(initialDelay: .seconds(1), maxDelay: .seconds(10))))

    func callModel(_ prompt: String) async throws -> String {
        try await retry.execute { try await model.chat(ChatRequest(prompt: prompt)).text }
    }
    // end snippet
    _ = try await callModel("hello")

    // snippet: tenacity-types
    let someErrors = ErrorClassifier { error in
        switch error as? LLMError {
        case .timeout: ErrorClassification(.timeout)
        case .rateLimit: ErrorClassification(.rateLimited)
        default: ErrorClassification(.permanent)
        }
    }
    let picky = try RetryPolicy.exponential("model", maxDelay: .seconds(10), maxRetries: 2, classifier: someErrors)
    // end snippet

    // snippet: tenacity-condition
    let byStatus = ErrorClassifier(otherwise: someErrors) {
        ErrorRule.httpStatus(of: APIError.self, retryAfter: { $0.retryAfter }) { $0.status }
    }
    let careful = try RetryPolicy.exponential("model", maxDelay: .seconds(10), maxRetries: 2, classifier: byStatus)
    // end snippet
    for (policy, error, calls) in [
        (picky, LLMError.invalidRequest as any Error, 1), (careful, APIError(status: 400), 1),
        (careful, APIError(status: 503), 2),
    ] {
        let client = SimulatedClient(failing: [error])
        do { _ = try await policy.execute { try await client.chat(request) } } catch is LLMError {} catch is APIError {}
        try expect(await client.calls == calls, "\(error): \(calls) calls")
    }

    // snippet: tenacity-callback
    let logged = RetryPolicy(
        "model", try RetryConfiguration(maxAttempts: 3, backoff: .exponential(maxDelay: .seconds(10))),
        onRetry: { attempt in
            print("attempt \(attempt.number) in \(attempt.delay), after \(type(of: attempt.error))")
        })
    // end snippet
    let flaky = SimulatedClient(failing: [LLMError.serverError])
    _ = try await logged.execute { try await flaky.chat(request) }
    try expect(logged.snapshot().retries == 1, "the retry was counted")
}
