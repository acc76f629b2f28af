import SageResilience

/// Runs an operation in a span that tells which attempt it is.
///
/// For policies that are used without a pipeline; the `execute` of a pipeline that takes a name does it by itself.
///
/// ```swift
/// let reply = try await retry.execute {
///     try await withAttemptSpan("chat") { try await client.chat(request) }
/// }
/// ```
///
/// - Parameters:
///   - name: The name of the span, without anything that differs from call to call.
///   - tracing: Where the span goes. Defaults to ``CallTracing/default``.
///   - operation: Runs on the caller's executor.
/// - Throws: The operation's own error, unchanged.
public func withAttemptSpan<Result>(
    _ name: StaticString, tracing: CallTracing = .default, _ operation: () async throws -> Result
) async throws -> Result {
    guard let tracer = tracing.activeTracer else { return try await operation() }
    return try await CallSpan(attemptOf: name.description, tracer, tracing.classifier).run(operation)
}
