/// Decides what kind of failure an error is.
///
/// The same classifier serves a retry (is another try useful?), a circuit breaker (does it count against the
/// service?) and a fallback (which alternative?).
public struct ErrorClassifier: Sendable {
    private let body: @Sendable (any Error) -> ErrorClassification

    /// Creates a classifier.
    ///
    /// - Parameter classify: Called for each failure of a task that was not cancelled, except for a
    ///   ``ResilienceRejection`` and a ``FailedResult``, from any thread, never under a lock.
    public init(_ classify: @escaping @Sendable (any Error) -> ErrorClassification) {
        self.body = classify
    }

    /// Classifies one error.
    ///
    /// A rejection is always the policy's fault, and a ``FailedResult`` has been judged already: the classifier is asked
    /// about neither.
    public func classify(_ error: any Error) -> ErrorClassification {
        if let rejection = error as? any ResilienceRejection {
            return ErrorClassification(.overloaded, fault: .policy, hint: rejection.retryAfter.map(ServerHint.wait))
        }
        if let failed = error as? FailedResult { return failed.classification }
        return body(error)
    }

    /// Asks the error itself (``ClassifiedError``); a `CancellationError` while the own task lives is the service's
    /// doing and transient; every other error is unknown.
    public static let `default` = ErrorClassifier { error in
        switch error {
        case let classified as any ClassifiedError:
            classified.classification
        case is CancellationError:
            ErrorClassification(.transient)
        default:
            ErrorClassification(.unknown)
        }
    }

    /// The default, except that an unknown error is transient: every error that does not say otherwise is retried.
    public static let retryUnknown = ErrorClassifier { error in
        var classification = ErrorClassifier.default.classify(error)
        if classification.errorClass == .unknown { classification.errorClass = .transient }
        return classification
    }
}
