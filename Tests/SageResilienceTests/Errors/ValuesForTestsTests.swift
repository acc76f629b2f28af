import SageResilience
import Testing

/// What users hand to their own code in tests can be made without a policy.
struct ValuesForTestsTests {
    @Test(
        "every refusal can be made and says why",
        arguments: [
            (CircuitBreakerError(policyName: "x", retryAfter: .seconds(3)), .circuitOpen),
            (RateLimiterError(policyName: "x", retryAfter: .seconds(3)), .rateLimited),
            (BulkheadError(policyName: "x", reason: .queueFull), .queueFull),
            (AdaptiveLimiterError(policyName: "x", limit: 5), .concurrencyLimited),
            (AdaptiveRateLimiterError(policyName: "x"), .rateLimited),
            (ClientThrottleError(policyName: "x", probability: 0.3), .throttled),
            (TimeLimiterRejection(policyName: "x", reason: .tooManyAbandoned), .tooManyAbandoned),
        ] as [(any ResilienceRejection, RejectionReason)])
    func refusals(refusal: any ResilienceRejection, reason: RejectionReason) {
        #expect(refusal.reason == reason)
        #expect(refusal.policyName == "x")
        #expect(refusal.description.contains("x"))
    }

    @Test func aRefusalCanCarryAWait() {
        #expect(CircuitBreakerError(policyName: "x", retryAfter: .seconds(3)).retryAfter == .seconds(3))
        #expect(CircuitBreakerError(policyName: "x").retryAfter == nil)
    }

    @Test func aSnapshotOfABreakerCanBeMade() {
        let failure = CircuitBreaker.Snapshot.Failure(age: .seconds(1), errorType: "E", errorClass: .timeout)
        let snapshot = CircuitBreaker.Snapshot(name: "x", state: .open, failures: 5, lastFailure: failure)
        #expect(snapshot.state == .open)
        #expect(snapshot.failures == 5)
        #expect(snapshot.calls == 0)
        #expect(snapshot.lastFailure == failure)
        #expect(snapshot == CircuitBreaker.Snapshot(name: "x", state: .open, failures: 5, lastFailure: failure))
        #expect(snapshot != CircuitBreaker.Snapshot(name: "x"))
        let event = ResilienceEvent(
            policy: PolicyIdentity(.circuitBreaker, "x"), sequence: 1,
            kind: .circuitBreakerTransition(from: .closed, to: .open, snapshot))
        #expect(event.severity == .warning)
    }

    @Test func resultsAndErrorsCanBeMade() {
        #expect(FallbackResult(value: 1).target == 0)
        #expect(HedgeResult(value: 1) == HedgeResult(value: 1, copy: 1, started: 1))
        #expect(HedgeResult(value: 1, copy: 2, started: 2).isHedgeWin)
        let attempt = RetryPolicy.Attempt(number: 2, error: ServiceError.transient)
        #expect(attempt.delay == .zero)
        let transition = CircuitBreakerTransitionError(policyName: "x", from: .closed, to: .halfOpen)
        #expect("\(transition)" == "x: circuit breaker cannot go from closed to half_open")
        let missing = RegistryError(registryName: "r", reason: .missing(name: "a", known: [], total: 0))
        #expect("\(missing)" == "registry r has no a; it is empty")
    }
}
