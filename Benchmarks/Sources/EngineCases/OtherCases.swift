import SageResilience

extension EngineCase {
    static let others: [EngineCase] = [
        EngineCase("retry, first try succeeds", target: 20) {
            let retry = try RetryPolicy.exponential()
            return { calls in for _ in 0..<calls { consume(try await retry.execute(operation)) } }
        },
        EngineCase("retry with a budget, first try succeeds") {
            let retry = RetryPolicy("r", try RetryConfiguration(budget: RetryBudget()))
            return { calls in for _ in 0..<calls { consume(try await retry.execute(operation)) } }
        },
        EngineCase("bulkhead", target: 20) {
            let bulkhead = Bulkhead("b", try BulkheadConfiguration(limit: 100))
            return { calls in for _ in 0..<calls { consume(try await bulkhead.execute(operation)) } }
        },
        EngineCase("adaptive limiter, AIMD") {
            let limiter = AdaptiveLimiter("a", try AdaptiveLimiterConfiguration(.aimd()))
            return { calls in for _ in 0..<calls { consume(try await limiter.execute(operation)) } }
        },
        EngineCase("adaptive limiter, gradient") {
            let limiter = AdaptiveLimiter("a", try AdaptiveLimiterConfiguration(.gradient()))
            return { calls in for _ in 0..<calls { consume(try await limiter.execute(operation)) } }
        },
        EngineCase("client throttle, nothing refused") {
            let throttle = ClientThrottle("t")
            return { calls in for _ in 0..<calls { consume(try await throttle.execute(operation)) } }
        },
        EngineCase("fallback, first target succeeds") {
            let fallback = Fallback()
            return { calls in
                for _ in 0..<calls { consume(try await fallback.execute(operation, fallback: { _ in 2 })) }
            }
        },
        EngineCase("time limiter") {
            let limiter = try TimeLimiter(.seconds(60))
            return { calls in for _ in 0..<calls { consume(try await limiter.execute(operation)) } }
        },
        EngineCase("hedge that sends no copy") {
            let hedge = Hedge("h", try HedgeConfiguration(delay: .fixed(.seconds(60))))
            return { calls in for _ in 0..<calls { consume(try await hedge.execute(operation)) } }
        },
    ]
}
