import Benchmark
import SageResilience

// Each benchmark shows what one policy costs a call that succeeds at once; the bare call is what to subtract.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput], timeUnits: .nanoseconds, scalingFactor: .kilo, maxDuration: .seconds(2))

    Benchmark("bare call") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(try await throughClosure(operation)) }
    }

    Benchmark("circuit breaker, closed, 100 calls") { benchmark in
        let breaker = CircuitBreaker("benchmark")
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(try await breaker.execute(operation)) }
    }

    Benchmark("circuit breaker, open") { benchmark in
        let breaker = CircuitBreaker("benchmark")
        breaker.open(for: .seconds(3600))
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(breaker.tryAcquire() == nil) }
    }

    Benchmark("retry, first success") { benchmark in
        let retry = try RetryPolicy.exponential()
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(try await retry.execute(operation)) }
    }

    Benchmark("rate limiter, tryAcquire") { benchmark in
        let limiter = try unlimited()
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(limiter.tryAcquire()) }
    }

    Benchmark("pipeline of retry, circuit breaker, rate limiter") { benchmark in
        let limiter = try unlimited()
        let retry = try RetryPolicy.exponential()
        let pipeline = InTaskResiliencePipeline("benchmark") {
            retry
            CircuitBreaker("benchmark")
            limiter
        }
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(try await pipeline.execute(operation)) }
    }
}

/// A limiter that admits more than any machine can ask for.
private func unlimited() throws -> RateLimiter {
    try RateLimiter.tokenBucket(limit: 1_000_000_000, per: .seconds(1))
}

@inline(never)
private func operation() async -> Int { 1 }

@inline(never)
private func throughClosure<Result>(_ operation: () async throws -> Result) async throws -> Result {
    try await operation()
}
