/// A ``ResiliencePipeline`` without time limits and hedges, which runs everything in the caller's own task.
///
/// Operations need not be `Sendable`, and may use the state of the actor that calls. A policy that needs a child task
/// is refused by the compiler. Thread-safe.
public final class InTaskResiliencePipeline: Sendable {
    /// The name, also of the policies that the pipeline made from configurations.
    public let name: String
    /// What is known to be wrong with the order of the policies; empty when nothing is.
    public let warnings: [PipelineWarning]
    let plan: PipelinePlan
    @usableFromInline let fallback: Fallback
    @usableFromInline let rings: RingList

    /// Creates a pipeline.
    ///
    /// - Parameters:
    ///   - name: The name, also of the policies that the pipeline makes from configurations.
    ///   - clock: The clock of the policies that it makes. Defaults to `ContinuousClock`.
    ///   - random: Where their jitter comes from. Defaults to the system's generator.
    ///   - listener: Receives their events, and the ``warnings`` while the pipeline is created. Defaults to nobody.
    ///   - policies: The policies, outermost first.
    /// - Throws: What building the policies throws.
    public init<Failure: Error>(
        _ name: String, clock: any Clock<Duration> = ContinuousClock(), random: RandomSource = .system,
        listener: (any ResilienceListener)? = nil,
        @InTaskPipelineBuilder _ policies: () throws(Failure) -> PipelineComponent
    ) throws(Failure) {
        self.name = name
        self.plan = PipelinePlan(
            try policies().policies(
                for: PipelineEnvironment(name: name, clock: clock, random: random, listener: listener)))
        self.rings = plan.stages[0].rings
        self.fallback = plan.fallback
        self.warnings = PipelineWarning.all(for: plan.policies)
        PipelineWarning.report(warnings, pipeline: name, to: listener)
    }

    /// Runs an operation through all policies but a ``Fallback``, which needs an alternative to fall back to.
    ///
    /// - Throws: The operation's own error, unchanged, or a ``ResilienceRejection``.
    @inlinable
    public func execute<Result>(_ operation: () async throws -> Result) async throws -> Result {
        try await rings.run(operation)
    }

    /// Runs an operation through all policies, and the alternative, unguarded, when that fails.
    ///
    /// - Parameters:
    ///   - operation: What to try first.
    ///   - alternative: What to do after an error that the pipeline's ``Fallback`` handles; by default every error that
    ///     is not the caller's own fault.
    /// - Throws: The error of the first when it is not handled, else the alternative's.
    @inlinable
    public func execute<Result>(
        _ operation: () async throws -> Result,
        fallback alternative: (any Error) async throws -> Result
    ) async throws -> Result {
        do {
            return try await rings.run(operation)
        } catch {
            guard fallback.takesOver(1, after: error) else { throw error }
            return try await alternative(error)
        }
    }

    /// Asks all gates for the right to make one call whose result is known later.
    ///
    /// Retries and fallbacks need an operation and do not apply.
    ///
    /// - Returns: A permit to be ended by `succeed`, `fail` or `ignore`; dropping it ignores the call.
    /// - Throws: A ``ResilienceRejection``, or `CancellationError` when the task is cancelled while it waits.
    public func acquire() async throws -> PipelinePermit {
        try await PipelinePermit(plan.gates)
    }

    /// Opens a stream through all policies, which guard it to its end.
    ///
    /// The first element decides: until it has arrived a failure is retried as any other, and how long it took is how
    /// slow the call was. After it nothing is repeated, because the consumer has seen a part of the answer. What the
    /// gates have granted is held until the stream ends: its end is the success, its error the failure, and a
    /// consumer that walks away is ignored.
    ///
    /// Limits of time belong on the stream itself.
    ///
    /// - Parameter open: Opens the stream; runs again for each attempt.
    /// - Returns: The stream, for one consumer.
    /// - Throws: The last attempt's own error, or a ``ResilienceRejection``.
    public func stream<Source: AsyncSequence>(
        _ open: () async throws -> Source
    ) async throws -> PipelineStream<Source> {
        try await PipelineStream(rings, open)
    }

    /// Opens a stream through all policies, and an alternative, unguarded, when that fails before the first element.
    ///
    /// Once an element has arrived the stream is never replaced, because the consumer has seen a part of it; its error
    /// is thrown by the stream.
    ///
    /// - Parameters:
    ///   - open: Opens the stream; runs again for each attempt.
    ///   - alternative: Opens another one after an error that the pipeline's ``Fallback`` handles; by default every
    ///     error that is not the caller's own fault.
    /// - Returns: The stream, for one consumer.
    /// - Throws: The error of the first when it is not handled, else the alternative's.
    public func stream<Source: AsyncSequence>(
        _ open: () async throws -> Source,
        fallback alternative: (any Error) async throws -> Source
    ) async throws -> PipelineStream<Source> {
        do {
            return try await stream(open)
        } catch {
            guard fallback.takesOver(1, after: error) else { throw error }
            return PipelineStream(unguarded: try await alternative(error))
        }
    }

    /// The policies as a tree, outermost first, with the ``warnings`` below it.
    public func describe() -> String {
        PipelineDescription(name: name, policies: plan.policies, warnings: warnings).text
    }
}
