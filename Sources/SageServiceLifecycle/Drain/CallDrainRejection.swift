public import SageResilience

/// A drain refused a call because the program is shutting down.
public struct CallDrainRejection: ResilienceRejection, Hashable {
    /// The drain's name.
    public let policyName: String
    /// Why it refused: always `RejectionReason.shuttingDown`.
    public var reason: RejectionReason { .shuttingDown }
    /// Nil: this process does not take up work again.
    public var retryAfter: Duration? { nil }

    init(policyName: String) {
        self.policyName = policyName
    }

    /// The error as a sentence.
    public var description: String { "\(policyName): refused, shutting down" }
}
