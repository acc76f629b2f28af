import SageResilience

// snippet: combined-function
func resilientCall<Value>(
    breaker: CircuitBreaker, limiter: RateLimiter, retry: RetryPolicy, _ operation: () async throws -> Value
) async throws -> Value {
    try await retry.execute {
        try await breaker.execute {
            try await limiter.execute { try await operation() }
        }
    }
}
// end snippet

func combinations() async throws {
    let client = SimulatedClient()
    let response = try await resilientCall(
        breaker: CircuitBreaker("llm", .llm), limiter: RateLimiter("llm", .anthropic), retry: RetryPolicy("llm", .llm)
    ) { try await client.chat(request) }
    try expect(response.text == "simulated heard: hello", "the combined call succeeds")

    // snippet: combined-pipeline
    let pipeline = ResiliencePipeline("llm") {  // outermost first
        RetryConfiguration.llm
        CircuitBreakerConfiguration.llm
        RateLimiterConfiguration.anthropic
    }
    let reply = try await pipeline.execute { try await client.chat(request) }
    // end snippet
    try expect(reply == response, "the pipeline does the same")
    try expect(pipeline.warnings.isEmpty, "the order is right")
}
