/// A service could not be added to a health checker.
public struct HealthCheckerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong.
    ///
    /// Later versions may add cases.
    @nonexhaustive
    public enum Reason: Sendable, Hashable {
        /// Another service has the name.
        case taken
        /// The checker holds as many services as it may.
        case full(capacity: Int)
    }

    /// The name of the service.
    public let name: String
    /// What went wrong.
    public let reason: Reason

    package init(name: String, reason: Reason) {
        self.name = name
        self.reason = reason
    }

    /// The error as a sentence.
    public var description: String {
        switch reason {
        case .taken: "the health checker cannot take \(name): another service has this name"
        case .full(let capacity): "the health checker cannot take \(name): it is full with \(capacity) services"
        }
    }
}
