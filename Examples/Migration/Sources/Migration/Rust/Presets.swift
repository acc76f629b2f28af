import SageResilience

func presets() async throws {
    // snippet: preset-breaker
    let breaker = CircuitBreaker("llm-api", .llm)  // 5 failures or half of 10 calls, 30 seconds
    // end snippet
    try expect(
        breaker.configuration.failureCount == 5 && breaker.configuration.failureRate == 0.5
            && breaker.configuration.window == .calls(10) && breaker.configuration.recoveryTimeout == .seconds(30),
        "the preset is the recommended configuration")

    // snippet: preset-limiters
    let anthropic = RateLimiter("anthropic", .anthropic)  // 60 a minute
    let openAI = RateLimiter("openai", .openAI)  // 100 a minute
    let google = RateLimiter("google", .google)  // 30 a minute
    // end snippet
    try expect(
        [anthropic, openAI, google].map { $0.snapshot().capacity } == [60, 100, 30], "the limits are as recommended")

    // snippet: preset-retry
    let retry = RetryPolicy("llm-api", .llm)  // 5 retries, from 0.1 s × 2 up to 30 s, full jitter
    // end snippet
    try expect(
        retry.configuration.maxAttempts == 6 && retry.configuration.backoff.maxDelay == .seconds(30)
            && retry.configuration.backoff.jitter == .full,
        "the preset is the recommended configuration")
}
