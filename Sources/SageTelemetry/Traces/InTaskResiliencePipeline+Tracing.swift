public import SageResilience

extension InTaskResiliencePipeline {
    /// Runs an operation through all policies, as `execute(_:)`, in a span with a child span for each attempt.
    ///
    /// As `execute` of a `ResiliencePipeline`; the operation runs on the caller's executor and may use
    /// the state of the caller's actor.
    ///
    /// - Parameters:
    ///   - name: The name of the call's span; those of its attempts are called `name attempt`.
    ///   - tracing: Where the spans go. Defaults to ``CallTracing/default``.
    ///   - operation: Runs once for each attempt.
    /// - Throws: What the pipeline throws.
    public func execute<Result>(
        _ name: StaticString, tracing: CallTracing = .default, _ operation: () async throws -> Result
    ) async throws -> Result {
        guard let tracer = tracing.activeTracer else { return try await execute(operation) }
        let trace = CallTrace(name, pipeline: self.name, tracing, tracer)
        return try await trace.run { try await execute { try await trace.attempt(operation) } }
    }

    /// Runs an operation through all policies, and the alternative when that fails, in a span with a child span for
    /// each attempt and one for the alternative.
    ///
    /// - Parameters:
    ///   - name: The name of the call's span.
    ///   - tracing: Where the spans go. Defaults to ``CallTracing/default``.
    ///   - operation: Runs once for each attempt.
    ///   - alternative: What to do after an error that the pipeline's `Fallback` handles; its span is called
    ///     `name fallback`.
    /// - Throws: What the pipeline throws.
    public func execute<Result>(
        _ name: StaticString, tracing: CallTracing = .default, _ operation: () async throws -> Result,
        fallback alternative: (any Error) async throws -> Result
    ) async throws -> Result {
        guard let tracer = tracing.activeTracer else { return try await execute(operation, fallback: alternative) }
        let trace = CallTrace(name, pipeline: self.name, tracing, tracer)
        return try await trace.run {
            try await execute {
                try await trace.attempt(operation)
            } fallback: { error in
                try await trace.fallback { try await alternative(error) }
            }
        }
    }

    /// Opens a stream through all policies, as `stream(_:)`, in a span that ends with the stream.
    ///
    /// As `stream` of a `ResiliencePipeline`, on the caller's executor.
    ///
    /// - Parameters:
    ///   - name: The name of the call's span; those of its attempts are called `name attempt`.
    ///   - tracing: Where the spans go. Defaults to ``CallTracing/default``.
    ///   - open: Opens the stream; runs again for each attempt.
    /// - Returns: The stream, for one consumer.
    /// - Throws: What the pipeline throws.
    public func stream<Source: AsyncSequence>(
        _ name: StaticString, tracing: CallTracing = .default, _ open: () async throws -> Source
    ) async throws -> TracedStream<Source> {
        guard let tracer = tracing.activeTracer else {
            return TracedStream(try await stream { AttemptStream(try await open(), nil) }, nil)
        }
        let trace = CallTrace(name, pipeline: self.name, tracing, tracer)
        return try await trace.open { try await stream { try await trace.attemptStream(open) } }
    }
}
