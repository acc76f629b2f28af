public import SageResilience

/// The call that a chaos policy looks at.
public struct ChaosCall: Sendable {
    /// What is called, for example `chat`; empty when the caller did not say.
    public let operation: String
    /// Whom it is called for or at, for example the provider; nil when the caller did not say.
    public let key: String?
    /// What the call carries through all policies: priority, deadline, attempt.
    public let context: CallContext

    /// Creates the description of a call.
    ///
    /// - Parameters:
    ///   - operation: What is called. Defaults to nothing.
    ///   - key: Whom it is called for or at. Defaults to nobody.
    ///   - context: What the call carries. Defaults to the current task's.
    public init(_ operation: String = "", key: String? = nil, context: CallContext = .current) {
        self.operation = operation
        self.key = key
        self.context = context
    }
}

/// What a chaos policy did to one call.
@frozen
public enum ChaosInjection<Result> {
    /// Nothing that replaces the call; it goes on.
    case none
    /// This result is used, and the call is not made.
    case outcome(Result)
}

/// How often a chaos policy was asked, and how often it struck.
public struct ChaosCounts: Sendable, Hashable {
    /// Calls that came by, switched on or off.
    public internal(set) var calls = 0
    /// Calls that could have been struck: the policy was switched on and its condition held.
    public internal(set) var eligible = 0
    /// Calls that were struck.
    public internal(set) var injected = 0
}
