/// An operation or a stream that ran into a time limit.
///
/// This is a failure of the operation, not a rejection: it counts against the service and is worth a retry.
public struct TimeLimiterError: ClassifiedError, Sendable, Hashable, CustomStringConvertible {
    /// Which limit it was.
    ///
    /// Later versions may add cases.
    @nonexhaustive
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The limit of a ``TimeLimiter``.
        case operation
        /// ``CallContext/deadline``, which was nearer than the policy's own limit.
        case deadline
        /// The time to the first element of a stream.
        case firstElement = "first_element"
        /// The time between two elements of a stream.
        case betweenElements = "between_elements"
        /// The time for a whole stream.
        case total
    }

    /// The name of the policy whose limit fired.
    public let policyName: String
    /// The limit that was exceeded; for a deadline the time that was left when the operation began.
    public let limit: Duration
    /// Which limit it was.
    public let kind: Kind
    /// Whether the operation was left running: it was cancelled, but has not ended.
    public let isAbandoned: Bool

    /// Creates the error, for tests of code that handles it.
    ///
    /// - Parameters:
    ///   - policyName: The name of the policy whose limit fired.
    ///   - limit: The limit that was exceeded.
    ///   - kind: Which limit it was. Defaults to that of a ``TimeLimiter``.
    ///   - isAbandoned: Whether the operation was left running. Defaults to false.
    public init(policyName: String, limit: Duration, kind: Kind = .operation, isAbandoned: Bool = false) {
        self.policyName = policyName
        self.limit = limit
        self.kind = kind
        self.isAbandoned = isAbandoned
    }

    /// Always a timeout.
    public var classification: ErrorClassification { ErrorClassification(.timeout) }

    /// The error as a sentence.
    public var description: String {
        switch kind {
        case .operation: "\(policyName): no result within \(limit)"
        case .deadline: "\(policyName): no result before the call's deadline, which was \(limit) away"
        case .firstElement: "\(policyName): no first element within \(limit)"
        case .betweenElements: "\(policyName): no further element within \(limit)"
        case .total: "\(policyName): the stream did not end within \(limit)"
        }
    }
}
