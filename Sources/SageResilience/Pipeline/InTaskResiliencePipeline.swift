/// A ``ResiliencePipeline`` without time limits, which runs everything in the caller's own task.
///
/// Operations need not be `Sendable`, and may use the state of the actor that calls. A time limit in it is refused by
/// the compiler. Thread-safe.
public final class InTaskResiliencePipeline: Sendable {
    /// The name, for people.
    public let name: String
    private let segment: PipelineSegment
    private let fallback: Fallback

    /// Creates a pipeline.
    ///
    /// - Parameters:
    ///   - name: The name, for people.
    ///   - policies: The policies, outermost first.
    /// - Throws: What building the policies throws.
    public init<Failure: Error>(
        _ name: String, @InTaskPipelineBuilder _ policies: () throws(Failure) -> PipelineComponent
    ) throws(Failure) {
        var segment = PipelineSegment()
        var fallback: Fallback?
        for policy in try policies().policies {
            switch policy {
            case .inTask(let layer): segment.layers.append(layer)
            case .fallback(let rule): fallback = fallback?.joined(with: rule) ?? rule
            case .timeLimiter: preconditionFailure("Internal inconsistency: the builder refuses time limiters")
            }
        }
        self.name = name
        self.segment = segment
        self.fallback = fallback ?? Fallback()
    }

    /// Runs an operation through all policies but a ``Fallback``, which needs an alternative to fall back to.
    ///
    /// - Throws: The operation's own error, unchanged, or a ``ResilienceRejection``.
    public func execute<Result>(_ operation: () async throws -> Result) async throws -> Result {
        try await segment.run(operation)
    }

    /// Runs an operation through all policies, and the alternative, unguarded, when that fails.
    ///
    /// - Parameters:
    ///   - operation: What to try first.
    ///   - fallback: What to do after an error that the pipeline's ``Fallback`` handles; by default every error that
    ///     is not the caller's own fault.
    /// - Throws: The error of the first when it is not handled, else the alternative's.
    public func execute<Result>(
        _ operation: () async throws -> Result,
        fallback alternative: (any Error) async throws -> Result
    ) async throws -> Result {
        try await fallback.execute({ try await execute(operation) }, fallback: alternative)
    }
}
