/// Why a retry gave up.
@nonexhaustive
public enum RetryStopReason: String, Sendable, Hashable, CaseIterable {
    /// The error is permanent.
    case permanent
    /// The error is of an unknown kind and has been tried again as often as the policy allows.
    case unknownError = "unknown_error"
    /// The call must not be made twice, and it may have reached the service.
    case notIdempotent = "not_idempotent"
    /// A policy further in refused the call.
    case rejected
    /// A retry further out is repeating its operation already, and this one makes a single attempt.
    case nested
    /// All attempts are used up, or all that the kind of error has.
    case attemptsExhausted = "attempts_exhausted"
    /// The total time, or what is left until the call's deadline, does not suffice for the next wait; or a time limit
    /// around the retry has fired.
    case deadlineExceeded = "deadline_exceeded"
    /// Too many calls to this service are retrying already.
    case budgetExhausted = "budget_exhausted"
    /// The server asked for a longer wait than the policy accepts.
    case hintExceedsMaximum = "hint_exceeds_maximum"
    /// The server said not to try again.
    case serverSaysStop = "server_says_stop"
    /// The caller's task was cancelled.
    case cancelled

    /// Whether there was nothing to try again: the caller's own fault, a call that was given up or refused, an attempt of
    /// a retry further out.
    package var isOrdinary: Bool {
        switch self {
        case .permanent, .rejected, .nested, .cancelled: true
        case .unknownError, .notIdempotent, .attemptsExhausted, .deadlineExceeded, .budgetExhausted,
            .hintExceedsMaximum, .serverSaysStop:
            false
        }
    }
}
