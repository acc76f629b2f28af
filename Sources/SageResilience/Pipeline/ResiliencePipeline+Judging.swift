extension ResiliencePipeline {
    /// Runs an operation through all policies but a ``Fallback``, where some results are failures, too.
    ///
    /// ```swift
    /// let response = try await pipeline.execute {
    ///     try await http.send(request)
    /// } judging: { response in
    ///     ErrorClassification(failedHTTPStatus: response.status)
    /// }
    /// ```
    ///
    /// Every policy treats a failed result as it would an error of its classification, without asking its classifier:
    /// a retry repeats it, a breaker counts it, a limiter heeds the wait in it. When they give up, the last one is
    /// returned.
    ///
    /// - Parameters:
    ///   - operation: What to run.
    ///   - verdict: What kind of failure a result is; nil for a success. Called once for each result.
    /// - Returns: The first result that is a success, else the last result.
    /// - Throws: As ``execute(_:)``.
    public func execute<Result: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Result,
        judging verdict: @escaping @Sendable (Result) -> ErrorClassification?
    ) async throws -> Result {
        do {
            return try await execute { try await Self.judge(operation, verdict) }
        } catch let error as FailedResult {
            guard let result = error.value as? Result else { throw error }
            return result
        }
    }

    /// Runs an operation through all policies, and the alternative, unguarded, when that fails; some results are
    /// failures, too.
    ///
    /// - Parameters:
    ///   - operation: What to try first.
    ///   - verdict: What kind of failure a result is; nil for a success. Called once for each result of `operation`.
    ///   - alternative: What to do after a failure that the pipeline's ``Fallback`` handles; by default every one that
    ///     is not the caller's own fault. A failed result comes as a ``FailedResult``.
    /// - Returns: The first result that is a success, else the alternative's, else the last result.
    /// - Throws: The error of the first when it is not handled, else the alternative's.
    public func execute<Result: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Result,
        judging verdict: @escaping @Sendable (Result) -> ErrorClassification?,
        fallback alternative: @Sendable (any Error) async throws -> Result
    ) async throws -> Result {
        do {
            return try await execute({ try await Self.judge(operation, verdict) }, fallback: alternative)
        } catch let error as FailedResult {
            guard let result = error.value as? Result else { throw error }
            return result
        }
    }

    private static func judge<Result: Sendable>(
        _ operation: () async throws -> Result, _ verdict: (Result) -> ErrorClassification?
    ) async throws -> Result {
        let result = try await operation()
        guard let classification = verdict(result) else { return result }
        throw FailedResult(classification, value: result)
    }
}
