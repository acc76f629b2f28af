import MetricsTestKit
import SageResilience
import SageTesting
import Testing

@testable import SageTelemetry

struct MetricsSamplerTests {
    private let clock = TestClock()
    private let metrics = TestMetrics()
    private let registry: ResilienceRegistry

    init() throws {
        registry = try ResilienceRegistry(clock: clock)
    }

    private func sampler(maxNames: Int = 200) throws -> MetricsSampler {
        MetricsSampler(
            registry, factory: metrics,
            configuration: try MetricsConfiguration(maxNames: maxNames, samplingInterval: .seconds(5)), clock: clock)
    }

    private func gauge(_ label: String, _ name: String = "openai") throws -> Double? {
        try metrics.expectGauge(label, [("name", name)]).lastValue
    }

    private func has(_ label: String) -> Bool { !metrics.recorders(label: label).isEmpty }

    @Test(arguments: [
        (CircuitBreaker.State.closed, 0.0), (.halfOpen, 1), (.open, 2), (.forcedOpen, 3), (.disabled, 4),
        (.metricsOnly, 5),
    ])
    func statesHaveTheirNumbers(_ state: CircuitBreaker.State, _ number: Double) {
        #expect(state.number == number)
    }

    @Test func tellsTheStateOfABreaker() async throws {
        let sampler = try sampler()
        let breaker = try registry.circuitBreaker("openai") {
            try CircuitBreakerConfiguration(minimumCalls: 2, consecutiveFailures: 4, recoveryJitter: 0)
        }
        sampler.sample()
        #expect(try gauge("sage_breaker_state") == 0)
        #expect(!has("sage_breaker_failure_rate"))
        #expect(!has("sage_breaker_retry_after_seconds"))
        for _ in 1...4 { try? await breaker.execute { throw SecretError() } }
        clock.advance(by: .seconds(10))
        sampler.sample()
        #expect(try gauge("sage_breaker_state") == 2)
        #expect(try gauge("sage_breaker_failure_rate") == 1)
        #expect(try gauge("sage_breaker_failures_per_minute") == Double(breaker.snapshot().failures))
        #expect(try gauge("sage_breaker_retry_after_seconds") == 20)
        breaker.reset()
        sampler.sample()
        // What cannot be told any more has no gauge.
        #expect(!has("sage_breaker_failure_rate"))
        #expect(!has("sage_breaker_retry_after_seconds"))
    }

    @Test func tellsThePoliciesThatDecoratedFunctionsHaveOfTheirOwn() async throws {
        let sampler = try sampler()
        try await ResilienceRegistry.withCurrent(registry) {
            try await Decorated.execute(.init("Store.load()", in: "App/Store.swift:1:1", hash: 1)) {
                try Decorator.stack(.circuitBreaker(), .bulkhead(limit: 3))
            } operation: {
                sampler.sample()
            }
        }
        #expect(try gauge("sage_breaker_state", "Store.load()") == 0)
        #expect(try gauge("sage_bulkhead_in_flight", "Store.load()") == 1)
    }

    @Test func tellsTheLoadOfLimiters() async throws {
        let sampler = try sampler()
        let bulkhead = try registry.bulkhead("openai") { try BulkheadConfiguration(limit: 3) }
        let limiter = try registry.rateLimiter("openai") {
            try RateLimiterConfiguration(.slidingWindow(limit: 10, per: .seconds(60)))
        }
        let permit = try await bulkhead.acquire()
        try await limiter.acquire(4)
        sampler.sample()
        #expect(try gauge("sage_bulkhead_limit") == 3)
        #expect(try gauge("sage_bulkhead_in_flight") == 1)
        #expect(try gauge("sage_bulkhead_queued") == 0)
        #expect(try gauge("sage_rate_limiter_capacity") == 10)
        #expect(try gauge("sage_rate_limiter_available_permits") == 6)
        permit.release()
        sampler.sample()
        #expect(try gauge("sage_bulkhead_in_flight") == 0)
        #expect(try metrics.expectGauge("sage_registry_policies", [("kind", "bulkhead")]).lastValue == 1)
        #expect(try metrics.expectGauge("sage_registry_policies", [("kind", "hedge")]).lastValue == 0)
    }

    @Test func aPolicyThatLeavesTakesItsGaugesAlong() throws {
        let sampler = try sampler()
        _ = try registry.bulkhead("a") { try BulkheadConfiguration(limit: 3) }
        _ = try registry.bulkhead("b") { try BulkheadConfiguration(limit: 3) }
        sampler.sample()
        #expect(metrics.recorders(label: "sage_bulkhead_limit").count == 2)
        registry.bulkheads.remove("a")
        sampler.sample()
        #expect(metrics.recorders(label: "sage_bulkhead_limit").map(\.dimensions.first?.1) == ["b"])
    }

    @Test func aSamplerThatGoesTakesItsGaugesAlong() throws {
        do {
            let sampler = try sampler()
            sampler.sample()
            #expect(!metrics.recorders.isEmpty)
        }
        #expect(metrics.recorders.isEmpty)
    }

