extension Supervisor: HealthReporting {
    /// Unhealthy when the supervisor gave up, degraded while some of its work is not being done.
    ///
    /// | The supervisor is | when |
    /// | --- | --- |
    /// | unhealthy | it stops or has stopped because a child failed too often, until it runs again |
    /// | degraded | it does not run, or is being stopped, for any other reason but that all its work is done |
    /// | degraded | a child backs off, is not ready yet, is being stopped or does not react to cancellation |
    /// | degraded | a supervisor that runs as its child is not healthy, or has given up |
    /// | healthy | else; also when all children have ended for good |
    ///
    /// A child that was stopped by hand and a ``Child/Restart/temporary`` one that has failed are as they should be.
    public var health: ServiceHealth {
        let snapshot = snapshot()
        let (status, reason) = snapshot.judgement
        let lastFailure = snapshot.children.compactMap(\.lastFailure).min { $0.age < $1.age }
        var measurements: [String: Double] = [
            "children": Double(snapshot.children.count),
            "children_running": Double(snapshot.children.count { $0.state == .running }),
            "restarts": snapshot.children.reduce(0) { $0 + Double($1.restarts) },
            "restarts_in_window": Double(snapshot.restartsInWindow),
        ]
        measurements["uptime_seconds"] = snapshot.uptime?.seconds
        return ServiceHealth(
            status, state: snapshot.ending?.rawValue ?? snapshot.state.rawValue,
            lastFailure: lastFailure.map {
                ServiceHealth.LastFailure(age: $0.age, errorClass: $0.errorClass, errorType: $0.errorType)
            },
            reason: reason, measurements: measurements)
    }
}

extension Supervisor.Snapshot {
    fileprivate var judgement: (status: HealthStatus, reason: String?) {
        switch (ending, state) {
        case (.gaveUp, _): return (.unhealthy, "a child failed more often than allowed")
        case (.completed, _): return (.healthy, nil)
        case (.shutDown, _), (.cancelled, _): return (.degraded, "the supervisor was told to stop")
        case (nil, .stopped): return (.degraded, "the supervisor does not run yet")
        case (nil, .running), (nil, .stopping): break
        }
        let names = children.filter(\.isInTrouble).map(\.name)
        guard let first = names.first else { return (.healthy, nil) }
        return (.degraded, "\(names.count) of \(children.count) children do not do their work, the first is \(first)")
    }
}

extension Child.Snapshot {
    fileprivate var isInTrouble: Bool {
        guard !isUnresponsive else { return true }
        return switch state {
        case .running, .completed: supervisor.map { $0.judgement.status != .healthy } ?? false
        case .starting, .backingOff, .stopping: true
        // Between its failure and the decision about its restart also one that will be started again has failed.
        case .failed: restart != .temporary
        case .stopped: false
        }
    }
}
