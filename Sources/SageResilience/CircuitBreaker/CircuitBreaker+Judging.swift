extension CircuitBreaker {
    /// Runs an operation if the breaker admits it, and records how it ended, where some results are failures, too.
    ///
    /// ```swift
    /// let response = try await breaker.execute {
    ///     try await http.send(request)
    /// } judging: { response in
    ///     ErrorClassification(failedHTTPStatus: response.status)
    /// }
    /// ```
    ///
    /// A failed result counts as an error of its classification would, without asking the configuration's classifier,
    /// and is returned all the same.
    ///
    /// - Parameters:
    ///   - operation: Runs on the caller's executor; may use the state of the caller's actor.
    ///   - verdict: What kind of failure a result is; nil for a success.
    /// - Throws: As ``execute(_:)``.
    public func execute<Result>(
        _ operation: () async throws -> Result, judging verdict: (Result) -> ErrorClassification?
    ) async throws -> Result {
        var last: Result?
        do {
            return try await execute {
                let result = try await operation()
                guard let classification = verdict(result) else { return result }
                last = result
                throw FailedResult(classification)
            }
        } catch let error as FailedResult {
            guard let last else { throw error }
            return last
        }
    }
}
