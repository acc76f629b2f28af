import SageResilience

extension EngineCase {
    static let pipelines: [EngineCase] = [
        EngineCase("pipeline of breaker") {
            let pipeline = InTaskResiliencePipeline("p") { CircuitBreaker("b") }
            return { calls in for _ in 0..<calls { consume(try await pipeline.execute(operation)) } }
        },
        EngineCase("pipeline of retry, breaker, limiter") {
            let pipeline = try InTaskResiliencePipeline("p") {
                try RetryPolicy.exponential()
                CircuitBreaker("b")
                try RateLimiter.tokenBucket(limit: 1_000_000_000, per: .seconds(1))
            }
            return { calls in for _ in 0..<calls { consume(try await pipeline.execute(operation)) } }
        },
        EngineCase("pipeline of fallback, retry, breaker, bulkhead, limiter", target: 80) {
            let pipeline = try InTaskResiliencePipeline("p") {
                Fallback()
                try RetryPolicy.exponential()
                CircuitBreaker("b")
                Bulkhead("b", try BulkheadConfiguration(limit: 100))
                try RateLimiter.tokenBucket(limit: 1_000_000_000, per: .seconds(1))
            }
            return { calls in
                for _ in 0..<calls { consume(try await pipeline.execute(operation, fallback: { _ in 2 })) }
            }
        },
    ]
}
