import SageResilience

extension EngineCase {
    static let limiters: [EngineCase] = [
        EngineCase("rate limiter, tryAcquire of a token bucket", target: 35, isSynchronous: true) {
            let limiter = try RateLimiter.tokenBucket(limit: 1_000_000_000, per: .seconds(1))
            return { calls in for _ in 0..<calls { consume(limiter.tryAcquire() ? 1 : 0) } }
        },
        EngineCase("rate limiter, execute") {
            let limiter = try RateLimiter.tokenBucket(limit: 1_000_000_000, per: .seconds(1))
            return { calls in for _ in 0..<calls { consume(try await limiter.execute(operation)) } }
        },
        EngineCase("rate limiter, tryAcquire of a sliding window", isSynchronous: true) {
            let limiter = try RateLimiter.slidingWindow(limit: 1_000, per: .nanoseconds(1))
            return { calls in for _ in 0..<calls { consume(limiter.tryAcquire() ? 1 : 0) } }
        },
    ]
}
