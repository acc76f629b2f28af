import SageResilience

func handWrittenRetries() async throws {
    let model = SimulatedClient()
    let flaky = SimulatedClient(failing: [LLMError.serverError])

    // snippet: without-retry
    func callModel(_ prompt: String) async throws -> String {
        try await model.chat(ChatRequest(prompt: prompt)).text
    }
    // end snippet
    _ = try await callModel("hello")

    // snippet: loop
    let retry = RetryPolicy("model", .default)  // 3 attempts, exponential from 1 s, full jitter

    func callModelAgain(_ prompt: String) async throws -> String {
        try await retry.execute { try await flaky.chat(ChatRequest(prompt: prompt)).text }
    }
    // end snippet
    _ = try await callModelAgain("hello")
    try expect(await flaky.calls == 2, "the second attempt succeeds")

    // snippet: linear-or-exponential
    let steady = try Backoff.fixed(.seconds(1))  // 1 s, 1 s, 1 s
    let growing = try Backoff.exponential(initialDelay: .seconds(1), jitter: .none)  // 1 s, 2 s, 4 s
    // end snippet
    try expect((1...3).map { steady.delay(beforeRetry: $0) } == [1, 1, 1].map { .seconds($0) }, "it does not grow")

    // snippet: delays
    let delays = (1...4).map { growing.delay(beforeRetry: $0) }  // 1 s, 2 s, 4 s, 8 s
    // end snippet
    try expect(delays == [1, 2, 4, 8].map { .seconds($0) }, "the delays double")

    // snippet: capped
    let capped = try Backoff.exponential(initialDelay: .seconds(1), maxDelay: .seconds(10), jitter: .none)
    let waits = (1...6).map { capped.delay(beforeRetry: $0) }  // 1 s, 2 s, 4 s, 8 s, 10 s, 10 s
    // end snippet
    try expect(waits == [1, 2, 4, 8, 10, 10].map { .seconds($0) }, "the delays end at the maximum")

    // snippet: jitter
    // Between 0.5 and 1.5 times 1 s, 2 s, 4 s
    let spread = try Backoff.exponential(initialDelay: .seconds(1), maxDelay: .seconds(10), jitter: .wide)
    // end snippet
    let extremes = [0, 0.5].map { spread.delay(beforeRetry: 2, random: .constant($0)) }
    try expect(extremes == [.seconds(1), .seconds(2)], "jitter goes from half the delay on")
}
