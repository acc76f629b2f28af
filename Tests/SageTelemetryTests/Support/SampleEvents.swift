import SageResilience

/// An error whose text must never get out.
struct SecretError: ClassifiedError, CustomStringConvertible, CustomDebugStringConvertible {
    static let secret = "sk-live-0123456789"

    var errorClass = ErrorClass.transient

    var description: String { "refused \(Self.secret)" }
    var debugDescription: String { description }
    var classification: ErrorClassification { ErrorClassification(errorClass) }
}

extension ResilienceEvent {
    static func sample(
        _ kind: Kind, _ policy: PolicyKind = .retry, _ name: String = "openai", sequence: UInt64 = 1
    ) -> ResilienceEvent {
        ResilienceEvent(policy: PolicyIdentity(policy, name), sequence: sequence, kind: kind)
    }

    /// One event of every kind that carries neither a snapshot of a breaker nor nothing at all.
    static let samples: [ResilienceEvent] = {
        let error = SecretError()
        return [
            sample(.circuitBreakerRejected(.circuitOpen), .circuitBreaker),
            sample(.retryScheduled(attempt: 2, delay: .milliseconds(150), error: error)),
            sample(.retrySucceeded(attempts: 3)),
            sample(.retryStopped(attempts: 4, reason: .attemptsExhausted, error: error)),
            sample(.rateLimiterRejected(.rateLimited, permits: 2), .rateLimiter),
            sample(.rateLimiterWaited(.milliseconds(30), permits: 1), .rateLimiter),
            sample(.rateLimiterRejected(.rateLimited, permits: 1), .adaptiveRateLimiter),
            sample(.rateLimiterWaited(.milliseconds(30), permits: 1), .adaptiveRateLimiter),
            sample(.bulkheadRejected(.queueFull, priority: .high), .bulkhead),
            sample(.bulkheadWaited(.milliseconds(40), priority: .low), .bulkhead),
            sample(.adaptiveLimiterChanged(from: 8, to: 4), .adaptiveLimiter),
            sample(.adaptiveLimiterRejected(.concurrencyLimited), .adaptiveLimiter),
            sample(.adaptiveRateLimiterReduced(to: 2.5), .adaptiveRateLimiter),
            sample(.clientThrottleRejected(probability: 0.123456), .clientThrottle),
            sample(.timeLimitExceeded(.seconds(20)), .timeLimiter),
            sample(.timeLimitAbandoned(.seconds(20), running: 3), .timeLimiter),
            sample(.timeLimiterRejected(.tooManyAbandoned), .timeLimiter),
            sample(.hedgeSent(copy: 2, delay: .milliseconds(90)), .hedge),
            sample(.hedgeRefused, .hedge),
            sample(.hedgeWon(copy: 2), .hedge),
            sample(.fallbackUsed(alternative: 1, error: error), .fallback),
            sample(.registryEvicted(entry: "tenant-7"), .registry),
            sample(.childStarted(child: "ingest", restarts: 1), .supervisor),
            sample(.childEnded(child: "ingest", error: nil), .supervisor),
            sample(.childEnded(child: "ingest", error: error), .supervisor),
            sample(.childRestartScheduled(child: "ingest", delay: .seconds(1)), .supervisor),
            sample(.childUnresponsive(child: "ingest", limit: .seconds(5)), .supervisor),
            sample(.supervisorGaveUp(child: "ingest", action: "stop"), .supervisor),
            sample(.pipelineWarning("the order is doubtful"), .pipeline),
        ]
    }()
}
