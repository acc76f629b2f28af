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
                └─ fallback: for calls that bring an alternative
                   └─ time limiter: 60.0 seconds
                      └─ retry: 6 attempts, exponential from 0.1 seconds × 2.0 to 30.0 seconds, full jitter, \
                budget 0.2 of the calls and at least 3
                         └─ circuit breaker chat: opens when 0.5 of the last 10 calls failed (5 calls or more), \
                for 30.0 seconds ± 0.1, then 3 probes
                            └─ rate limiter openai-limit: 60 in 60.0 seconds, 1000 wait up to 5.0 seconds
                               └─ the call
                """)
    }

    /// The rules by which a breaker opens, as a pipeline shows them.
    private func rules(of configuration: CircuitBreakerConfiguration) -> String {
        let pipeline = InTaskResiliencePipeline("p") { CircuitBreaker("b", configuration) }
        return pipeline.describe().split(separator: "\n")[1].split(separator: "breaker b: ")[1].description
    }

    @Test func aBreakerShowsAllItsRules() throws {
        let configuration = try CircuitBreakerConfiguration(
            window: .time(.seconds(30)), minimumCalls: 8, failureCount: 20, consecutiveFailures: 4,
            slowCallDuration: .seconds(5), slowCallRate: 0.8, recoveryJitter: 0, halfOpenMaxCalls: 1)
        #expect(
            rules(of: configuration) == """
                opens when 0.5 of the calls of the last 30.0 seconds failed (8 calls or more) or 20 of the calls of the \
                last 30.0 seconds failed or 4 failed in a row or 0.8 of the calls of the last 30.0 seconds took over \
                5.0 seconds (8 calls or more), for 30.0 seconds, then 1 probe
                """)
    }

    @Test(
        "a count of failures that reaches the rate anyway is not shown",
        arguments: [(5, 5, false), (4, 4, true), (5, 6, true), (10, 1, false)])
    func impliedCounts(count: Int, minimum: Int, isShown: Bool) throws {
        let configuration = try CircuitBreakerConfiguration(
            window: .calls(10), minimumCalls: minimum, failureRate: 0.5, failureCount: count)
        #expect(rules(of: configuration).contains("or \(count) of the last 10 calls failed") == isShown)
    }

    @Test func aRetryShowsThatSomeErrorsHaveWaitsOfTheirOwn() {
        let pipeline = InTaskResiliencePipeline("p") { RetryConfiguration.llm }
        #expect(pipeline.describe().contains("full jitter, waits of their own for some errors, budget"))
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
