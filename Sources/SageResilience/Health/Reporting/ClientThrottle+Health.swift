extension ClientThrottle: HealthReporting {
    /// Degraded while the throttle refuses a share of the calls.
    ///
    /// It is never unhealthy: a share of the calls goes through and finds out whether the service has recovered, and a
    /// throttle that counts pending calls cannot tell a service that accepts nothing from one that has not answered yet.
    public var health: ServiceHealth {
        let snapshot = snapshot()
        let isThrottling = snapshot.rejectionProbability > 0
        return ServiceHealth(
            isThrottling ? .degraded : .healthy, state: isThrottling ? "throttling" : "admitting",
            reason: isThrottling ? "the service accepts \(snapshot.accepts) of \(snapshot.requests) calls" : nil,
            measurements: [
                "accepts": Double(snapshot.accepts),
                "rejected": Double(snapshot.rejected),
                "rejection_probability": snapshot.rejectionProbability,
                "requests": Double(snapshot.requests),
            ])
    }
}
