/// A call that a time limit refused to begin.
public struct TimeLimiterRejection: ResilienceRejection, Sendable, Hashable {
    /// The name of the time limiter.
    public let policyName: String
    /// ``RejectionReason/tooManyAbandoned`` or ``RejectionReason/deadlineExceeded``.
    public let reason: RejectionReason

    /// Creates a refusal, for tests of what handles it.
    ///
    /// - Parameters:
    ///   - policyName: The name of the time limiter.
    ///   - reason: Why it refused. Defaults to ``RejectionReason/deadlineExceeded``.
    public init(policyName: String, reason: RejectionReason = .deadlineExceeded) {
        self.policyName = policyName
        self.reason = reason
    }

    /// Nil: nobody knows when an abandoned operation ends, and a deadline that has passed does not come back.
    public var retryAfter: Duration? { nil }

    /// The error as a sentence.
    public var description: String {
        switch reason {
        case .tooManyAbandoned: "\(policyName): refused, too many abandoned operations still run"
        default: "\(policyName): refused, the call's deadline has passed"
        }
    }
}
