extension ErrorClassifier {
    /// The same classifier, except that errors of the given types are transient where it would give up on them, and
    /// all others are permanent.
    func retrying(only types: [any Error.Type]) -> ErrorClassifier {
        guard !types.isEmpty else { return self }
        return ErrorClassifier { error in
            guard ErrorTypes.contain(types, error) else { return ErrorClassification(.permanent) }
            var classification = classify(error)
            switch classification.errorClass {
            case .transient, .rateLimited, .overloaded, .timeout: break
            default: classification.errorClass = .transient
            }
            return classification
        }
    }

    /// The same classifier, except that errors of other types are their caller's fault and those of the given types
    /// are the provider's.
    func counting(only types: [any Error.Type]) -> ErrorClassifier {
        guard !types.isEmpty else { return self }
        return ErrorClassifier { error in
            guard ErrorTypes.contain(types, error) else { return ErrorClassification(.permanent, fault: .caller) }
            let classification = classify(error)
            guard classification.fault == .caller else { return classification }
            return ErrorClassification(.unknown, fault: .provider, hint: classification.hint)
        }
    }
}

private enum ErrorTypes {
    static func contain(_ types: [any Error.Type], _ error: any Error) -> Bool {
        types.contains { isInstance(error, of: $0) }
    }

    private static func isInstance<Kind: Error>(_ error: any Error, of type: Kind.Type) -> Bool { error is Kind }
}
