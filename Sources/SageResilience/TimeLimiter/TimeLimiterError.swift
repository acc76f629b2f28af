/// An operation that ran into its time limit.
///
/// This is a failure of the operation, not a rejection: it counts against the service and is worth a retry.
public struct TimeLimiterError: ClassifiedError, Sendable, Hashable, CustomStringConvertible {
    /// The name of the time limiter.
    public let policyName: String
    /// The limit that was exceeded.
    public let limit: Duration

    /// Always a timeout.
    public var classification: ErrorClassification { ErrorClassification(.timeout) }

    /// The error as a sentence.
    public var description: String { "\(policyName): no result within \(limit)" }
}
