/// A policy that knows how well the service behind it is.
///
/// A ``HealthChecker`` asks it for each report, so the answer must come at once: from what the policy has seen, not by
/// calling the service.
public protocol HealthReporting: Sendable {
    /// The name of the service in a report.
    var name: String { get }
    /// How well the service is; asked from any thread, never under a lock.
    var health: ServiceHealth { get }
}

extension CircuitBreaker: HealthReporting {
    /// Unhealthy while the breaker refuses calls, degraded while it tries whether the service has recovered.
    ///
    /// An open breaker whose recovery time has passed counts as degraded: it lets the next call through, and a program
    /// that got no more calls because it is unhealthy would never find out.
    public var health: ServiceHealth {
        let snapshot = snapshot()
        let (status, reason): (HealthStatus, String?) =
            switch snapshot.state {
            case .closed, .disabled, .metricsOnly: (.healthy, nil)
            case .halfOpen: (.degraded, "probes find out whether the service has recovered")
            case .open where snapshot.retryAfter == .zero: (.degraded, "the next call is a probe")
            case .open: (.unhealthy, "the circuit breaker is open")
            case .forcedOpen: (.unhealthy, "the circuit breaker was opened by hand")
            }
        var measurements: [String: Double] = [
            "calls": Double(snapshot.calls),
            "failures": Double(snapshot.failures),
            "failures_per_minute": snapshot.failuresPerMinute,
            "not_permitted": Double(snapshot.notPermitted),
            "seconds_in_state": snapshot.timeInState.seconds,
            "times_opened": Double(snapshot.timesOpened),
        ]
        measurements["retry_after_seconds"] = snapshot.retryAfter?.seconds
        measurements["slow_call_rate"] = snapshot.slowCallRate
        return ServiceHealth(
            status, state: snapshot.state.rawValue, failureRate: snapshot.failureRate,
            lastFailure: snapshot.lastFailure.map {
                ServiceHealth.LastFailure(age: $0.age, errorClass: $0.errorClass, errorType: $0.errorType)
            },
            reason: reason, measurements: measurements)
    }
}

extension RateLimiter: HealthReporting {
    /// Degraded while the limiter pauses because the service asked for it; a limiter whose permits are used up does
    /// what it is there for, and is healthy.
    public var health: ServiceHealth {
        let snapshot = snapshot()
        let isPaused = snapshot.pausedFor != nil
        let state =
            switch (isPaused, snapshot.waiting, snapshot.availablePermits) {
            case (true, _, _): "paused"
            case (_, 1..., _): "waiting"
            case (_, _, 0): "exhausted"
            default: "available"
            }
        var measurements: [String: Double] = [
            "available": Double(snapshot.availablePermits),
            "rejected": Double(snapshot.rejected),
            "waiting": Double(snapshot.waiting),
        ]
        measurements["paused_seconds"] = snapshot.pausedFor?.seconds
        return ServiceHealth(
            isPaused ? .degraded : .healthy, state: state,
            reason: isPaused ? "the service asked for a pause" : nil, measurements: measurements)
    }
}
