extension Bulkhead: HealthReporting {
    /// Degraded while the bulkhead is full and would refuse the next call: its queue is full, or it has none.
    ///
    /// Calls then arrive faster than the service ends them. While there is room in the queue the bulkhead does what it
    /// is there for, and is healthy. It is never unhealthy: the calls inside go on, and each that ends makes room. Only the
    /// configuration is looked at; a call may bring a longest wait or a priority of its own.
    public var health: ServiceHealth {
        let snapshot = snapshot()
        let hasQueue = configuration.maxQueued > 0 && configuration.maxWait > .zero
        let isRefusing = snapshot.available == 0 && (!hasQueue || snapshot.queued >= configuration.maxQueued)
        let state =
            switch (isRefusing, snapshot.queued, snapshot.available) {
            case (true, _, _): "refusing"
            case (_, 1..., _): "waiting"
            case (_, _, 0): "full"
            default: "available"
            }
        return ServiceHealth(
            isRefusing ? .degraded : .healthy, state: state,
            reason: isRefusing ? "\(snapshot.inFlight) calls are in flight and \(snapshot.queued) wait" : nil,
            measurements: [
                "available": Double(snapshot.available),
                "in_flight": Double(snapshot.inFlight),
                "limit": Double(snapshot.limit),
                "rejected": Double(snapshot.rejected),
                "queued": Double(snapshot.queued),
            ])
    }
}
