/// Policies around a call, written outermost first.
///
/// ```swift
/// let pipeline = try ResiliencePipeline("openai") {
///     try TimeLimiter(.seconds(60))
///     RetryConfiguration.llm
///     breaker
///     RateLimiterConfiguration.openAI
/// }
/// let reply = try await pipeline.execute { try await primary.chat(request) }
///             fallback: { error in try await secondary.chat(request) }
/// ```
///
/// A policy that exists already is shared with whoever else uses it, as `breaker` here. A configuration becomes a policy
/// of the pipeline's own, with the pipeline's name, clock and listener; a ``TimeLimiter`` or ``Fallback`` without a name
/// takes them too.
///
/// The order that is right for most calls: total time limit, retry, circuit breaker, rate limiter or bulkhead, time
/// limit of an attempt; ``warnings`` says where a pipeline departs from it in a way that is known to be wrong. A retry
/// in a pipeline has a ``RetryBudget`` unless it was given one.
///
/// Time limits and hedges run what is inside them in child tasks, so operations must be `@Sendable` and their results
/// `Sendable`; a pipeline without them can be an ``InTaskResiliencePipeline``, which asks for neither. Thread-safe.
public final class ResiliencePipeline: Sendable {
    /// The name, also of the policies that the pipeline made from configurations.
    public let name: String
    /// What is known to be wrong with the order of the policies; empty when nothing is.
    public let warnings: [PipelineWarning]
    let plan: PipelinePlan
    @usableFromInline let fallback: Fallback
    @usableFromInline let firstRings: RingList
    /// Whether nothing needs a child task.
    @usableFromInline let isInTask: Bool

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
        @PipelineBuilder _ policies: () throws(Failure) -> PipelineComponent
    ) throws(Failure) {
        self.name = name
        self.plan = PipelinePlan(
            try policies().policies(
                for: PipelineEnvironment(name: name, clock: clock, random: random, listener: listener)))
        self.firstRings = plan.stages[0].rings
        self.isInTask = plan.stages.count == 1
        self.fallback = plan.fallback
        self.warnings = PipelineWarning.all(for: plan.policies)
        PipelineWarning.report(warnings, pipeline: name, to: listener)
    }

    /// Runs an operation through all policies but a ``Fallback``, which needs an alternative to fall back to.
    ///
    /// - Throws: The operation's own error, unchanged; a ``ResilienceRejection``; or a ``TimeLimiterError``.
    @inlinable
    public func execute<Result: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        if isInTask { return try await firstRings.run(operation) }
        return try await run(stage: 0, operation)
    }

    /// Runs an operation through all policies, and the alternative, unguarded, when that fails.
    ///
    /// - Parameters:
    ///   - operation: What to try first.
    ///   - alternative: What to do after an error that the pipeline's ``Fallback`` handles; by default every error that
    ///     is not the caller's own fault.
    /// - Throws: The error of the first when it is not handled, else the alternative's.
    @inlinable
    public func execute<Result: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Result,
        fallback alternative: @Sendable (any Error) async throws -> Result
    ) async throws -> Result {
        do {
            return try await execute(operation)
        } catch {
            guard fallback.takesOver(1, after: error) else { throw error }
            return try await alternative(error)
        }
    }

    /// Opens a stream through all policies, which guard it to its end.
    ///
    /// As ``InTaskResiliencePipeline/stream(_:)``; time limits and hedges are for the time until the first element has
    /// arrived. For the time between elements, and for the whole stream, put ``StreamLimits`` around what `open` returns.
    ///
    /// - Parameter open: Opens the stream; runs again for each attempt.
    /// - Returns: The stream, for one consumer.
    /// - Throws: The last attempt's own error, a ``ResilienceRejection`` or a ``TimeLimiterError``.
    public func stream<Source: AsyncSequence & Sendable>(
        _ open: @escaping @Sendable () async throws -> Source
    ) async throws -> PipelineStream<Source> where Source.Element: Sendable {
        try PipelineStream(try await self.open(stage: 0, open))
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
    public func stream<Source: AsyncSequence & Sendable>(
        _ open: @escaping @Sendable () async throws -> Source,
        fallback alternative: @Sendable (any Error) async throws -> Source
    ) async throws -> PipelineStream<Source> where Source.Element: Sendable {
        do {
            return try await stream(open)
        } catch {
            guard fallback.takesOver(1, after: error) else { throw error }
            return PipelineStream(unguarded: try await alternative(error))
        }
    }

    /// Asks all gates for the right to make one call whose result is known later.
    ///
    /// Retries, time limits and fallbacks need an operation and do not apply.
    ///
    /// - Returns: A permit to be ended by `succeed`, `fail` or `ignore`; dropping it ignores the call.
    /// - Throws: A ``ResilienceRejection``, or `CancellationError` when the task is cancelled while it waits.
    public func acquire() async throws -> PipelinePermit {
        try await PipelinePermit(plan.gates)
    }

    /// The policies as a tree, outermost first, with the ``warnings`` below it.
    public func describe() -> String {
        PipelineDescription(name: name, policies: plan.policies, warnings: warnings).text
    }

    @usableFromInline
    func run<Result: Sendable>(
        stage index: Int, _ operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let stage = plan.stages[index]
        return try await stage.rings.run {
            switch stage.wrapper {
            case .timeLimiter(let limiter):
                try await limiter.execute { try await self.run(stage: index + 1, operation) }
            case .hedge(let hedge):
                try await self.run(hedge) { try await self.run(stage: index + 1, operation) }
            case nil:
                try await operation()
            }
        }
    }

    private func open<Source: AsyncSequence & Sendable>(
        stage index: Int, _ operation: @escaping @Sendable () async throws -> Source
    ) async throws -> OpenedStream<Source> where Source.Element: Sendable {
        let stage = plan.stages[index]
        var calls: [HeldCall] = []
        let opened = try await stage.rings.hold(&calls) {
            switch stage.wrapper {
            case .timeLimiter(let limiter):
                return try await limiter.execute { try await self.open(stage: index + 1, operation) }
            case .hedge(let hedge):
                return try await self.run(hedge) { try await self.open(stage: index + 1, operation) }
            case nil:
                var iterator = try await operation().makeAsyncIterator()
                // The first element belongs to the attempt: what fails before it can be repeated.
                let first = try await iterator.next()
                return OpenedStream(first: first, iterator: iterator)
            }
        }
        let permit = SharedPipelinePermit(calls)
        // It has come too late, and gets lost on the way out.
        if index > 0, CancellationCause.current == .timeLimit { permit.fail(CancellationError()) }
        return opened.held(by: permit)
    }

    /// Hedges with the budget of the pipeline's retry, unless the hedge has its own.
    private func run<Result: Sendable>(
        _ hedge: Hedge, _ operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let budget = plan.hedgeBudget
        if !plan.retryCountsCalls { budget.beginCall() }
        defer { if !plan.retryCountsCalls { budget.endCall() } }
        return try await CallContext.with(retryBudget: budget) { try await hedge.execute(operation) }
    }
}
