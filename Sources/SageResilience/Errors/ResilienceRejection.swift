/// An error by which a policy refused a call without making it.
///
/// The operation did not run, so the call is safe to send elsewhere. Other policies treat a rejection as *ignored*:
/// it counts neither as success nor as failure. A retry stops at it unless it is told to wait.
public protocol ResilienceRejection: Error, CustomStringConvertible {
    /// The name of the policy that refused.
    var policyName: String { get }
    /// Why it refused.
    var reason: RejectionReason { get }
    /// How long to wait before another try can succeed; nil when waiting does not help or the time is not known.
    var retryAfter: Duration? { get }
}

/// Why a policy refused a call.
@nonexhaustive
public enum RejectionReason: String, Sendable, Hashable, CaseIterable {
    /// The circuit breaker is open and its recovery time has not passed.
    case circuitOpen = "circuit_open"
    /// Someone forced the circuit breaker open.
    case circuitForcedOpen = "circuit_forced_open"
    /// The circuit breaker is half-open and all its probes are in flight, or the service asked for a wait.
    case halfOpenLimit = "half_open_limit"
    /// The rate limit is used up and the caller did not want to wait.
    case rateLimited = "rate_limited"
    /// The call waited for as long as the caller or the policy allows, or would have to wait for longer.
    case waitTooLong = "wait_too_long"
    /// As many calls wait already as the policy allows.
    case queueFull = "queue_full"
    /// More permits were asked for at once than the rate limiter can ever grant.
    case insufficientCapacity = "insufficient_capacity"
    /// As many calls as allowed are in flight, and the policy has no queue or the caller did not want to wait.
    case concurrencyLimited = "concurrency_limited"
    /// The call waited, and a more important one took its place in the queue.
    case displaced
    /// The service refuses so many calls that this one was not even sent.
    case throttled
    /// The circuit breaker has just closed and admits only a growing share of the calls.
    case rampingUp = "ramping_up"
    /// The call's deadline passes before it could be made.
    case deadlineExceeded = "deadline_exceeded"
    /// Too many operations that a time limit abandoned still run.
    case tooManyAbandoned = "too_many_abandoned"
    /// The program is shutting down and begins nothing new.
    case shuttingDown = "shutting_down"
}
