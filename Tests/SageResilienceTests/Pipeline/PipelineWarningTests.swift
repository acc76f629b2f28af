import SageResilience
import SageTesting
import Testing

/// Orders that are known to be wrong are named; the right one is not.
struct PipelineWarningTests {
    private let clock = TestClock()

    private func retry(_ name: String = "r") throws -> RetryPolicy { try RetryPolicy.fixed(name, clock: clock) }
    private func limiter() throws -> RateLimiter { try RateLimiter.slidingWindow("l", limit: 1, per: .seconds(1)) }

    @Test func theRightOrderHasNone() throws {
        let pipeline = try ResiliencePipeline("p") {
            Fallback()
            try TimeLimiter(.seconds(60))
            try retry()
            CircuitBreaker("b")
            try limiter()
            try TimeLimiter(.seconds(10))
        }
        #expect(pipeline.warnings.isEmpty)
    }

    @Test func nestedRetriesMultiply() throws {
        let pipeline = try InTaskResiliencePipeline("p") {
            try retry("outer")
            try retry("inner")
        }
        #expect(pipeline.warnings.map(\.rule) == [.nestedRetries])
        #expect(pipeline.warnings[0].policies.map(\.name) == ["outer", "inner"])
        #expect(
            pipeline.warnings[0].description
                == "retry inner stands inside retry outer, so that their attempts multiply; keep one of them")
    }

    @Test func aRetryInsideAHedgeMultiplies() throws {
        let pipeline = try ResiliencePipeline("p") {
            Hedge("h", try HedgeConfiguration(delay: .fixed(.seconds(1))))
            try retry()
        }
        #expect(pipeline.warnings.map(\.rule) == [.nestedRetries])
        #expect(pipeline.describe().contains("hedge h: 1 more copy after 1.0 seconds"))
    }

    @Test func aBreakerOutsideARetryJudgesOnlyTheLastAttempt() throws {
        let pipeline = try InTaskResiliencePipeline("p") {
            CircuitBreaker("b")
            try retry()
        }
        #expect(pipeline.warnings.map(\.rule) == [.breakerOutsideRetry])
    }

    @Test func aLimiterOutsideARetryOrABreakerCountsTheWrongThing() throws {
        let pipeline = try InTaskResiliencePipeline("p") {
            try limiter()
            try retry()
            CircuitBreaker("b")
        }
        #expect(pipeline.warnings.map(\.rule) == [.limiterOutsideRetry, .limiterOutsideBreaker])
    }

    @Test func aQueueInsideTheLimitOfAnAttemptCountsAsTimeOuts() throws {
        let pipeline = try ResiliencePipeline("p") {
            try retry()
            try TimeLimiter(.seconds(10))
            try limiter()
        }
        #expect(pipeline.warnings.map(\.rule) == [.queueInsideAttemptLimit])
    }

    @Test func aLimiterInWhichNobodyWaitsMayStandInsideIt() throws {
        let pipeline = try ResiliencePipeline("p") {
            try retry()
            try TimeLimiter(.seconds(10))
            try RateLimiter.slidingWindow(limit: 1, per: .seconds(1), maxWait: .zero)
        }
        #expect(pipeline.warnings.isEmpty)
    }

    @Test(arguments: [(TimeLimiter.Mode.structured, false), (.abandoning, true)])
    func aBulkheadOutsideAnAbandoningLimitGivesPlacesAwayThatAreInUse(mode: TimeLimiter.Mode, warns: Bool) throws {
        let pipeline = try ResiliencePipeline("p") {
            Bulkhead("b", try BulkheadConfiguration(limit: 1))
            try TimeLimiter(.seconds(1), mode: mode)
        }
        #expect(pipeline.warnings.map(\.rule) == (warns ? [.placeOutsideAbandoningLimit] : []))
    }

    @Test func aBulkheadOrAnAdaptiveRateLimiterOutsideABreakerServesCallsThatItRefuses() throws {
        let pipeline = try InTaskResiliencePipeline("p") {
            Bulkhead("b", try BulkheadConfiguration(limit: 1))
            AdaptiveRateLimiter("a")
            CircuitBreaker("c")
        }
        #expect(pipeline.warnings.map(\.rule) == [.limiterOutsideBreaker, .limiterOutsideBreaker])
    }

    @Test(arguments: [(10, 10, true), (10, 11, true), (10, 9, false)])
    func aTimeLimitInsideAShorterOneNeverFires(outer: Int, inner: Int, warns: Bool) throws {
        let pipeline = try ResiliencePipeline("p") {
            try TimeLimiter(.seconds(outer))
            try TimeLimiter(.seconds(inner))
        }
        #expect(pipeline.warnings.map(\.rule) == (warns ? [.uselessTimeLimit] : []))
    }

    @Test func theSamePolicyTwiceIsNamedOnce() throws {
        let breaker = CircuitBreaker("b")
        let pipeline = InTaskResiliencePipeline("p") {
            breaker
            breaker
        }
        #expect(pipeline.warnings.map(\.rule) == [.repeatedPolicy])
    }

    @Test func aListenerHearsThem() throws {
        let recorder = EventRecorder()
        _ = try InTaskResiliencePipeline("p", listener: recorder) {
            CircuitBreaker("b")
            try retry()
        }
        let event = try #require(recorder.events.first)
        #expect(event.policy == PolicyIdentity(.pipeline, "p"))
        #expect(event.severity == .warning)
        guard case .pipelineWarning(let text) = event.kind else {
            Issue.record("not a warning")
            return
        }
        #expect(text.hasPrefix("circuit breaker b stands outside retry r"))
    }
}
