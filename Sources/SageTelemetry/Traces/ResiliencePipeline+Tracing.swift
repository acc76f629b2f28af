public import SageResilience

extension ResiliencePipeline {
    /// Runs an operation through all policies, as `execute(_:)`, in a span with a child span for each attempt.
    ///
    /// ```swift
    /// let reply = try await pipeline.execute("chat") { try await client.chat(request) }
    /// ```
    ///
    /// When nobody traces it costs the lookup of the tracer.
    ///
    /// - Parameters:
    ///   - name: The name of the call's span; those of its attempts are called `name attempt`. It is part of the
    ///     program, so that there are few different ones and no secret gets into them.
    ///   - tracing: Where the spans go. Defaults to ``CallTracing/default``.
    ///   - operation: Runs once for each attempt.
    /// - Throws: What the pipeline throws.
    public func execute<Result: Sendable>(
        _ name: StaticString, tracing: CallTracing = .default,
        _ operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        guard let tracer = tracing.activeTracer else { return try await execute(operation) }
        let trace = CallTrace(name, pipeline: self.name, tracing, tracer)
        return try await trace.run { try await self.execute { try await trace.attempt(operation) } }
    }

    /// Runs an operation through all policies, and the alternative when that fails, in a span with a child span for
    /// each attempt and one for the alternative.
    ///
    /// ```swift
    /// let reply = try await pipeline.execute("chat") {
    ///     try await primary.chat(request)
    /// } fallback: { error in
    ///     try await secondary.chat(request)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - name: The name of the call's span.
    ///   - tracing: Where the spans go. Defaults to ``CallTracing/default``.
    ///   - operation: Runs once for each attempt.
    ///   - alternative: What to do after an error that the pipeline's `Fallback` handles; its span is called
    ///     `name fallback`.
    /// - Throws: What the pipeline throws.
    public func execute<Result: Sendable>(
        _ name: StaticString, tracing: CallTracing = .default,
        _ operation: @escaping @Sendable () async throws -> Result,
        fallback alternative: @Sendable (any Error) async throws -> Result
    ) async throws -> Result {
        guard let tracer = tracing.activeTracer else { return try await execute(operation, fallback: alternative) }
        let trace = CallTrace(name, pipeline: self.name, tracing, tracer)
        return try await trace.run {
            try await self.execute {
                try await trace.attempt(operation)
            } fallback: { error in
                try await trace.fallback { try await alternative(error) }
            }
        }
    }

    /// Opens a stream through all policies, as `stream(_:)`, in a span that ends with the stream.
    ///
    /// An attempt's span begins when the stream is opened, has an event for the first element, and ends with the
    /// stream or with the attempt. A consumer that walks away ends both with the outcome `abandoned`.
    ///
    /// - Parameters:
    ///   - name: The name of the call's span; those of its attempts are called `name attempt`.
    ///   - tracing: Where the spans go. Defaults to ``CallTracing/default``.
    ///   - open: Opens the stream; runs again for each attempt.
    /// - Returns: The stream, for one consumer.
    /// - Throws: What the pipeline throws.
    public func stream<Source: AsyncSequence & Sendable>(
        _ name: StaticString, tracing: CallTracing = .default,
        _ open: @escaping @Sendable () async throws -> Source
    ) async throws -> TracedStream<Source> where Source.Element: Sendable {
        guard let tracer = tracing.activeTracer else {
            return TracedStream(try await stream { AttemptStream(try await open(), nil) }, nil)
        }
        let trace = CallTrace(name, pipeline: self.name, tracing, tracer)
        return try await trace.open { try await self.stream { try await trace.attemptStream(open) } }
    }
}
