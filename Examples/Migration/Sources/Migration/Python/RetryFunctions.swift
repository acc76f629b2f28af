import SageResilience
import SageTesting

func retryFunctions() async throws {
    let service = SimulatedClient(failing: [LLMError.timeout])

    // snippet: retry-function
    let retry = try RetryPolicy.exponential("flaky-operation", initialDelay: .seconds(1), maxRetries: 2)

    func flakyOperation() async throws -> ChatResponse {
        try await retry.execute { try await service.chat(request) }
    }
    // end snippet
    _ = try await flakyOperation()
    try expect(await service.calls == 2, "the second attempt succeeds")

    // snippet: retry-strategies
    let strategies = [
        "fixed": try Backoff.fixed(.seconds(1)),
        "linear": try Backoff.linear(initialDelay: .seconds(1), jitter: .none),
        "exponential": try Backoff.exponential(initialDelay: .seconds(1), jitter: .none),
        "fibonacci": try Backoff.fibonacci(initialDelay: .seconds(1), jitter: .none),
    ]
    for (name, backoff) in strategies {
        print(name, (1...5).map { backoff.delay(beforeRetry: $0) })
    }
    // end snippet
    let delays = strategies.mapValues { backoff in (1...5).map { backoff.delay(beforeRetry: $0) } }
    try expect(delays["fixed"] == [1, 1, 1, 1, 1].map { .seconds($0) }, "fixed waits do not grow")
    try expect(delays["linear"] == [1, 2, 3, 4, 5].map { .seconds($0) }, "linear waits grow by one")
    try expect(delays["exponential"] == [1, 2, 4, 8, 16].map { .seconds($0) }, "exponential waits double")
    try expect(delays["fibonacci"] == [1, 1, 2, 3, 5].map { .seconds($0) }, "Fibonacci's waits add up")

    // snippet: retry-presets
    let standard = RetryPolicy("standard", .default)  // 3 attempts
    let database = RetryPolicy("database", .database)  // 4 attempts, only for what was certainly not sent
    let network = RetryPolicy("network", .network)  // 4 attempts
    let model = RetryPolicy("model", .llm)  // 6 attempts
    // end snippet
    try expect(
        [standard, database, network, model].map(\.configuration.maxAttempts) == [3, 4, 4, 6],
        "the presets make as many attempts as stated")

    // snippet: retry-measured
    let clock = TestClock()
    let measured = try RetryPolicy.exponential(
        "measured", maxRetries: 2, jitter: .none, classifier: .retryUnknown, clock: clock)
    let failing = SimulatedClient(failing: [LLMError.timeout, LLMError.timeout])
    async let reply = measured.execute { try await failing.chat(request) }
    await clock.waitForTimer(due: .seconds(1))
    clock.advance(by: .seconds(1))
    await clock.waitForTimer(due: .seconds(2))
    clock.advance(by: .seconds(2))
    // end snippet
    _ = try await reply
    try expect(await failing.calls == 3, "the third attempt succeeds")
}
