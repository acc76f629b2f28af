/// A rate limiter refused a call; the operation did not run and no permit was used.
public struct RateLimiterError: ResilienceRejection, Sendable, Hashable {
    /// The name of the rate limiter.
    public let policyName: String
    /// Why it refused: ``RejectionReason/rateLimited``, ``RejectionReason/waitTooLong``,
    /// ``RejectionReason/deadlineExceeded``, ``RejectionReason/queueFull`` or
    /// ``RejectionReason/insufficientCapacity``.
    public let reason: RejectionReason
    /// How long until the permits are free, those who wait already being served first; nil when they never will be.
    public let retryAfter: Duration?
    /// How many permits were asked for.
    public let permits: Int

    /// Creates a refusal, for tests of what handles it.
    ///
    /// - Parameters:
    ///   - policyName: The name of the rate limiter.
    ///   - reason: Why it refused. Defaults to ``RejectionReason/rateLimited``.
    ///   - retryAfter: How long until the permits are free. Defaults to nil, which is never.
    ///   - permits: How many permits were asked for. Defaults to 1.
    public init(
        policyName: String, reason: RejectionReason = .rateLimited, retryAfter: Duration? = nil, permits: Int = 1
    ) {
        self.policyName = policyName
        self.reason = reason
        self.retryAfter = retryAfter
        self.permits = permits
    }

    /// The error as a sentence.
    public var description: String {
        let cause =
            switch reason {
            case .waitTooLong: "the wait would be longer than allowed"
            case .deadlineExceeded: "the call's deadline would pass before its permits are free"
            case .queueFull: "the queue is full"
            case .insufficientCapacity: "\(permits) permits are more than it can ever grant at once"
            default: "the limit is used up"
            }
        let advice = retryAfter.map { "; retry after \($0.rounded)" } ?? ""
        return "rate limiter \(policyName) refused: \(cause)\(advice)"
    }
}
