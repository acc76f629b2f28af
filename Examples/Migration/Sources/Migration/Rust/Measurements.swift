import SageResilience

func measurements() async throws {
    let breaker = CircuitBreaker("llm", .llm)
    let limiter = RateLimiter("llm", .anthropic)
    let retry = RetryPolicy("llm", .llm)
    let client = SimulatedClient(failing: [LLMError.serverError])
    _ = try await resilientCall(breaker: breaker, limiter: limiter, retry: retry) { try await client.chat(request) }

    // snippet: measurements
    let breakerState = breaker.snapshot()
    print("circuit_breaker.state", breakerState.state.rawValue)
    print("circuit_breaker.failures", breakerState.failures)

    let limiterState = limiter.snapshot()
    print("rate_limiter.rejected", limiterState.rejected)
    print("rate_limiter.wait_time", limiterState.averageWait)

    let retryState = retry.snapshot()
    print("retry.attempts", retryState.retries)
    print("retry.exhausted", retryState.exhausted)
    // end snippet
    try expect(breakerState.failures == 1 && retryState.retries == 1, "the failure was counted and repeated")
}
