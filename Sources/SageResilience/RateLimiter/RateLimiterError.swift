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

    package init(policyName: String, reason: RejectionReason, retryAfter: Duration?, permits: Int) {
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
        let advice = retryAfter.map { "; retry after \($0)" } ?? ""
        return "rate limiter \(policyName) refused: \(cause)\(advice)"
    }
}
