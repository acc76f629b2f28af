/// The verdict of an ``ErrorClassifier`` about one error.
public struct ErrorClassification: Sendable, Hashable {
    /// The kind of failure.
    public var errorClass: ErrorClass
    /// Whose fault it is; the class's own unless said otherwise.
    public var fault: Fault
    /// What the server said about trying again.
    public var hint: ServerHint?
    /// Whether the request certainly never reached the service, so that repeating it is safe even when it is not
    /// idempotent.
    public var isNotSent: Bool
    /// Whether it was the connection that failed, because it could not be made or because it broke: nobody was too busy,
    /// so the next try need not wait long (``ClassBackoffs``).
    public var isConnection: Bool

    /// Creates a verdict.
    ///
    /// - Parameters:
    ///   - errorClass: The kind of failure.
    ///   - fault: Whose fault it is. Defaults to the class's own.
    ///   - hint: What the server said about trying again. Defaults to nothing.
    ///   - isNotSent: Whether the request certainly never reached the service. Defaults to false.
    ///   - isConnection: Whether it was the connection that failed. Defaults to `isNotSent`.
    public init(
        _ errorClass: ErrorClass, fault: Fault? = nil, hint: ServerHint? = nil, isNotSent: Bool = false,
        isConnection: Bool? = nil
    ) {
        self.errorClass = errorClass
        self.fault = fault ?? errorClass.fault
        self.hint = hint
        self.isNotSent = isNotSent
        self.isConnection = isConnection ?? isNotSent
    }
}

/// What a server said about trying again.
public enum ServerHint: Sendable, Hashable {
    /// Wait at least this long (`Retry-After`, a rate-limit reset).
    case wait(Duration)
    /// Try again after exactly this long, or, when it is negative, not at all (gRPC's push-back, proposal A6).
    ///
    /// The next wait that no server asks for is then the first of the backoff again.
    case pushBack(Duration)
    /// Do not try again (`x-should-retry: false`).
    case doNotRetry

    /// The time that the server wants to be left alone, of whatever kind; nil when it named none.
    public var minimumWait: Duration? {
        switch self {
        case .wait(let wait): wait
        case .pushBack(let wait): wait < .zero ? nil : wait
        case .doNotRetry: nil
        }
    }

    /// Whether the server does not want the call again at all.
    package var forbidsRetry: Bool {
        switch self {
        case .wait: false
        case .pushBack(let wait): wait < .zero
        case .doNotRetry: true
        }
    }
}

/// An error that knows its own classification.
///
/// Conform your client's error type, and every policy with the default classifier treats it right.
public protocol ClassifiedError: Error {
    /// What kind of failure this is, and what the server said about it.
    var classification: ErrorClassification { get }
}
