/// Tries an operation again when it fails in a way that is likely to pass.
///
/// ```swift
/// let retry = try RetryPolicy.exponential(initialDelay: .milliseconds(100), maxRetries: 5)
/// let reply = try await retry.execute { try await client.chat(request) }
/// ```
///
/// After a failure the policy decides in this order: the caller's task was cancelled; a time limit around the retry has
/// fired; a policy further in refused the call; the error is permanent, or of an unknown kind and was tried again
/// already; the call must not be made twice and may have arrived; the server asked not to come back, or only after more
/// than ``RetryConfiguration/maxServerHint``; a retry further out is repeating already; the budget; the attempts; the
/// time.
///
/// When it gives up it throws the operation's own last error, unchanged: when the breaker further in opens after the
/// first attempt and refuses the second, the error that came from the service, not the refusal. A call whose every
/// attempt was refused throws the last refusal. Cancellation is never retried and ends a wait at once.
///
/// Retries within retries add up instead of multiplying: from its second attempt on a retry marks its task
/// (``CallContext/attempt``), and a retry that finds the mark makes a single attempt. Where each of an outer retry's
/// `a` attempts would fail after `b` attempts of an inner one, the service sees `b + a − 1` calls, not `a · b`: the
/// first attempt of the outer one is not marked, because nothing has failed yet.
///
/// Immutable, and safe to share between tasks.
public final class RetryPolicy: Sendable {
    /// The name that events carry.
    public let name: String
    /// How this policy decides.
    public let configuration: RetryConfiguration

    /// What is known when a retry has been decided.
    public struct Attempt: Sendable {
        /// The number of the coming attempt, from 2.
        public let number: Int
        /// The error of the attempt before.
        public let error: any Error
        /// The time to wait before the coming attempt.
        public let delay: Duration

        /// Creates what a hook is told, for tests of hooks.
        ///
        /// - Parameters:
        ///   - number: The number of the coming attempt, from 2.
        ///   - error: The error of the attempt before.
        ///   - delay: The time to wait before the coming attempt. Defaults to none.
        public init(number: Int, error: any Error, delay: Duration = .zero) {
            self.number = number
            self.error = error
            self.delay = delay
        }
    }

    @usableFromInline let timeline: Timeline
    @usableFromInline let budget: RetryBudget?
    let random: RandomSource
    let onRetry: (@Sendable (Attempt) -> Void)?
    let emitter: EventEmitter?
    let counters: Counters
    /// Whether the first attempt's start must be known, which costs a reading of the clock.
    @usableFromInline let measuresTotalTime: Bool

    /// Creates a policy.
    ///
    /// - Parameters:
    ///   - name: The name that events carry.
    ///   - configuration: How the policy decides.
    ///   - onRetry: Called before each wait, on the task of the call. It cannot break the call, and the time it takes
    ///     is part of the wait.
    ///   - clock: The clock by which the policy waits. Defaults to `ContinuousClock`.
    ///   - random: Where jitter comes from. Defaults to the system's generator.
    ///   - listener: Receives the policy's events. Defaults to nobody.
    public convenience init(
        _ name: String,
        _ configuration: RetryConfiguration,
        onRetry: (@Sendable (Attempt) -> Void)? = nil,
        clock: any Clock<Duration> = ContinuousClock(),
        random: RandomSource = .system,
        listener: (any ResilienceListener)? = nil
    ) {
        self.init(
            name: name, configuration: configuration, onRetry: onRetry, timeline: Timeline(clock), random: random,
            emitter: EventEmitter.make(PolicyIdentity(.retry, name), listener), counters: Counters())
    }

    private init(
        name: String, configuration: RetryConfiguration, onRetry: (@Sendable (Attempt) -> Void)?, timeline: Timeline,
        random: RandomSource, emitter: EventEmitter?, counters: Counters
    ) {
        self.name = name
        self.configuration = configuration
        self.onRetry = onRetry
        self.timeline = timeline
        self.random = random
        self.emitter = emitter
        self.counters = counters
        self.budget = configuration.budget
        self.measuresTotalTime = configuration.totalTimeLimit != nil
    }

    /// Runs an operation, and again while that is useful.
    ///
    /// - Parameter operation: Runs on the caller's executor; may use the state of the caller's actor.
    /// - Returns: The result of the first attempt that succeeds.
    /// - Throws: The operation's own last error; the last refusal (``ResilienceRejection``) when policies further in
    ///   refused every attempt; `CancellationError` when the task is cancelled during a wait.
    @inlinable
    public func execute<Result, Failure: Error>(
        _ operation: () async throws(Failure) -> Result
    ) async throws -> Result {
        let start = measuresTotalTime ? timeline.now : .zero
        budget?.beginCall()
        do {
            let result = try await operation()
            budget?.endSuccessfulCall()
            return result
        } catch {
            return try await executeAgain(after: error, startedAt: start, operation)
        }
    }

    /// Goes on after the first failure, and ends what ``execute(_:)`` began.
    @usableFromInline
    func executeAgain<Result, Failure: Error>(
        after error: any Error, startedAt: Moment, _ operation: () async throws(Failure) -> Result
    ) async throws -> Result {
        defer { budget?.endCall() }
        var session = Session(self, startedAt: startedAt)
        var lastError = error
        while true {
            try await session.wait(after: lastError)
            do {
                return try await session.attempt(operation)
            } catch {
                lastError = error
            }
        }
    }

    /// The same policy, with the same counters; one without a budget gets the default budget, for itself.
    func withDefaultBudget() -> RetryPolicy {
        guard configuration.budget == nil else { return self }
        return RetryPolicy(
            name: name, configuration: configuration.with(budget: .makeDefault()), onRetry: onRetry,
            timeline: timeline, random: random, emitter: emitter, counters: counters)
    }
}

extension RetryPolicy: Evictable {
    /// Whether the policy has no budget or its budget is like a new one.
    ///
    /// A new policy may come with a budget of its own, which would allow again what this one refuses. Without a budget a
    /// policy remembers nothing, and neither does ``RetryBudget/unlimited``.
    public var isEvictable: Bool {
        guard let budget = configuration.budget, budget !== RetryBudget.unlimited else { return true }
        return budget.isEvictable
    }
}

extension RetryPolicy {
    /// A policy with ``RetryConfiguration/default``.
    public static let `default` = RetryPolicy("default", .default)
    /// A policy with ``RetryConfiguration/database``.
    public static let database = RetryPolicy("database", .database)
    /// A policy with ``RetryConfiguration/network``.
    public static let network = RetryPolicy("network", .network)
    /// A policy with ``RetryConfiguration/llm``.
    public static let llm = RetryPolicy("llm", .llm)
}
