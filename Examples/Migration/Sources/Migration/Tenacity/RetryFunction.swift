import SageResilience

func retryFunction() async throws {
    // snippet: retry-decorator
    func retrying<Value>(
        maxAttempts: Int = 3, initialDelay: Duration = .seconds(1), maxDelay: Duration = .seconds(10),
        jitter: Jitter = .wide, retryOn: @escaping @Sendable (any Error) -> Bool = { _ in true },
        _ operation: () async throws -> Value
    ) async throws -> Value {
        let classifier = ErrorClassifier { error in
            ErrorClassification(retryOn(error) ? .transient : .permanent)
        }
        let retry = RetryPolicy(
            "retrying",
            try RetryConfiguration(
                maxAttempts: maxAttempts,
                backoff: .exponential(initialDelay: initialDelay, maxDelay: maxDelay, jitter: jitter),
                classifier: classifier),
            onRetry: { attempt in
                print("retry \(attempt.number) of \(maxAttempts) in \(attempt.delay): \(type(of: attempt.error))")
            })
        return try await retry.execute(operation)
    }
    // end snippet

    let model = SimulatedClient(failing: [LLMError.timeout])

    // snippet: retry-decorator-use
    let response = try await retrying(initialDelay: .milliseconds(100)) {
        try await model.chat(request)
    }
    let sameButPicky = try await retrying(retryOn: { error in
        switch error as? LLMError {
        case .timeout, .rateLimit: true
        default: false
        }
    }) {
        try await model.chat(request)
    }
    // end snippet
    try expect(response == sameButPicky, "both answer")
    try expect(await model.calls == 3, "one of the calls was repeated")
}
