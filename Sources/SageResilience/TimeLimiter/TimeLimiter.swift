import Synchronization

/// Ends an operation that takes too long.
///
/// ```swift
/// let limiter = try TimeLimiter(.seconds(20))
/// let reply = try await limiter.execute { try await client.chat(request) }
/// ```
///
/// By default the limit is *structured*: when it fires the operation is cancelled, and the limiter waits for it to end
/// before it throws. An operation that does not react to cancellation therefore returns late, but nothing of it goes
/// on behind the caller's back. ``Mode/abandoning(maxRunning:)`` returns at the limit instead. Of a result and a limit
/// that arrive together the one that came first decides, once.
///
/// Inside, ``CallContext/deadline`` tells when the limit fires. Of nested limits the nearest decides, and the error
/// names the policy whose limit it was. A deadline that was announced by
/// ``CallContext/with(priority:deadline:retryBudget:_:)`` is enforced by the outermost limiter inside it. In a pipeline
/// the position decides what is limited: before a retry the whole call, after it each attempt.
///
/// A value type, safe to share between tasks; its copies share their counters. The operation runs in a child task, or
/// in a task of its own when it may be abandoned, hence the `Sendable` requirements.
public struct TimeLimiter: Sendable {
    /// The name that errors and events carry.
    public let name: String
    /// The time an operation may take.
    public let limit: Duration
    /// What becomes of an operation that exceeds its limit.
    public let mode: Mode

    let counters: Counters
    private let timeline: Timeline
    private let emitter: EventEmitter?
    /// What the limiter was given itself, when a pipeline may give it the rest; nil for one with a name.
    private let adoptable: Adoptable?

    private struct Adoptable: Sendable {
        let clock: (any Clock<Duration>)?
        let listener: (any ResilienceListener)?
    }

    /// Creates a time limiter.
    ///
    /// - Parameters:
    ///   - name: The name that errors and events carry.
    ///   - limit: The time an operation may take, more than 0. One that no clock reaches never fires.
    ///   - mode: What becomes of an operation that exceeds its limit. Defaults to ``Mode/structured``; the maximum of
    ///     ``Mode/abandoning(maxRunning:)`` is 1 or more.
    ///   - clock: The clock that measures. Defaults to `ContinuousClock`.
    ///   - listener: Receives the limiter's events. Defaults to nobody.
    /// - Throws: ``ConfigurationError`` for a limit of zero or less, or a maximum out of range.
    public init(
        _ name: String,
        _ limit: Duration,
        mode: Mode = .structured,
        clock: any Clock<Duration> = ContinuousClock(),
        listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) {
        try Self.validate(limit, mode)
        self.init(
            name: name, limit: limit, mode: mode, clock: clock, listener: listener, counters: Counters(),
            adoptable: nil)
    }

    /// Creates a time limiter without a name: in a pipeline it takes the pipeline's name, clock and listener.
    ///
    /// - Parameters:
    ///   - limit: The time an operation may take, more than 0. One that no clock reaches never fires.
    ///   - mode: What becomes of an operation that exceeds its limit. Defaults to ``Mode/structured``; the maximum of
    ///     ``Mode/abandoning(maxRunning:)`` is 1 or more.
    ///   - clock: The clock that measures. Defaults to that of the pipeline, elsewhere to `ContinuousClock`.
    ///   - listener: Receives the limiter's events. Defaults to that of the pipeline, elsewhere to nobody.
    /// - Throws: ``ConfigurationError`` for a limit of zero or less, or a maximum out of range.
    public init(
        _ limit: Duration,
        mode: Mode = .structured,
        clock: (any Clock<Duration>)? = nil,
        listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) {
        try Self.validate(limit, mode)
        self.init(
            name: "time-limiter", limit: limit, mode: mode, clock: clock ?? ContinuousClock(), listener: listener,
            counters: Counters(), adoptable: Adoptable(clock: clock, listener: listener))
    }

    private init(
        name: String, limit: Duration, mode: Mode, clock: any Clock<Duration>, listener: (any ResilienceListener)?,
        counters: Counters, adoptable: Adoptable?
    ) {
        self.name = name
        self.limit = limit
        self.mode = mode
        self.counters = counters
        self.timeline = Timeline(clock)
        self.emitter = EventEmitter.make(PolicyIdentity(.timeLimiter, name), listener)
        self.adoptable = adoptable
    }

