/// An adaptive limiter refused a call; the operation did not run.
public struct AdaptiveLimiterError: ResilienceRejection, Sendable, Hashable {
    /// The name of the limiter.
    public let policyName: String
    /// Always ``RejectionReason/concurrencyLimited``.
    public var reason: RejectionReason { .concurrencyLimited }
    /// Always nil: a call in flight may end at any moment.
    public var retryAfter: Duration? { nil }
    /// How many calls the limiter let be in flight when it refused.
    public let limit: Int

    /// Creates a refusal, for tests of what handles it.
    ///
    /// - Parameters:
    ///   - policyName: The name of the limiter.
    ///   - limit: How many calls the limiter let be in flight.
    public init(policyName: String, limit: Int) {
        self.policyName = policyName
        self.limit = limit
    }

    /// The error as a sentence.
    public var description: String {
        "\(policyName): adaptive limiter refused: \(limit) calls may be in flight at present, and are"
    }
}
