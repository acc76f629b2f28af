/// An adaptive rate limiter refused a call; the operation did not run.
public struct AdaptiveRateLimiterError: ResilienceRejection, Sendable, Hashable {
    /// The name of the limiter.
    public let policyName: String
    /// Why it refused: ``RejectionReason/rateLimited``, ``RejectionReason/waitTooLong``, ``RejectionReason/queueFull``
    /// or ``RejectionReason/deadlineExceeded``.
    public let reason: RejectionReason
    /// How long until it would be the call's turn at the present rate, those who wait already being served first.
    public let retryAfter: Duration?

    /// Creates a refusal, for tests of what handles it.
    ///
    /// - Parameters:
    ///   - policyName: The name of the limiter.
    ///   - reason: Why it refused. Defaults to ``RejectionReason/rateLimited``.
    ///   - retryAfter: How long until it would be the call's turn. Defaults to nil, which is unknown.
    public init(policyName: String, reason: RejectionReason = .rateLimited, retryAfter: Duration? = nil) {
        self.policyName = policyName
        self.reason = reason
        self.retryAfter = retryAfter
    }

    /// The error as a sentence.
    public var description: String {
        let cause =
            switch reason {
            case .waitTooLong: "the wait would be longer than allowed"
            case .queueFull: "the queue is full"
            case .deadlineExceeded: "the call's deadline passes before its turn"
            default: "the rate is used up"
            }
        return "adaptive rate limiter \(policyName) refused: \(cause)"
            + (retryAfter.map { "; retry after \($0.rounded)" } ?? "")
    }
}