    private static func validate(_ limit: Duration, _ mode: Mode) throws(ConfigurationError) {
        try Validation.positive("limit", limit)
        if case .abandoning(let maxRunning) = mode { try Validation.count("maxRunning", maxRunning, in: 1...Int.max) }
    }

    /// The same limiter, with the same counters; one without a name takes from the pipeline what it was not given.
    func adopted(by pipeline: PipelineEnvironment) -> TimeLimiter {
        guard let adoptable else { return self }
        return TimeLimiter(
            name: pipeline.name, limit: limit, mode: mode, clock: adoptable.clock ?? pipeline.clock,
            listener: adoptable.listener ?? pipeline.listener, counters: counters, adoptable: nil)
    }

    /// Runs an operation for at most the limit.
    ///
    /// When the caller's task is cancelled the operation is cancelled with it and its own error comes through; an
    /// abandoning limiter waits for that no longer than the limit.
    ///
    /// - Parameter operation: Runs in another task; cancelled at the limit.
    /// - Returns: What the operation returns.
    /// - Throws: The operation's own error, or ``TimeLimiterError`` when the limit came first. ``TimeLimiterRejection``
    ///   when the call's deadline has passed already, or when too many abandoned operations still run.
    public func execute<Result: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let bound = try admit()
        guard case .abandoning = mode else {
            return try unwrap(await bound.run(on: timeline, operation), bound)
        }
        return try unwrap(
            await bound.runAbandoning(on: timeline, counters: counters, whenEnded: nil, operation), bound)
    }

    /// Runs an operation for at most the limit, and tells when nothing of it runs any more.
    ///
    /// What a caller holds for an operation, a slot or a permit, must stay taken while the operation runs, also when
    /// it was abandoned: otherwise a limit on what is in flight admits more than it says.
    ///
    /// ```swift
    /// let slot = await slots.take()
    /// let reply = try await limiter.execute { try await client.chat(request) } whenEnded: { slot.release() }
    /// ```
    ///
    /// A policy inside the operation needs none of this: what it holds ends with the operation anyway.
    ///
    /// - Parameters:
    ///   - operation: Runs in another task; cancelled at the limit.
    ///   - whenEnded: Called exactly once: before this returns or throws, or, for an abandoned operation, when that
    ///     has ended. Also called for a call that is refused.
    /// - Returns: What the operation returns.
    /// - Throws: As ``execute(_:)``.
    public func execute<Result: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Result,
        whenEnded: @escaping @Sendable () -> Void
    ) async throws -> Result {
        guard case .abandoning = mode else {
            defer { whenEnded() }
            return try await execute(operation)
        }
        let bound: TimeBound
        do {
            bound = try admit()
        } catch {
            whenEnded()
            throw error
        }
        let outcome = await bound.runAbandoning(
            on: timeline, counters: counters, whenEnded: whenEnded, operation)
        if case .finished = outcome { whenEnded() }
        return try unwrap(outcome, bound)
    }

    private func admit() throws -> TimeBound {
        if case .abandoning(let maxRunning) = mode,
            counters.abandonedRunning.load(ordering: .relaxed) >= maxRunning
        {
            throw rejection(.tooManyAbandoned)
        }
        let now = timeline.now
        let moment = now.advanced(by: limit.saturatingNanoseconds)
        guard let bound = TimeBound(moment, limit: limit, kind: .operation, now: now, on: timeline) else {
            throw rejection(.deadlineExceeded)
        }
        return bound
    }

    private func rejection(_ reason: RejectionReason) -> TimeLimiterRejection {
        counters.rejected.add(1, ordering: .relaxed)
        emitter?.emit(.timeLimiterRejected(reason))
        return TimeLimiterRejection(policyName: name, reason: reason)
    }

    private func unwrap<Value>(_ outcome: TimedOutcome<Value>, _ bound: TimeBound) throws -> Value {
        switch outcome {
        case .finished(let result):
            return try result.get()
        case .limitExceeded:
            counters.exceeded.add(1, ordering: .relaxed)
            guard case .abandoning = mode else {
                emitter?.emit(.timeLimitExceeded(bound.limit))
                throw TimeLimiterError(policyName: name, limit: bound.limit, kind: bound.kind)
            }
            let running = counters.abandonedRunning.load(ordering: .relaxed)
            emitter?.emit(.timeLimitAbandoned(bound.limit, running: running))
            throw TimeLimiterError(policyName: name, limit: bound.limit, kind: bound.kind, isAbandoned: true)
        }
    }
}
