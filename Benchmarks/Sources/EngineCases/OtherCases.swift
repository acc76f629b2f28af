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
    ]
}
