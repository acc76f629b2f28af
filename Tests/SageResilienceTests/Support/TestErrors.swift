import SageResilience

/// An error that classifies itself.
struct ServiceError: ClassifiedError, Hashable {
    var classification: ErrorClassification

    init(_ errorClass: ErrorClass, fault: Fault? = nil, hint: ServerHint? = nil) {
        classification = ErrorClassification(errorClass, fault: fault, hint: hint)
    }

    static let transient = ServiceError(.transient)
    static let permanent = ServiceError(.permanent)
}

/// An error that nobody knows anything about.
struct UnknownError: Error, Hashable {
    var number = 0
}

/// A refusal by some policy.
struct Refusal: ResilienceRejection, Hashable {
    var policyName = "refuser"
    var reason = RejectionReason.rateLimited
    var retryAfter: Duration?
    var description: String { "\(policyName): refused" }
}
