/// A supervisor gave up: a child failed more often than its policy allows.
///
/// It classifies itself as its ``lastError``, so that a supervisor or retry further out sees the kind of failure that
/// was at the root.
public struct SupervisorError: ClassifiedError, Sendable, CustomStringConvertible {
    /// The supervisor's name.
    public let supervisor: String
    /// The name of the child that failed once too often.
    public let child: String
    /// How often that child was started again.
    public let restarts: Int
    /// What was allowed.
    public let intensity: RestartIntensity
    /// The child's last error; nil when it returned although it is permanent.
    public let lastError: (any Error)?

    /// The kind of failure that the last error says it is.
    public var classification: ErrorClassification {
        lastError.map(ErrorClassifier.default.classify) ?? ErrorClassification(.unknown)
    }

    /// The error as a sentence, with the type of the last error but never its text.
    public var description: String {
        let cause = lastError.map { "failed with \(type(of: $0))" } ?? "returned"
        return "\(supervisor): child \(child) \(cause) after \(restarts) restarts; "
            + "allowed are \(intensity.maxRestarts) within \(intensity.window)"
    }
}

/// A request that a supervisor cannot fulfil.
@nonexhaustive
public enum SupervisionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// ``Supervisor/run()`` was called while another call of it runs.
    case alreadyRunning(supervisor: String)
    /// A child was added under a name that another child has.
    case duplicateChild(String)
    /// There is no child of that name.
    case unknownChild(String)
    /// The supervisor is stopping and starts nothing any more.
    case shuttingDown(supervisor: String)

    /// The error as a sentence.
    public var description: String {
        switch self {
        case .alreadyRunning(let supervisor): "\(supervisor): runs already"
        case .duplicateChild(let child): "there is a child named \(child) already"
        case .unknownChild(let child): "there is no child named \(child)"
        case .shuttingDown(let supervisor): "\(supervisor): is shutting down"
        }
    }
}
