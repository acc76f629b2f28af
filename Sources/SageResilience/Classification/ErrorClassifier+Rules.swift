extension ErrorClassifier {
    /// Creates a classifier from rules that are tried in order; the first that knows the error decides.
    ///
    /// ```swift
    /// let classifier = ErrorClassifier(otherwise: .database) {
    ///     ErrorRule(for: QueueFull.self, as: .overloaded)
    ///     ErrorRule(matching: "try again later", as: .transient)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - fallback: Asked about errors that no rule knows. Defaults to ``default``.
    ///   - rules: The rules; put those that read text last.
    public init(otherwise fallback: ErrorClassifier = .default, @ErrorRuleBuilder _ rules: () -> [ErrorRule]) {
        self.init(rules: rules(), otherwise: fallback)
    }

    /// Creates a classifier from rules that are tried in order; the first that knows the error decides.
    ///
    /// - Parameters:
    ///   - rules: The rules; put those that read text last.
    ///   - fallback: Asked about errors that no rule knows. Defaults to ``default``.
    public init(rules: [ErrorRule], otherwise fallback: ErrorClassifier = .default) {
        self.init { error in
            var evidence = ErrorEvidence(error)
            for rule in rules {
                if let classification = rule.classification(of: &evidence) { return classification }
            }
            return fallback.classify(error)
        }
    }

    // MARK: Presets

    /// For clients of databases: the ``default``, which knows every ``SQLStateError``; of errors that it does not know,
    /// those of the connection by their text.
    ///
    /// For a driver's own error type put ``ErrorRule/sqlState(of:_:)`` in front of it.
    public static let database = ErrorClassifier.default.reading(.database)

    /// For clients of networks: the ``default``; of errors that it does not know, time-outs, broken connections and
    /// HTTP statuses by their text.
    ///
    /// For a client's own error type put ``ErrorRule/errno(of:isConnecting:_:)`` or
    /// ``ErrorRule/httpStatus(of:retryAfter:_:)`` in front of it.
    public static let network = ErrorClassifier.default.reading(.network)

    /// For clients of language models that say nothing but text: the ``default``; of errors that it does not know, all
    /// that ``ErrorRule/textPatterns`` know.
    public static let llm = ErrorClassifier.default.reading(.services)

    /// The same classifier, except that the text of errors that it does not know is read.
    private func reading(_ patterns: TextPatterns) -> ErrorClassifier {
        ErrorClassifier { error in
            let classification = classify(error)
            guard classification.errorClass == .unknown else { return classification }
            var evidence = ErrorEvidence(error)
            return evidence.classification(by: patterns) ?? classification
        }
    }
}
