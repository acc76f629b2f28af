extension AdaptiveRateLimiter: HealthReporting {
    /// Degraded while the limiter pauses because the service asked for it.
    ///
    /// A limiter that holds calls to a rate does what it is there for, and is healthy. It is never unhealthy: a pause ends
    /// by itself, and the rate never falls to nothing.
    public var health: ServiceHealth {
        let snapshot = snapshot()
        let isPaused = snapshot.pausedFor != nil
        let state =
            switch (isPaused, snapshot.queued, snapshot.isLimiting) {
            case (true, _, _): "paused"
            case (_, 1..., _): "waiting"
            case (_, _, true): "limiting"
            default: "available"
            }
        var measurements: [String: Double] = [
            "measured_rate": snapshot.measuredRate,
            "queued": Double(snapshot.queued),
            "rejected": Double(snapshot.rejected),
            "throttled": Double(snapshot.throttled),
        ]
        measurements["paused_seconds"] = snapshot.pausedFor?.seconds
        measurements["rate"] = snapshot.rate
        return ServiceHealth(
            isPaused ? .degraded : .healthy, state: state,
            reason: isPaused ? "the service asked for a pause" : nil, measurements: measurements)
    }
}
