extension ErrorClassifier {
    /// What a failed call says about the service, when it may be the call's task that was cancelled; nil when its caller
    /// walked away, for then it says nothing.
    ///
    /// Judged by who cancelled the task and never by the error's type, because clients wrap cancellation in errors of
    /// their own. Under a time limit that has fired the service took too long, whatever it threw in the end; only what a
    /// policy refused never reached it.
    ///
    /// Runs on the task of the call.
    ///
    /// - Parameters:
    ///   - error: How the call failed.
    ///   - cause: Who cancelled its task; nil while it lives. Defaults to the current task's.
    func verdict(
        on error: any Error, cancelledBy cause: CancellationCause? = .current
    ) -> ErrorClassification? {
        switch cause {
        case nil: classify(error)
        case .caller: nil
        case .timeLimit: error is any ResilienceRejection ? classify(error) : ErrorClassification(.timeout)
        }
    }
}
