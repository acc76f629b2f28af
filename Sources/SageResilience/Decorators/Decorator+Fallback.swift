extension Decorator {
    /// The rule by which the alternative is used.
    ///
    /// - Parameters:
    ///   - kinds: The kinds of errors that lead to the alternative. Defaults to ``Fallback/Kind/general``.
    ///   - classifier: Decides the kind of an error. Defaults to ``ErrorClassifier/default``.
    public static func fallback(
        kinds: Set<Fallback.Kind> = [.general], classifier: ErrorClassifier = .default
    ) -> Decorator {
        Decorator { PipelineBuilder.buildExpression(Fallback(for: kinds, classifier: classifier)) }
    }
}
