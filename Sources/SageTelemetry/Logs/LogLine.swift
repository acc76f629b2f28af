import Logging
import SageResilience

/// The kinds of lines that a ``LogListener`` writes; what tells one event from another of the same kind is metadata.
///
/// The raw value is the message. It is never interpolated, so that a log can be searched and grouped by it.
enum LogLine: String, Sendable, Hashable, CaseIterable {
    case breakerOpened = "circuit breaker opened"
    case breakerForcedOpen = "circuit breaker was forced open"
    case breakerHalfOpen = "circuit breaker is half-open"
    case breakerClosed = "circuit breaker closed"
    case breakerDisabled = "circuit breaker was disabled"
    case breakerMetricsOnly = "circuit breaker only measures"
    case breakerWouldOpen = "circuit breaker would have opened"
    case breakerRestored = "circuit breaker took up its state from before the start"
    case breakerAdvised = "circuit breaker follows other instances"
    case breakerRejected = "circuit breaker refused a call"
    case retryScheduled = "retry scheduled"
    case retrySucceeded = "retry succeeded"
    case retryStopped = "retry gave up"
    case retryDeclined = "retry did not try again"
    case rateLimiterRejected = "rate limiter refused a call"
    case rateLimiterWaited = "call waited for the rate limiter"
    case bulkheadRejected = "bulkhead refused a call"
    case bulkheadWaited = "call waited for the bulkhead"
    case adaptiveLimiterChanged = "adaptive limiter changed its limit"
    case adaptiveLimiterRejected = "adaptive limiter refused a call"
    case adaptiveRateLimiterReduced = "adaptive rate limiter slowed down"
    case clientThrottleRejected = "client throttle refused a call"
    case timeLimitExceeded = "time limit exceeded"
    case timeLimitAbandoned = "time limit abandoned its operation"
    case timeLimiterRejected = "time limiter refused a call"
    case hedgeSent = "hedge sent a copy"
    case hedgeRefused = "hedge was refused a copy"
    case hedgeWon = "hedge was won by a copy"
    case fallbackUsed = "fallback took over"
    case registryEvicted = "registry removed an idle entry"
    case childStarted = "child started"
    case childReturned = "child ended"
    case childFailed = "child failed"
    case childRestartScheduled = "child restart scheduled"
    case childUnresponsive = "child does not end"
    case supervisorGaveUp = "supervisor gave up"
    case pipelineWarning = "pipeline is in a doubtful order"

    init(_ kind: ResilienceEvent.Kind) {
        self =
            switch kind {
            case .circuitBreakerTransition(_, let to, _): Self(transitionTo: to)
            case .circuitBreakerWouldOpen: .breakerWouldOpen
            case .circuitBreakerRestored: .breakerRestored
            case .circuitBreakerAdvised: .breakerAdvised
            case .circuitBreakerRejected: .breakerRejected
            case .retryScheduled: .retryScheduled
            case .retrySucceeded: .retrySucceeded
            case .retryStopped(_, let reason, _): reason.isOrdinary ? .retryDeclined : .retryStopped
            case .rateLimiterRejected: .rateLimiterRejected
            case .rateLimiterWaited: .rateLimiterWaited
            case .bulkheadRejected: .bulkheadRejected
            case .bulkheadWaited: .bulkheadWaited
            case .adaptiveLimiterChanged: .adaptiveLimiterChanged
            case .adaptiveLimiterRejected: .adaptiveLimiterRejected
            case .adaptiveRateLimiterReduced: .adaptiveRateLimiterReduced
            case .clientThrottleRejected: .clientThrottleRejected
            case .timeLimitExceeded: .timeLimitExceeded
            case .timeLimitAbandoned: .timeLimitAbandoned
            case .timeLimiterRejected: .timeLimiterRejected
            case .hedgeSent: .hedgeSent
            case .hedgeRefused: .hedgeRefused
            case .hedgeWon: .hedgeWon
            case .fallbackUsed: .fallbackUsed
            case .registryEvicted: .registryEvicted
            case .childStarted: .childStarted
            case .childEnded(_, let error): error == nil ? .childReturned : .childFailed
            case .childRestartScheduled: .childRestartScheduled
            case .childUnresponsive: .childUnresponsive
            case .supervisorGaveUp: .supervisorGaveUp
            case .pipelineWarning: .pipelineWarning
            }
    }

    private init(transitionTo state: CircuitBreaker.State) {
        self =
            switch state {
            case .closed: .breakerClosed
            case .halfOpen: .breakerHalfOpen
            case .open: .breakerOpened
            case .forcedOpen: .breakerForcedOpen
            case .disabled: .breakerDisabled
            case .metricsOnly: .breakerMetricsOnly
            }
    }

    /// The message of the line.
    var message: Logger.Message { Logger.Message(stringLiteral: rawValue) }

    /// How much attention the line deserves: its event's severity, and trace for what happens to calls that go well.
    var importance: Importance {
        switch self {
        case .breakerOpened, .breakerForcedOpen, .breakerWouldOpen, .retryStopped, .timeLimitExceeded,
            .timeLimitAbandoned, .fallbackUsed, .childFailed, .childUnresponsive, .supervisorGaveUp, .pipelineWarning:
            .warning
        case .breakerHalfOpen, .breakerClosed, .breakerDisabled, .breakerMetricsOnly, .breakerRestored,
            .breakerAdvised, .retryScheduled,
            .registryEvicted, .adaptiveLimiterChanged, .adaptiveRateLimiterReduced, .hedgeRefused, .childStarted,
            .childReturned, .childRestartScheduled:
            .info
        case .breakerRejected, .retrySucceeded, .retryDeclined, .rateLimiterRejected, .bulkheadRejected,
            .adaptiveLimiterRejected,
            .clientThrottleRejected, .timeLimiterRejected:
            .debug
        case .rateLimiterWaited, .bulkheadWaited, .hedgeSent, .hedgeWon:
            .trace
        }
    }

    enum Importance: Sendable {
        case warning
        case info
        case debug
        case trace
    }
}
