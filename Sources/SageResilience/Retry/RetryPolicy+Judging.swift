extension RetryPolicy {
    /// Runs an operation, and again while that is useful, where some results are failures, too.
    ///
    /// ```swift
    /// let response = try await retry.execute {
    ///     try await http.send(request)
    /// } judging: { response in
    ///     ErrorClassification(failedHTTPStatus: response.status)
    /// }
    /// ```
    ///
    /// A failed result is treated as an error of its classification would be, without asking the configuration's
    /// classifier. When the policy gives up, the last one is returned: as Polly and resilience4j have it.
    ///
    /// - Parameters:
    ///   - operation: Runs on the caller's executor; may use the state of the caller's actor.
    ///   - verdict: What kind of failure a result is; nil for a success. Called once for each result.
    /// - Returns: The first result that is a success, else the last result.
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
