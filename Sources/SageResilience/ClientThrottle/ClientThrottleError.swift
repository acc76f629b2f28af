/// A call that a ``ClientThrottle`` refused because the service refuses so many.
public struct ClientThrottleError: ResilienceRejection, Sendable, Hashable {
    /// The name of the throttle.
    public let policyName: String
    /// The share of such calls that was refused at this moment, from 0 to 1.
    public let probability: Double
    /// Always ``RejectionReason/throttled``.
    public var reason: RejectionReason { .throttled }
    /// Always nil: each call is refused by chance, and nobody knows when the service recovers.
    public var retryAfter: Duration? { nil }

    /// Creates a refusal, for tests of what handles it.
    ///
    /// - Parameters:
    ///   - policyName: The name of the throttle.
    ///   - probability: The share of such calls that was refused, from 0 to 1.
    public init(policyName: String, probability: Double) {
        self.policyName = policyName
        self.probability = probability
    }

    /// The error as a sentence.
    public var description: String {
        "\(policyName): client throttle refused, as it does with \(Int((probability * 100).rounded())) % of the calls"
    }
}
