package import SageResilience

extension ErrorClassifier {
    /// For the operations of stores.
    ///
    /// A connection that could not be made was tried as often as its own policy says, and a deadline of the caller says
    /// nothing about the store.
    ///
    /// An error that is no ``StorageError`` comes from the closure that the caller ran in the transaction: it is no word
    /// of the store and not repeated. A transaction that the database undid in favour of another one certainly had no
    /// effect, and belongs to the healthy life of a database.
    package static let storage = ErrorClassifier { error in
        guard let error = error as? StorageError else { return ErrorClassification(.permanent, fault: .caller) }
        var classification = error.classification
        guard error.origin == .statement else {
            classification.fault = .caller
            classification.hint = .doNotRetry
            return classification
        }
        guard !error.isOutcomeUnknown else { return classification }
        switch error.problem {
        case .serialization:
            classification.isNotSent = true
            classification.isConnection = false
            classification.fault = .caller
        case .busy:
            classification.isNotSent = true
            classification.isConnection = false
        case .full:
            // It costs nothing to be told so, and what reads, or deletes, must not be refused for it.
            classification.fault = .caller
        default:
            break
        }
        return classification
    }
}
