/// What a call carries through all policies around it, in a task-local value.
///
/// ```swift
/// try await CallContext.with(priority: .high, deadline: .after(.seconds(20))) {
///     try await pipeline.execute { try await client.chat(request) }
/// }
/// ```
///
/// Child tasks inherit it; detached tasks do not. Reading it costs little, and no policy reads it for a call that
/// neither waits nor fails. A value type.
public struct CallContext: Sendable {
    /// The context of the current task.
    @TaskLocal public static var current = CallContext()

    /// How important the call is.
    ///
    /// Defaults to normal.
    public var priority = CallPriority.normal
    /// When the call is of no more use; nil is never.
    public var deadline: Deadline?
    /// The attempt of the innermost retry that has got beyond its first one, from 1.
    public internal(set) var attempt = 1
    /// The budget from which retries and hedges further in take, unless they have one of their own.
    public var retryBudget: RetryBudget?
    /// Whether the operation of the present call must not reach the service twice, whatever its retry is configured for.
    package var isOnceOnly = false

    /// Creates a context of a call that is of normal importance and has no deadline.
    public init() {}

    /// Whether a retry around the current task repeats its operation already.
    ///
    /// A retry further in then makes one attempt: attempts of nested retries add up instead of multiplying.
    public var isRetrying: Bool { attempt > 1 }

    /// Runs an operation with some values changed.
    ///
    /// - Parameters:
    ///   - priority: How important the calls of the operation are; nil leaves it as it is.
    ///   - deadline: When they are of no more use. The earlier of this and the present one holds; nil leaves it.
    ///   - retryBudget: The budget for retries and hedges that have none of their own; nil leaves it.
    ///   - operation: Runs on the caller's executor.
    /// - Throws: The operation's own error.
    public static func with<Result>(
        priority: CallPriority? = nil, deadline: Deadline? = nil, retryBudget: RetryBudget? = nil,
        _ operation: () async throws -> Result
    ) async rethrows -> Result {
        var context = current
        if let priority { context.priority = priority }
        if let deadline { context.deadline = Deadline.earlier(context.deadline, deadline) }
        if let retryBudget { context.retryBudget = retryBudget }
        return try await $current.withValue(context) { try await operation() }
    }
}
