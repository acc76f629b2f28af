import SageResilience
import SageTesting
import Testing

struct HealthReportingTests {
    private let clock = TestClock()

    private func makeBreaker() throws -> CircuitBreaker {
        CircuitBreaker(
            "database",
            try CircuitBreakerConfiguration(
                minimumCalls: 1, recoveryTimeout: .seconds(30), recoveryJitter: 0, halfOpenMaxCalls: 1),
            clock: clock)
    }

    @Test func aBreakerIsAsWellAsItsState() async throws {
        let breaker = try makeBreaker()
        #expect(breaker.health.status == .healthy)
        #expect(breaker.health.state == "closed")
        #expect(breaker.health.lastFailure == nil)
        try? await breaker.execute { () async throws -> Void in throw ServiceError(.timeout) }
        clock.advance(by: .seconds(10))
        let open = breaker.health
        #expect(open.status == .unhealthy)
        #expect(open.state == "open")
        #expect(open.failureRate == 1)
        #expect(
            open.lastFailure
                == ServiceHealth.LastFailure(age: .seconds(10), errorClass: .timeout, errorType: "ServiceError"))
        #expect(open.measurements["retry_after_seconds"] == 20)
        #expect(open.measurements["failures_per_minute"] == 1)
        #expect(open.measurements["times_opened"] == 1)
        // A load balancer that sends nothing to an unhealthy program must not keep the breaker open for ever.
        clock.advance(by: .seconds(20))
        #expect(breaker.health.state == "open")
        #expect(breaker.health.status == .degraded)
        let permit = breaker.tryAcquire()
        #expect(breaker.health.state == "half_open")
        #expect(breaker.health.status == .degraded)
        permit?.succeed()
        #expect(breaker.health.status == .healthy)
    }

    @Test(
        "states that were set by hand",
        arguments: [
            (CircuitBreaker.State.forcedOpen, HealthStatus.unhealthy), (.disabled, .healthy), (.metricsOnly, .healthy),
        ])
    func manualStates(state: CircuitBreaker.State, status: HealthStatus) throws {
        let breaker = try makeBreaker()
        try breaker.transition(to: state)
        #expect(breaker.health.status == status)
        #expect(breaker.health.state == state.rawValue)
        #expect((breaker.health.reason == nil) == (status == .healthy))
    }

    @Test func aLimiterIsDegradedOnlyWhileTheServiceAskedForAPause() throws {
        let limiter = try RateLimiter.slidingWindow("openai", limit: 1, per: .seconds(60), clock: clock)
        #expect(limiter.health.state == "available")
        #expect(limiter.tryAcquire())
        #expect(!limiter.tryAcquire())
        #expect(limiter.health.state == "exhausted")
        #expect(limiter.health.status == .healthy)
        #expect(limiter.health.measurements["rejected"] == 1)
        limiter.pause(for: .seconds(90))
        #expect(limiter.health.state == "paused")
        #expect(limiter.health.status == .degraded)
        #expect(limiter.health.measurements["paused_seconds"] == 90)
        clock.advance(by: .seconds(91))
        #expect(limiter.health.status == .healthy)
    }
}
