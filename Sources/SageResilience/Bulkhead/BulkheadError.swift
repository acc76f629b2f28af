/// A bulkhead refused a call; the operation did not run.
public struct BulkheadError: ResilienceRejection, Sendable, Hashable {
    /// The name of the bulkhead.
    public let policyName: String
    /// Why it refused.
    ///
    /// One of ``RejectionReason/concurrencyLimited``, ``RejectionReason/queueFull``, ``RejectionReason/displaced``,
    /// ``RejectionReason/waitTooLong`` and ``RejectionReason/deadlineExceeded``.
    public let reason: RejectionReason
    /// Always nil: a call in flight may end at any moment.
    public var retryAfter: Duration? { nil }

    /// Creates a refusal, for tests of what handles it.
    ///
    /// - Parameters:
    ///   - policyName: The name of the bulkhead.
    ///   - reason: Why it refused. Defaults to ``RejectionReason/concurrencyLimited``.
    public init(policyName: String, reason: RejectionReason = .concurrencyLimited) {
        self.policyName = policyName
        self.reason = reason
    }

    /// The error as a sentence.
    public var description: String {
        let cause =
            switch reason {
            case .queueFull: "the queue is full"
            case .displaced: "a more important call took the place in the queue"
            case .waitTooLong: "no call ended within the longest wait"
            case .deadlineExceeded: "the deadline passed before the call could be made"
            default: "as many calls as allowed are in flight"
            }
        return "\(policyName): bulkhead refused: \(cause)"
    }
}
