extension AdaptiveLimiter: HealthReporting {
    /// Degraded while as many calls as allowed are in flight, and while the limit has come down to the lowest there is.
    ///
    /// In the first case the next call without a guaranteed share is refused; in the second the service bears so little
    /// that the limiter cannot go lower. A limit that began as low as it can be says nothing. It is never unhealthy: at
    /// least one call is always let through, and the limit comes up again only by calls.
    public var health: ServiceHealth {
        let snapshot = snapshot()
        let isRefusing = snapshot.inFlight >= snapshot.limit
        let isAtMinimum = snapshot.limit == configuration.minLimit && snapshot.limit < configuration.initialLimit
        let (state, reason): (String, String?) =
            switch (isRefusing, isAtMinimum) {
            case (true, _): ("refusing", "\(snapshot.inFlight) calls are in flight, as many as allowed")
            case (_, true): ("at_minimum", "the limit has come down to \(snapshot.limit)")
            default: ("available", nil)
            }
        var measurements: [String: Double] = [
            "drops": Double(snapshot.drops),
            "in_flight": Double(snapshot.inFlight),
            "limit": Double(snapshot.limit),
            "rejected": Double(snapshot.rejected),
        ]
        measurements["average_seconds"] = snapshot.averageDuration?.seconds
        measurements["long_run_seconds"] = snapshot.longRunDuration?.seconds
        return ServiceHealth(
            reason == nil ? .healthy : .degraded, state: state, reason: reason, measurements: measurements)
    }
}
