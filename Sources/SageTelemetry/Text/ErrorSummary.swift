import SageResilience

/// What may be told about an error: its class and the name of its type, never its text, which may hold secrets.
struct ErrorSummary: Sendable, Hashable {
    /// In place of a class, for a refusal by a policy further in.
    static let rejected = "rejected"

    /// The error's class, or ``rejected``.
    let errorClass: String
    /// The name of the error's type.
    let errorType: String

    init(_ error: any Error, _ classifier: ErrorClassifier) {
        self.errorClass = Self.errorClass(of: error, classifier)
        self.errorType = BoundedText.bounded("\(type(of: error))")
    }

    static func errorClass(of error: any Error, _ classifier: ErrorClassifier) -> String {
        // The classifier looks whether it is a rejection; to look again costs more than all else.
        let classification = classifier.classify(error)
        return classification.fault == .policy ? rejected : classification.errorClass.rawValue
    }
}