    @Test func boundsHowManyPoliciesOfAKindHaveGauges() throws {
        let sampler = try sampler(maxNames: 2)
        func names() -> Set<String?> {
            Set(metrics.recorders(label: "sage_bulkhead_limit").map(\.dimensions.first?.1))
        }
        for name in ["c", "d", "e"] { _ = try registry.bulkhead(name) { try BulkheadConfiguration(limit: 3) } }
        sampler.sample()
        #expect(names() == ["c", "d"])
        // Who has gauges keeps them.
        _ = try registry.bulkhead("a") { try BulkheadConfiguration(limit: 3) }
        sampler.sample()
        #expect(names() == ["c", "d"])
        registry.bulkheads.remove("c")
        sampler.sample()
        #expect(names() == ["a", "d"])
        #expect(try metrics.expectGauge("sage_registry_policies", [("kind", "bulkhead")]).lastValue == 3)
    }

    @Test func readsThePoliciesThatAPipelineMade() throws {
        let sampler = try sampler()
        _ = try registry.pipeline("search") {
            try TimeLimiter(.seconds(20))
            CircuitBreakerConfiguration.network
            try BulkheadConfiguration(limit: 32)
        }
        sampler.sample()
        #expect(try gauge("sage_breaker_state", "search") == 0)
        #expect(try gauge("sage_bulkhead_limit", "search") == 32)
        #expect(try gauge("sage_time_limiter_limit_seconds", "search") == 20)
    }

    @Test func readsWhatIsWatchedForAsLongAsItLives() throws {
        let sampler = MetricsSampler(nil, factory: metrics, clock: clock)
        do {
            let breaker = CircuitBreaker("hand-made", clock: clock)
            let limiter = try RateLimiter.slidingWindow("hand-made", limit: 5, per: .seconds(1), clock: clock)
            let adaptive = AdaptiveLimiter("hand-made", try AdaptiveLimiterConfiguration(), clock: clock)
            let rate = AdaptiveRateLimiter("hand-made", .default, clock: clock)
            let throttle = ClientThrottle("hand-made", .default, clock: clock)
            let hedge = Hedge("hand-made", try HedgeConfiguration(delay: .fixed(.seconds(1))), clock: clock)
            let pipeline = try InTaskResiliencePipeline("hand-made", clock: clock) {
                try BulkheadConfiguration(limit: 7)
            }
            sampler.watch(breaker)
            sampler.watch(limiter)
            sampler.watch(adaptive)
            sampler.watch(rate)
            sampler.watch(throttle)
            sampler.watch(hedge)
            sampler.watch(pipeline)
            sampler.sample()
            for label in [
                "sage_breaker_state", "sage_rate_limiter_capacity", "sage_adaptive_limiter_limit",
                "sage_adaptive_rate_limiter_queued", "sage_client_throttle_rejection_probability",
                "sage_hedge_delay_seconds", "sage_bulkhead_limit",
            ] {
                #expect(try gauge(label, "hand-made") != nil, "\(label)")
            }
            // They live until here, so that the sample has found them.
            withExtendedLifetime((breaker, limiter, adaptive, rate, throttle, hedge, pipeline)) {}
        }
        sampler.sample()
        #expect(metrics.recorders.isEmpty)
    }

    @Test func tellsTheChildrenOfASupervisor() async throws {
        let sampler = MetricsSampler(nil, factory: metrics, clock: clock)
        let (starts, start) = AsyncStream.makeStream(of: Void.self)
        let supervisor = try Supervisor("workers", clock: clock) {
            Child("ingest") {
                start.yield()
                try await clock.sleep(until: clock.now.advanced(by: .seconds(3_600)))
            }
        }
        sampler.watch(supervisor)
        func children(_ state: Child.State) throws -> Double? {
            try metrics.expectGauge(
                "sage_supervisor_children", [("supervisor", "workers"), ("state", state.rawValue)]
            ).lastValue
        }
        sampler.sample()
        #expect(try metrics.expectGauge("sage_supervisor_up", [("supervisor", "workers")]).lastValue == 0)
        #expect(try children(.stopped) == 1)
        let task = Task { try await supervisor.run() }
        for await _ in starts { break }
        sampler.sample()
        #expect(try metrics.expectGauge("sage_supervisor_up", [("supervisor", "workers")]).lastValue == 1)
        #expect(try children(.stopped) == 0)
        #expect(try children(.running) == 1)
        task.cancel()
        _ = await task.result
    }

    @Test(.timeLimit(.minutes(1))) func samplesAtEachIntervalUntilItIsCancelled() async throws {
        let sampler = try sampler()
        let bulkhead = try registry.bulkhead("openai") { try BulkheadConfiguration(limit: 3) }
        let task = Task { try await sampler.run() }
        await clock.nextTimerScheduled()
        #expect(try gauge("sage_bulkhead_in_flight") == 0)
        let permit = try await bulkhead.acquire()
        clock.advance(by: .seconds(5))
        await clock.nextTimerScheduled()
        #expect(try gauge("sage_bulkhead_in_flight") == 1)
        #expect(try metrics.expectGauge("sage_bulkhead_in_flight", [("name", "openai")]).values.count == 2)
        permit.release()
        task.cancel()
        try await task.value
    }

    @Test func samplesOfManyThreadsDoNotMix() async throws {
        let sampler = try sampler()
        for number in 1...20 { _ = try registry.bulkhead("\(number)") { try BulkheadConfiguration(limit: 3) } }
        await withTaskGroup { group in
            for number in 1...20 {
                group.addTask { [registry] in
                    sampler.sample()
                    registry.bulkheads.remove("\(number)")
                    sampler.sample()
                }
            }
        }
        #expect(metrics.recorders(label: "sage_bulkhead_limit").isEmpty)
    }
}
