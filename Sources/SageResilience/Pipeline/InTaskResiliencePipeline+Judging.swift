extension InTaskResiliencePipeline {
    /// Runs an operation through all policies but a ``Fallback``, where some results are failures, too.
    ///
    /// As ``ResiliencePipeline/execute(_:judging:)``, for results that need not be `Sendable`.
    ///
    /// - Parameters:
    ///   - operation: What to run.
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
    public func execute<Result>(
        _ operation: () async throws -> Result,
        judging verdict: (Result) -> ErrorClassification?,
        fallback alternative: (any Error) async throws -> Result
    ) async throws -> Result {
        var last: Result?
        do {
            return try await execute {
                let result = try await operation()
                guard let classification = verdict(result) else { return result }
                last = result
                throw FailedResult(classification)
            } fallback: { error in
                try await alternative(error)
            }
        } catch let error as FailedResult {
            guard let last else { throw error }
            return last
        }
    }
}
