import SageResilience

extension PolicyReadings {
    init(_ name: String, _ snapshot: CircuitBreaker.Snapshot) {
        self.init(
            .circuitBreaker, name,
            [
                "sage_breaker_state": snapshot.state.number,
                "sage_breaker_failure_rate": snapshot.failureRate,
                "sage_breaker_slow_rate": snapshot.slowCallRate,
                "sage_breaker_failures_per_minute": snapshot.failuresPerMinute,
                "sage_breaker_retry_after_seconds": snapshot.retryAfter?.seconds,
                "sage_breaker_queued": Double(snapshot.queued),
            ])
    }

    init(_ name: String, _ snapshot: RateLimiter.Snapshot) {
        self.init(
            .rateLimiter, name,
            [
                "sage_rate_limiter_capacity": Double(snapshot.capacity),
                "sage_rate_limiter_available_permits": Double(snapshot.availablePermits),
                "sage_rate_limiter_debt": Double(snapshot.debt),
                "sage_rate_limiter_queued": Double(snapshot.queued),
                "sage_rate_limiter_paused_seconds": snapshot.pausedFor?.seconds ?? 0,
            ])
    }

    init(_ name: String, _ snapshot: AdaptiveRateLimiter.Snapshot) {
        self.init(
            .adaptiveRateLimiter, name,
            [
                "sage_adaptive_rate_limiter_rate": snapshot.rate,
                "sage_adaptive_rate_limiter_measured_rate": snapshot.measuredRate,
                "sage_adaptive_rate_limiter_queued": Double(snapshot.queued),
                "sage_adaptive_rate_limiter_paused_seconds": snapshot.pausedFor?.seconds ?? 0,
            ])
    }

    init(_ name: String, _ snapshot: Bulkhead.Snapshot) {
        self.init(
            .bulkhead, name,
            [
                "sage_bulkhead_limit": Double(snapshot.limit),
                "sage_bulkhead_in_flight": Double(snapshot.inFlight),
                "sage_bulkhead_queued": Double(snapshot.queued),
            ])
    }

    init(_ name: String, _ snapshot: AdaptiveLimiter.Snapshot) {
        self.init(
            .adaptiveLimiter, name,
            [
                "sage_adaptive_limiter_limit": Double(snapshot.limit),
                "sage_adaptive_limiter_in_flight": Double(snapshot.inFlight),
            ])
    }

    init(_ name: String, _ snapshot: ClientThrottle.Snapshot) {
        self.init(
            .clientThrottle, name,
            ["sage_client_throttle_rejection_probability": snapshot.rejectionProbability])
    }

    init(_ name: String, _ snapshot: TimeLimiter.Snapshot) {
        self.init(
            .timeLimiter, name,
            [
                "sage_time_limiter_limit_seconds": snapshot.limit.seconds,
                "sage_time_limiter_abandoned_running": Double(snapshot.abandonedRunning),
            ])
    }

    init(_ name: String, _ snapshot: Hedge.Snapshot) {
        self.init(
            .hedge, name,
            [
                "sage_hedge_in_flight": Double(snapshot.inFlight),
                "sage_hedge_delay_seconds": snapshot.delay?.seconds,
            ])
    }
}

extension CircuitBreaker.State {
    /// The state as the value of a gauge; dashboards depend on these numbers.
    var number: Double {
        switch self {
        case .closed: 0
        case .halfOpen: 1
        case .open: 2
        case .forcedOpen: 3
        case .disabled: 4
        case .metricsOnly: 5
        }
    }
}
