import MetricsTestKit
import SageResilience
import SageTesting
import Synchronization
import Testing

@testable import SageTelemetry

struct MetricsListenerTests {
    private let metrics = TestMetrics()

    private func listener(maxNames: Int = 200) throws -> MetricsListener {
        MetricsListener(metrics, configuration: try MetricsConfiguration(maxNames: maxNames))
    }

    private func value(_ label: String, _ dimensions: [(String, String)]) throws -> Int64 {
        try metrics.expectCounter(label, dimensions).totalValue
    }

    @Test func countsWhatABreakerDoes() async throws {
        let clock = TestClock()
        let breaker = CircuitBreaker(
            "openai", try CircuitBreakerConfiguration(consecutiveFailures: 2, recoveryJitter: 0), clock: clock,
            listener: try listener())
        for _ in 1...2 { try? await breaker.execute { throw SecretError() } }
        for _ in 1...3 {
            await #expect(throws: CircuitBreakerError.self) { try await breaker.execute {} }
        }
        clock.advance(by: .seconds(30))
        for _ in 1...3 { try await breaker.execute {} }
        let transitions = "sage_breaker_transitions_total"
        #expect(try value(transitions, [("name", "openai"), ("from", "closed"), ("to", "open")]) == 1)
        #expect(try value(transitions, [("name", "openai"), ("from", "open"), ("to", "half_open")]) == 1)
        #expect(try value(transitions, [("name", "openai"), ("from", "half_open"), ("to", "closed")]) == 1)
        #expect(try value("sage_breaker_not_permitted_total", [("name", "openai")]) == 3)
    }

    @Test func countsWhatARetryDoes() async throws {
        let clock = TestClock()
        let retry = try RetryPolicy.fixed(
            "openai", delay: .zero, maxRetries: 3, clock: clock, listener: try listener())
        await #expect(throws: SecretError.self) { try await retry.execute { throw SecretError() } }
        #expect(try value("sage_retries_total", [("name", "openai"), ("reason", "transient")]) == 3)
        #expect(try value("sage_retries_exhausted_total", [("name", "openai")]) == 1)
        #expect(try value("sage_retry_stops_total", [("name", "openai"), ("reason", "attempts_exhausted")]) == 1)
        let calls = Mutex(0)
        try await retry.execute {
            if calls.withLock({ count in
                count += 1
                return count
            }) < 3 {
                throw SecretError()
            }
        }
        try await retry.execute {}
        let attempts = try metrics.expectRecorder("sage_retry_attempts", [("name", "openai")])
        #expect(attempts.values == [4, 3])
        #expect(attempts.aggregate)
    }

    @Test func countsTheAttemptsOfAPipelinesCalls() async throws {
        let pipeline = try ResiliencePipeline("search", clock: TestClock(), listener: try listener()) {
            try RetryConfiguration(maxAttempts: 3, backoff: .fixed(.zero))
            try BulkheadConfiguration(limit: 1)
        }
        let calls = Mutex(0)
        try await pipeline.execute {
            let number = calls.withLock { count in
                count += 1
                return count
            }
            if number < 2 { throw SecretError() }
        }
        let attempts = try metrics.expectRecorder("sage_retry_attempts", [("name", "search")])
        #expect(attempts.values == [2])
    }

