/// A result that counts as a failure, in the shape in which policies see it.
///
/// Some clients return a failure instead of throwing it, for example an HTTP answer with the status 503. The `judging`
/// closure of `execute` says so, and this error stands for the result in events, in `onRetry` and before a ``Fallback``.
/// A caller never catches it: when the policies give up, it gets the last result itself.
public struct FailedResult: ClassifiedError, Sendable, CustomStringConvertible {
    /// What kind of failure the result is.
    public let classification: ErrorClassification
    /// The result, where it has to come out of a child task.
    let value: (any Sendable)?

    /// Creates a failure, for tests of listeners and classifiers.
    ///
    /// - Parameter classification: What kind of failure the result is.
    public init(_ classification: ErrorClassification) {
        self.init(classification, value: nil)
    }

    init(_ classification: ErrorClassification, value: (any Sendable)?) {
        self.classification = classification
        self.value = value
    }

    /// The failure as a sentence, without the result, which may hold secrets.
    public var description: String { "the result counts as \(classification.errorClass.rawValue)" }
}
