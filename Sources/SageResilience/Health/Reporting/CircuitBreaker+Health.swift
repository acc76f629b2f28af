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
            "not_permitted": Double(snapshot.rejected),
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
