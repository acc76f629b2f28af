import SageResilience
import Testing

struct PipelineDescriptionTests {
    @Test func drawsTheTreeOutermostFirst() throws {
        let pipeline = try ResiliencePipeline("openai") {
            try TimeLimiter(.seconds(60))
            try RetryPolicy.exponential(initialDelay: .milliseconds(100), maxDelay: .seconds(30), maxRetries: 5)
            CircuitBreaker("chat", .llm)
            try RateLimiter.slidingWindow("openai-limit", limit: 60, per: .seconds(60))
            Fallback()
        }
        #expect(
            pipeline.describe() == """
                openai
                └─ fallback
                   └─ time limiter: 60.0 seconds
                      └─ retry: 6 attempts, exponential from 0.1 seconds × 2.0 to 30.0 seconds, full jitter, \
                budget 0.2 of the calls and at least 3
                         └─ circuit breaker chat: opens when 0.5 of the last 10 calls failed or 5 of the last 10 \
                calls failed, for 30.0 seconds, then 3 probes
                            └─ rate limiter openai-limit: 60 in 60.0 seconds, 1000 wait up to 5.0 seconds
                               └─ the call
                """)
    }

    @Test func endsWithTheWarnings() throws {
        let pipeline = try InTaskResiliencePipeline("p") {
            CircuitBreaker("b")
            try RetryPolicy.fixed("r")
        }
        let lines = pipeline.describe().split(separator: "\n")
        #expect(lines.last == "warning: \(pipeline.warnings[0])")
        #expect(pipeline.warnings.count == 1)
    }

    @Test func aPipelineInAPipelineIsItsPolicies() throws {
        let inner = InTaskResiliencePipeline("inner") { CircuitBreaker("b") }
        let outer = try ResiliencePipeline("outer") {
            try TimeLimiter(.seconds(1))
            inner
        }
        #expect(outer.describe().contains("circuit breaker b"))
        #expect(!outer.describe().contains("inner"))
    }

    @Test func anEmptyPipelineIsTheCall() {
        #expect(InTaskResiliencePipeline("empty") {}.describe() == "empty\n└─ the call")
    }
}
