extension ResilienceEvent: CustomStringConvertible {
    /// The policy, the number of the event and what happened, for people.
    ///
    /// Errors appear by the name of their type: their text may hold secrets.
    public var description: String { "\(policy) #\(sequence): \(kind)" }
}

extension PolicyIdentity: CustomStringConvertible {
    /// Kind and name, for example `circuit breaker 'openai'`.
    public var description: String { "\(String(kind.rawValue.map { $0 == "_" ? " " : $0 })) '\(name)'" }
}

extension ResilienceEvent.Kind: CustomStringConvertible {
    /// What happened, for people.
    ///
    /// Errors appear by the name of their type: their text may hold secrets.
    public var description: String {
        switch self {
        case .circuitBreakerTransition(let from, let to, let snapshot):
            "\(from.rawValue) → \(to.rawValue), \(snapshot.failures) of \(snapshot.calls) calls failed"
        case .circuitBreakerWouldOpen(let snapshot):
            "would open, \(snapshot.failures) of \(snapshot.calls) calls failed"
        case .circuitBreakerRestored(let record):
            "took up the state from before the start: \(record.state.rawValue)"
                + (record.remaining > .zero ? ", \(record.remaining.rounded) left" : "")
        case .circuitBreakerAdvised(let advice):
            switch advice {
            case .opened(let remaining, _): "follows others that are open, \(remaining.rounded) left"
            case .probesFailed(let wait): "follows others whose probes failed, the next are due in \(wait.rounded)"
            case .recovered: "follows others whose probes succeeded"
            }
        case .circuitBreakerRejected(let reason), .adaptiveLimiterRejected(let reason),
            .timeLimiterRejected(let reason):
            "refused a call: \(reason.rawValue)"
        case .retryScheduled(let attempt, let delay, let error):
            "attempt \(attempt) in \(delay.rounded), after \(type(of: error))"
        case .retrySucceeded(let attempts):
            "succeeded with attempt \(attempts)"
        case .retryStopped(let attempts, let reason, let error):
            "gave up after \(attempts) attempt\(attempts == 1 ? "" : "s"): \(reason.rawValue), \(type(of: error))"
        case .rateLimiterRejected(let reason, let permits):
            "refused \(permits) permits: \(reason.rawValue)"
        case .rateLimiterWaited(let wait, let permits):
            "\(permits) permits after \(wait.rounded)"
        case .bulkheadRejected(let reason, let priority):
            "refused a call of \(priority) priority: \(reason.rawValue)"
        case .bulkheadWaited(let wait, let priority):
            "admitted a call of \(priority) priority after \(wait.rounded)"
        case .adaptiveLimiterChanged(let from, let to):
            "limit \(from) → \(to)"
        case .adaptiveRateLimiterReduced(let rate):
            "slowed down to \(rate) calls a second"
        case .clientThrottleRejected(let probability):
            "refused a call; it refuses a share of \(probability)"
        case .timeLimitExceeded(let limit):
            "cancelled after \(limit)"
        case .timeLimitAbandoned(let limit, let running):
            "returned after \(limit), \(running) operations still run"
        case .hedgeSent(let copy, let delay):
            "sent copy \(copy) after \(delay.rounded)"
        case .hedgeRefused:
            "sent no copy: the budget is spent"
        case .hedgeWon(let copy):
            "copy \(copy) came first"
        case .fallbackUsed(let alternative, let error):
            "alternative \(alternative) after \(type(of: error))"
        case .registryEvicted(let entry):
            "removed '\(entry)'"
        case .childStarted(let child, let restarts):
            "started '\(child)', \(restarts) restarts so far"
        case .childEnded(let child, let error):
            "'\(child)' ended" + (error.map { " with \(type(of: $0))" } ?? "")
        case .childRestartScheduled(let child, let delay):
            "starts '\(child)' again in \(delay.rounded)"
        case .childUnresponsive(let child, let limit):
            "'\(child)' goes on for more than \(limit) after it was cancelled"
        case .supervisorGaveUp(let child, let action):
            "'\(child)' failed too often: \(action)"
        case .pipelineWarning(let text):
            text
        }
    }
}
