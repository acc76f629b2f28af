import SageResilience

func rateLimiters() async throws {
    let client = SimulatedClient()

    // snippet: sliding-window
    // At most 100 calls in any 60 seconds.
    let limiter = try RateLimiter.slidingWindow("chat", limit: 100, per: .seconds(60), maxWait: .seconds(60))

    try await limiter.acquire()  // waits for its turn

    guard limiter.tryAcquire() else {  // never waits
        throw LLMError.rateLimit
    }
    // end snippet
    try expect(limiter.snapshot().availablePermits == 98, "two permits are taken")

    // snippet: limiter-execute
    let response = try await limiter.execute { try await client.chat(request) }
    // end snippet
    try expect(response.text == "simulated heard: hello", "the limiter lets the call through")

    // snippet: token-bucket
    let bucket = try RateLimiter.tokenBucket("embeddings", capacity: 10, refillInterval: .milliseconds(100))
    try await bucket.acquire(5)  // a batch
    // end snippet
    try expect(bucket.snapshot().acquiredPermits == 5, "a batch takes five")

    // snippet: limiters-by-name
    let registry = try ResilienceRegistry()
    _ = try registry.rateLimiter("anthropic") { .anthropic }  // 60 a minute
    _ = try registry.rateLimiter("openai") { .openAI }  // 100 a minute
    _ = try registry.rateLimiter("google") { .google }  // 30 a minute

    let anthropic = try registry.rateLimiters.find("anthropic")
    try await anthropic.acquire()
    // end snippet
    try expect(anthropic.snapshot().acquired == 1, "the limiter is found by its name")
    do {
        _ = try registry.rateLimiters.find("mistral")
        try expect(false, "there is no such limiter")
    } catch let error as RegistryError {
        try expect("\(error)".contains("anthropic"), "the error names the limiters that exist")
    }
}
