/// Policies around a call, written outermost first.
///
/// ```swift
/// let pipeline = try ResiliencePipeline("openai") {
///     try TimeLimiter(.seconds(60))
///     try RetryPolicy.exponential(initialDelay: .milliseconds(100), maxDelay: .seconds(30), maxRetries: 5)
///     breaker
///     try RateLimiter.slidingWindow(limit: 60, per: .seconds(60))
/// }
/// let reply = try await pipeline.execute { try await primary.chat(request) }
///             fallback: { error in try await secondary.chat(request) }
/// ```
///
/// The order that is right for most calls: total time limit, retry, circuit breaker, rate limiter, time limit of an
/// attempt. A retry in a pipeline has a ``RetryBudget`` unless it was given one.
///
/// A time limit runs what is inside it in a child task, so operations must be `@Sendable` and their results
/// `Sendable`; a pipeline without one can be an ``InTaskResiliencePipeline``, which asks for neither. Thread-safe.
public final class ResiliencePipeline: Sendable {
    /// Policies up to and including a time limit; the last stage has none.
    private struct Stage: Sendable {
        var segment = PipelineSegment()
        var timeLimiter: TimeLimiter?
    }

    /// The name, for people.
    public let name: String
    private let stages: [Stage]
    private let fallback: Fallback

    /// Creates a pipeline.
    ///
    /// - Parameters:
    ///   - name: The name, for people.
    ///   - policies: The policies, outermost first.
    /// - Throws: What building the policies throws.
    public init<Failure: Error>(
        _ name: String, @PipelineBuilder _ policies: () throws(Failure) -> PipelineComponent
    ) throws(Failure) {
        var stages = [Stage()]
        var fallback: Fallback?
        for policy in try policies().policies {
            switch policy {
            case .inTask(let layer):
                stages[stages.count - 1].segment.layers.append(layer)
            case .timeLimiter(let limiter):
                stages[stages.count - 1].timeLimiter = limiter
                stages.append(Stage())
            case .fallback(let rule):
                fallback = fallback?.joined(with: rule) ?? rule
            }
        }
        self.name = name
        self.stages = stages
        self.fallback = fallback ?? Fallback()
    }

    /// Runs an operation through all policies but a ``Fallback``, which needs an alternative to fall back to.
    ///
    /// - Throws: The operation's own error, unchanged; a ``ResilienceRejection``; or a ``TimeLimiterError``.
    public func execute<Result: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await run(stage: 0, operation)
    }

    /// Runs an operation through all policies, and the alternative, unguarded, when that fails.
    ///
    /// - Parameters:
    ///   - operation: What to try first.
    ///   - fallback: What to do after an error that the pipeline's ``Fallback`` handles; by default every error that
    ///     is not the caller's own fault.
    /// - Throws: The error of the first when it is not handled, else the alternative's.
    public func execute<Result: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Result,
        fallback alternative: @Sendable (any Error) async throws -> Result
    ) async throws -> Result {
        try await fallback.execute({ try await execute(operation) }, fallback: alternative)
    }

    private func run<Result: Sendable>(
        stage index: Int, _ operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let stage = stages[index]
        return try await stage.segment.run {
            guard let limiter = stage.timeLimiter else { return try await operation() }
            return try await limiter.execute { try await self.run(stage: index + 1, operation) }
        }
    }
}
