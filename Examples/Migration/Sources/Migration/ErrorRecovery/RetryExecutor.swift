import SageResilience

func retryExecutor() async throws {
    let model = SimulatedClient(failing: [TextError(description: "connection reset by peer")])

    // snippet: recovery-schedules
    let schedules = try ClassBackoffs(
        [
            .rateLimited: .init(.exponential(initialDelay: .seconds(5), maxDelay: .seconds(120)), maxRetries: 5),
            .timeout: .init(.exponential(initialDelay: .milliseconds(500), multiplier: 1.5, maxDelay: .seconds(10))),
            .transient: .init(.exponential(initialDelay: .seconds(2), maxDelay: .seconds(30))),
            .overloaded: .init(.exponential(initialDelay: .seconds(2), maxDelay: .seconds(60))),
        ],
        connection: .init(.exponential(initialDelay: .milliseconds(500), multiplier: 1.5, maxDelay: .seconds(10))))
    // end snippet

    // snippet: recovery-executor
    let executor = RetryPolicy(
        "model",
        try RetryConfiguration(maxAttempts: 6, classBackoffs: schedules, classifier: .llm),
        onRetry: { attempt in
            print("attempt \(attempt.number) in \(attempt.delay): \(type(of: attempt.error))")
        })

    let response = try await executor.execute { try await model.chat(request) }
    // end snippet
    try expect(response.text == "simulated heard: hello", "the second attempt is answered")

    // snippet: recovery-standard
    let standard = RetryPolicy("model", try RetryConfiguration(maxAttempts: 6, classBackoffs: .standard))
    // end snippet
    try expect(standard.configuration.classBackoffs != nil, "the standard schedules are in force")
}
