extension RateLimiter: HealthReporting {
    /// Degraded while the limiter pauses because the service asked for it; a limiter whose permits are used up does
    /// what it is there for, and is healthy.
    public var health: ServiceHealth {
        let snapshot = snapshot()
        let isPaused = snapshot.pausedFor != nil
        let state =
            switch (isPaused, snapshot.queued, snapshot.availablePermits) {
            case (true, _, _): "paused"
            case (_, 1..., _): "waiting"
            case (_, _, 0): "exhausted"
            default: "available"
            }
        var measurements: [String: Double] = [
            "available": Double(snapshot.availablePermits),
            "rejected": Double(snapshot.rejected),
            "queued": Double(snapshot.queued),
        ]
        measurements["paused_seconds"] = snapshot.pausedFor?.seconds
        return ServiceHealth(
            isPaused ? .degraded : .healthy, state: state,
            reason: isPaused ? "the service asked for a pause" : nil, measurements: measurements)
    }
}