    @Test(arguments: [
        (
            ResilienceEvent.Kind.rateLimiterRejected(.rateLimited, permits: 1), PolicyKind.rateLimiter,
            "sage_rate_limiter_rejected_total", ["name": "openai"]
        ),
        (
            .rateLimiterRejected(.rateLimited, permits: 1), .adaptiveRateLimiter,
            "sage_adaptive_rate_limiter_rejected_total", ["name": "openai"]
        ),
        (
            .bulkheadRejected(.queueFull, priority: .low), .bulkhead, "sage_bulkhead_rejected_total",
            ["name": "openai", "reason": "queue_full"]
        ),
        (
            .adaptiveLimiterChanged(from: 8, to: 4), .adaptiveLimiter, "sage_adaptive_limiter_changes_total",
            ["name": "openai", "direction": "down"]
        ),
        (
            .adaptiveLimiterChanged(from: 4, to: 8), .adaptiveLimiter, "sage_adaptive_limiter_changes_total",
            ["name": "openai", "direction": "up"]
        ),
        (
            .adaptiveLimiterRejected(.concurrencyLimited), .adaptiveLimiter, "sage_adaptive_limiter_rejected_total",
            ["name": "openai"]
        ),
        (
            .adaptiveRateLimiterReduced(to: 2), .adaptiveRateLimiter, "sage_adaptive_rate_limiter_reduced_total",
            ["name": "openai"]
        ),
        (
            .clientThrottleRejected(probability: 0.5), .clientThrottle, "sage_client_throttle_rejected_total",
            ["name": "openai"]
        ),
        (.timeLimitExceeded(.seconds(1)), .timeLimiter, "sage_time_limiter_exceeded_total", ["name": "openai"]),
        (
            .timeLimitAbandoned(.seconds(1), running: 1), .timeLimiter, "sage_time_limiter_abandoned_total",
            ["name": "openai"]
        ),
        (
            .timeLimitAbandoned(.seconds(1), running: 1), .timeLimiter, "sage_time_limiter_exceeded_total",
            ["name": "openai"]
        ),
        (
            .timeLimiterRejected(.tooManyAbandoned), .timeLimiter, "sage_time_limiter_rejected_total",
            ["name": "openai"]
        ),
        (.hedgeSent(copy: 2, delay: .zero), .hedge, "sage_hedge_sent_total", ["name": "openai"]),
        (.hedgeRefused, .hedge, "sage_hedge_refused_total", ["name": "openai"]),
        (.hedgeWon(copy: 2), .hedge, "sage_hedge_won_total", ["name": "openai"]),
        (
            .fallbackUsed(alternative: 1, error: SecretError(errorClass: .overloaded)), .fallback,
            "sage_fallbacks_total", ["from": "openai", "to": "1", "reason": "overloaded"]
        ),
        (
            .fallbackUsed(alternative: 1_000, error: SecretError()), .fallback, "sage_fallbacks_total",
            ["from": "openai", "to": "other", "reason": "transient"]
        ),
        (.registryEvicted(entry: "x"), .registry, "sage_registry_evicted_total", ["name": "openai"]),
        (
            .childStarted(child: "ingest", restarts: 2), .supervisor, "sage_supervisor_restarts_total",
            ["supervisor": "openai", "child": "ingest"]
        ),
        (
            .childEnded(child: "ingest", error: SecretError()), .supervisor, "sage_supervisor_failures_total",
            ["supervisor": "openai", "child": "ingest", "reason": "transient"]
        ),
        (
            .childUnresponsive(child: "ingest", limit: .zero), .supervisor, "sage_supervisor_unresponsive_total",
            ["supervisor": "openai", "child": "ingest"]
        ),
        (
            .supervisorGaveUp(child: "ingest", action: "stop"), .supervisor, "sage_supervisor_gave_up_total",
            ["supervisor": "openai", "child": "ingest", "action": "stop"]
        ),
        (.pipelineWarning("doubtful"), .pipeline, "sage_pipeline_warnings_total", ["name": "openai"]),
    ])
    func countsEvents(
        _ kind: ResilienceEvent.Kind, _ policy: PolicyKind, _ label: String, _ labels: [String: String]
    ) throws {
        let listener = try listener()
        listener.receive(.sample(kind, policy))
        listener.receive(.sample(kind, policy))
        #expect(try value(label, labels.map { ($0.key, $0.value) }) == 2)
    }

    @Test(arguments: [
        (
            ResilienceEvent.Kind.rateLimiterWaited(.milliseconds(30), permits: 1), PolicyKind.rateLimiter,
            "sage_rate_limiter_wait_seconds"
        ),
        (
            .rateLimiterWaited(.milliseconds(30), permits: 1), .adaptiveRateLimiter,
            "sage_adaptive_rate_limiter_wait_seconds"
        ),
        (.bulkheadWaited(.milliseconds(30), priority: .low), .bulkhead, "sage_bulkhead_wait_seconds"),
    ])
    func timesWaits(_ kind: ResilienceEvent.Kind, _ policy: PolicyKind, _ label: String) throws {
        try listener().receive(.sample(kind, policy))
        #expect(try metrics.expectTimer(label, [("name", "openai")]).values == [30_000_000])
    }

    @Test func aFirstStartAndAGoodEndAreNotCounted() throws {
        let listener = try listener()
        listener.receive(.sample(.childStarted(child: "ingest", restarts: 0), .supervisor))
        listener.receive(.sample(.childEnded(child: "ingest", error: nil), .supervisor))
        #expect(metrics.counters.isEmpty)
    }

    @Test func namesBeyondTheLimitShareOneSeries() throws {
        let listener = try listener(maxNames: 3)
        for number in 1...1_000 {
            listener.receive(.sample(.hedgeRefused, .hedge, "hedge-\(number)"))
            listener.receive(
                .sample(.childStarted(child: "child-\(number)", restarts: 1), .supervisor, "supervisor"))
        }
        let hedges = metrics.counters(label: "sage_hedge_refused_total")
        #expect(hedges.count == 4)
        #expect(try value("sage_hedge_refused_total", [("name", "other")]) == 997)
        #expect(metrics.counters(label: "sage_supervisor_restarts_total").count == 4)
        #expect(
            try value("sage_supervisor_restarts_total", [("supervisor", "other"), ("child", "other")]) == 997)
        // One kind of policy does not take the places of another.
        listener.receive(.sample(.timeLimitExceeded(.zero), .timeLimiter, "late"))
        #expect(try value("sage_time_limiter_exceeded_total", [("name", "late")]) == 1)
    }

    @Test func namesOfMetricsFollowTheConventions() throws {
        for metric in EventMetric.allCases {
            #expect(metric.label.hasPrefix("sage_"))
            #expect(metric.label.allSatisfy { $0.isLowercase || $0 == "_" })
            #expect(Set(metric.labelNames).count == metric.labelNames.count)
        }
        #expect(Set(EventMetric.allCases.map(\.label)).count == EventMetric.allCases.count)
    }

    @Test func refusesConfigurationsOutOfRange() {
        #expect(throws: ConfigurationError(field: "maxNames", value: 0, allowed: "1 to 100000")) {
            try MetricsConfiguration(maxNames: 0)
        }
        #expect(throws: ConfigurationError.self) { try MetricsConfiguration(samplingInterval: .zero) }
    }
}
