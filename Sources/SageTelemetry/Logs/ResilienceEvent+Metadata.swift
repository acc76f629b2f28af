import Logging
import SageResilience

extension PolicyIdentity {
    /// The keys that every line about a policy has.
    var metadata: Logger.Metadata {
        ["policy": .string(kind.rawValue), "name": .string(BoundedText.bounded(name))]
    }
}

extension ResilienceEvent {
    /// The facts of the event, in keys and values of bounded length.
    func metadata(_ classifier: ErrorClassifier) -> Logger.Metadata {
        var facts = policy.metadata
        facts["sequence"] = .stringConvertible(sequence)
        switch kind {
        case .circuitBreakerTransition(let from, let to, let snapshot):
            facts["from"] = .string(from.rawValue)
            facts["to"] = .string(to.rawValue)
            facts.add(snapshot)
        case .circuitBreakerWouldOpen(let snapshot):
            facts.add(snapshot)
        case .circuitBreakerRestored(let record):
            facts["to"] = .string(record.state.rawValue)
            facts["remaining_ms"] = .milliseconds(record.remaining)
            facts["failed_recoveries"] = .stringConvertible(record.failedRecoveries)
        case .circuitBreakerAdvised(let advice):
            facts["advice"] = .string(advice.name)
        case .circuitBreakerRejected(let reason), .adaptiveLimiterRejected(let reason),
            .timeLimiterRejected(let reason):
            facts["reason"] = .string(reason.rawValue)
        case .retryScheduled(let attempt, let delay, let error):
            facts["attempt"] = .stringConvertible(attempt)
            facts["delay_ms"] = .milliseconds(delay)
            facts.add(ErrorSummary(error, classifier))
        case .retrySucceeded(let attempts):
            facts["attempts"] = .stringConvertible(attempts)
        case .retryStopped(let attempts, let reason, let error):
            facts["attempts"] = .stringConvertible(attempts)
            facts["reason"] = .string(reason.rawValue)
            facts.add(ErrorSummary(error, classifier))
        case .rateLimiterRejected(let reason, let permits):
            facts["reason"] = .string(reason.rawValue)
            facts["permits"] = .stringConvertible(permits)
        case .rateLimiterWaited(let wait, let permits):
            facts["wait_ms"] = .milliseconds(wait)
            facts["permits"] = .stringConvertible(permits)
        case .bulkheadRejected(let reason, let priority):
            facts["reason"] = .string(reason.rawValue)
            facts["priority"] = .stringConvertible(priority)
        case .bulkheadWaited(let wait, let priority):
            facts["wait_ms"] = .milliseconds(wait)
            facts["priority"] = .stringConvertible(priority)
        case .adaptiveLimiterChanged(let from, let to):
            facts["from"] = .stringConvertible(from)
            facts["to"] = .stringConvertible(to)
        case .adaptiveRateLimiterReduced(let rate):
            facts["rate_per_second"] = .number(rate)
        case .clientThrottleRejected(let probability):
            facts["rejection_probability"] = .number(probability)
        case .timeLimitExceeded(let limit):
            facts["limit_ms"] = .milliseconds(limit)
        case .timeLimitAbandoned(let limit, let running):
            facts["limit_ms"] = .milliseconds(limit)
            facts["running"] = .stringConvertible(running)
        case .hedgeSent(let copy, let delay):
            facts["copy"] = .stringConvertible(copy)
            facts["delay_ms"] = .milliseconds(delay)
        case .hedgeRefused:
            break
        case .hedgeWon(let copy):
            facts["copy"] = .stringConvertible(copy)
        case .fallbackUsed(let alternative, let error):
            facts["alternative"] = .stringConvertible(alternative)
            facts.add(ErrorSummary(error, classifier))
        case .registryEvicted(let entry):
            facts["entry"] = .string(BoundedText.bounded(entry))
        case .childStarted(let child, let restarts):
            facts["child"] = .string(BoundedText.bounded(child))
            facts["restarts"] = .stringConvertible(restarts)
        case .childEnded(let child, let error):
            facts["child"] = .string(BoundedText.bounded(child))
            if let error { facts.add(ErrorSummary(error, classifier)) }
        case .childRestartScheduled(let child, let delay):
            facts["child"] = .string(BoundedText.bounded(child))
            facts["delay_ms"] = .milliseconds(delay)
        case .childUnresponsive(let child, let limit):
            facts["child"] = .string(BoundedText.bounded(child))
            facts["limit_ms"] = .milliseconds(limit)
        case .supervisorGaveUp(let child, let action):
            facts["child"] = .string(BoundedText.bounded(child))
            facts["action"] = .string(BoundedText.bounded(action))
        case .pipelineWarning(let warning):
            facts["warning"] = .string(BoundedText.bounded(warning))
        }
        return facts
    }
}

extension Logger.Metadata {
    /// How many of the recent failures a line tells.
    private static let failuresTold = 5

    fileprivate mutating func add(_ summary: ErrorSummary) {
        self["error_class"] = .string(summary.errorClass)
        self["error_type"] = .string(summary.errorType)
    }

    fileprivate mutating func add(_ snapshot: CircuitBreaker.Snapshot) {
        self["calls"] = .stringConvertible(snapshot.calls)
        self["failures"] = .stringConvertible(snapshot.failures)
        self["consecutive_failures"] = .stringConvertible(snapshot.consecutiveFailures)
        if let rate = snapshot.failureRate { self["failure_rate"] = .number(rate) }
        self["slow_calls"] = .stringConvertible(snapshot.slowCalls)
        if let rate = snapshot.slowCallRate { self["slow_rate"] = .number(rate) }
        self["failures_per_minute"] = .number(snapshot.failuresPerMinute)
        let ages = snapshot.recentFailures.prefix(Self.failuresTold)
        self["recent_failures_ms_ago"] = .string(ages.map { "\($0.milliseconds)" }.joined(separator: " "))
        if let failure = snapshot.lastFailure {
            self["error_class"] = .string(failure.errorClass.rawValue)
            self["error_type"] = .string(BoundedText.bounded(failure.errorType))
        }
        if let wait = snapshot.retryAfter { self["retry_after_ms"] = .milliseconds(wait) }
        self["times_opened"] = .stringConvertible(snapshot.timesOpened)
        self["rejected"] = .stringConvertible(snapshot.rejected)
    }
}

extension Logger.MetadataValue {
    fileprivate static func milliseconds(_ duration: Duration) -> Self { .stringConvertible(duration.milliseconds) }

    /// A number to three places, so that its length is bounded.
    fileprivate static func number(_ value: Double) -> Self { .stringConvertible((value * 1_000).rounded() / 1_000) }
}

extension Duration {
    /// Whole milliseconds, rounded to zero.
    var milliseconds: Int64 { saturatingNanoseconds / 1_000_000 }
}
