/// The attributes of spans, and the words that they hold.
enum SpanNames {
    static let pipeline = "sage.pipeline"
    static let attempt = "sage.attempt"
    static let attempts = "sage.attempts"
    static let hedgeCopy = "sage.hedge_copy"
    static let outcome = "sage.outcome"
    static let errorClass = "sage.error_class"
    static let errorType = "error.type"
    static let policy = "sage.policy"
    static let reason = "sage.reason"
    static let retryAfter = "sage.retry_after_ms"
    static let wait = "sage.wait_ms"
    static let fallback = "sage.fallback"

    static let rejectedEvent = "sage.rejected"
    static let attemptRejectedEvent = "sage.attempt_rejected"
    static let firstElementEvent = "sage.first_element"
}

/// How a call or an attempt ended, as a span tells it.
enum SpanOutcome: String, Sendable, Hashable {
    case success
    case failure
    /// A policy refused it.
    case rejected
    /// Its task was cancelled.
    case cancelled
    /// The consumer of a stream walked away.
    case abandoned
}
