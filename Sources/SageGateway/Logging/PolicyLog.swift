import Logging
import SageResilience

/// Writes what policies report into the log: constant messages, the facts as metadata, never an error's text.
struct PolicyLog: ResilienceListener {
    private let logger: Logger

    init(_ logger: Logger) {
        self.logger = logger
    }

    func receive(_ event: ResilienceEvent) {
        let level: Logger.Level =
            switch event.severity {
            case .debug: .debug
            case .info: .info
            case .warning: .warning
            }
        guard level >= logger.logLevel else { return }
        var metadata: Logger.Metadata = [
            "policy": .string(event.policy.kind.rawValue), "name": .string(event.policy.name),
            "sequence": .stringConvertible(event.sequence),
        ]
        switch event.kind {
        case .circuitBreakerTransition(let from, let to, let snapshot):
            metadata["from"] = .string(from.rawValue)
            metadata["to"] = .string(to.rawValue)
            metadata.add(snapshot)
            logger.log(level: level, "circuit breaker changed its state", metadata: metadata)
        case .circuitBreakerWouldOpen(let snapshot):
            metadata.add(snapshot)
            logger.log(level: level, "circuit breaker would have opened", metadata: metadata)
        case .circuitBreakerRejected(let reason):
            metadata["reason"] = .string(reason.rawValue)
            logger.log(level: level, "circuit breaker refused a call", metadata: metadata)
        case .registryEvicted(let entry):
            metadata["entry"] = .string(entry)
            logger.log(level: level, "registry removed an idle entry", metadata: metadata)
        default:
            logger.log(level: level, "policy event", metadata: metadata)
        }
    }
}

extension Logger.Metadata {
    fileprivate mutating func add(_ snapshot: CircuitBreaker.Snapshot) {
        self["calls"] = .stringConvertible(snapshot.calls)
        self["failures"] = .stringConvertible(snapshot.failures)
        self["slow_calls"] = .stringConvertible(snapshot.slowCalls)
        if let rate = snapshot.failureRate { self["failure_rate"] = .stringConvertible(rate) }
        if let rate = snapshot.slowCallRate { self["slow_rate"] = .stringConvertible(rate) }
        self["failures_per_minute"] = .stringConvertible(snapshot.failuresPerMinute)
        self["recent_failures_ms_ago"] = .string(
            snapshot.recentFailures.prefix(5).map { "\($0.wholeMilliseconds)" }.joined(separator: " "))
        self["times_opened"] = .stringConvertible(snapshot.timesOpened)
        self["not_permitted"] = .stringConvertible(snapshot.rejected)
        if let failure = snapshot.lastFailure {
            self["last_failure"] = .string(failure.errorClass.rawValue)
            self["last_failure_type"] = .string(failure.errorType)
            self["last_failure_ms_ago"] = .stringConvertible(failure.age.wholeMilliseconds)
        }
        if let wait = snapshot.retryAfter { self["retry_after_ms"] = .stringConvertible(wait.wholeMilliseconds) }
    }
}
