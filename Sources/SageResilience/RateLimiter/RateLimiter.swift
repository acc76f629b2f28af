import Synchronization

/// Admits so many calls in a time and lets others wait or refuses them.
///
/// ```swift
/// let limiter = try RateLimiter.slidingWindow("openai", limit: 60, per: .seconds(60))
/// let reply = try await limiter.execute { try await client.chat(request) }
/// ```
///
/// Calls that wait are served in the order of arrival, and nobody overtakes them: while somebody waits,
/// ``tryAcquire(_:)`` fails even if the permits that are free would suffice for it. A call whose wait is known to be
/// too long is refused at once rather than after waiting. A waiting call whose task is cancelled gives its place back.
///
/// A limiter never starts a task or a timer: the call at the head of the queue sleeps in its own task. Thread-safe.
public final class RateLimiter: Sendable {
    /// What identifies the limiter in events, errors and metrics.
    public let name: String
    /// How many calls it admits, and how long others may wait.
    public let configuration: RateLimiterConfiguration
    /// The time it lives in.
    package let timeline: Timeline

    private struct State {
        var machine: StateMachine
        /// Waiting calls that are suspended.
        var parked: [UInt64: CheckedContinuation<Signal, Never>] = [:]
        /// Signals for calls that are in the queue but have not suspended yet.
        var undelivered: [UInt64: Signal] = [:]
    }

    private let state: Mutex<State>
    private let emitter: EventEmitter?

    /// Creates a limiter that has all its permits.
    ///
    /// - Parameters:
    ///   - name: What identifies it in events, errors and metrics.
    ///   - configuration: How many calls it admits, and how long others may wait.
    ///   - clock: The time it lives in. Defaults to the continuous clock.
    ///   - listener: Hears ``ResilienceEvent/Kind/rateLimiterRejected(_:permits:)`` and
    ///     ``ResilienceEvent/Kind/rateLimiterWaited(_:permits:)``. Defaults to nobody.
    public init(
        _ name: String, _ configuration: RateLimiterConfiguration,
        clock: any Clock<Duration> = ContinuousClock(), listener: (any ResilienceListener)? = nil
    ) {
        self.name = name
        self.configuration = configuration
        self.timeline = Timeline(clock)
        self.state = Mutex(State(machine: StateMachine(configuration)))
        self.emitter = EventEmitter.make(PolicyIdentity(.rateLimiter, name), listener)
    }

    // MARK: Acquiring

    /// Takes permits if they are free now and nobody waits.
    ///
    /// - Parameter permits: How many. Zero or fewer are nothing: always granted, never counted. Defaults to 1.
    /// - Returns: Whether the call may go on.
    public func tryAcquire(_ permits: Int = 1) -> Bool {
        let now = timeline.now
        let decision = state.withLock { decide(permits, maxWait: nil, now: now, &$0) }
        emitter?.deliver()
        return decision == .admitted
    }

    /// Takes permits, waiting for them in the order of arrival.
    ///
    /// - Parameters:
    ///   - permits: How many. Zero or fewer are nothing: always granted, never counted. Defaults to 1.
    ///   - maxWait: The longest wait, zero for none. Defaults to the configuration's.
    /// - Throws: ``RateLimiterError`` at once when the wait is known to be longer, the queue is full or the permits are
    ///   more than the limiter can ever grant, and later when a ``pause(for:)`` makes the wait too long.
    ///   `CancellationError` when the task is cancelled before the permits are granted; none are used then.
    public func acquire(_ permits: Int = 1, maxWait: Duration? = nil) async throws {
        try Task.checkCancellation()
        let longest = (maxWait ?? configuration.maxWait).saturatingNanoseconds
        let now = timeline.now
        let (decision, id, signal) = state.withLock { state -> (StateMachine.Decision, UInt64, Signal?) in
            let decision = decide(permits, maxWait: longest, now: now, &state)
            guard decision == .mustWait else { return (decision, 0, nil) }
            let (id, signal) = state.machine.enqueue(permits, maxWait: longest, now: now)
            return (decision, id, signal)
        }
        emitter?.deliver()
        switch decision {
        case .admitted: return
        case .rejected(let refusal): throw error(refusal, permits)
        case .mustWait: try await wait(id, permits, signal)
        }
    }

    /// Runs an operation after acquiring a permit.
    ///
    /// - Parameters:
    ///   - permits: How many permits it needs. Defaults to 1.
    ///   - maxWait: The longest wait, zero for none. Defaults to the configuration's.
    ///   - operation: Runs on the caller's actor, once, and only with the permits.
    /// - Returns: What the operation returns.
    /// - Throws: What ``acquire(_:maxWait:)`` throws, and the operation's own error unchanged.
    public nonisolated(nonsending) func execute<Result, Failure: Error>(
        permits: Int = 1, maxWait: Duration? = nil,
        _ operation: nonisolated(nonsending) () async throws(Failure) -> Result
    ) async throws -> Result {
        try await acquire(permits, maxWait: maxWait)
        return try await operation()
    }

    /// Admits nobody for a while, because the service said so (`Retry-After`, a rate-limit reset).
    ///
    /// A pause only ever lengthens: of two, the one that ends later holds. Calls that wait go on waiting, unless their
    /// wait becomes longer than they accept; these are refused.
    ///
    /// - Parameter duration: How long, from now. Zero or less does nothing.
    public func pause(for duration: Duration) {
        let now = timeline.now
        perform { $0.pause(until: now.advanced(by: duration.saturatingNanoseconds), now: now) }
    }

    /// The state and the counters at this moment.
    public func snapshot() -> Snapshot {
        let now = timeline.now
        return state.withLock { $0.machine.snapshot(name: name, now: now) }
    }

    // MARK: Pipelines

    /// The answer to a call that has not waited.
    package enum Admission: Sendable {
        /// The permits are taken.
        case admitted
        /// The call is refused.
        case rejected(RateLimiterError)
        /// Nothing is taken; ``RateLimiter/acquire(_:maxWait:)`` would wait.
        case mustWait
    }

    /// Admits or refuses a call without suspending.
    package func admit(_ permits: Int, now: Moment) -> Admission {
        let longest = configuration.maxWait.saturatingNanoseconds
        let decision = state.withLock { decide(permits, maxWait: longest, now: now, &$0) }
        emitter?.deliver()
        return switch decision {
        case .admitted: .admitted
        case .rejected(let refusal): .rejected(error(refusal, permits))
        case .mustWait: .mustWait
        }
    }

    private func decide(_ permits: Int, maxWait: Int64?, now: Moment, _ state: inout State) -> StateMachine.Decision {
        let decision = state.machine.admit(permits, maxWait: maxWait, now: now)
        if case .rejected(let refusal) = decision {
            emitter?.enqueue(.rateLimiterRejected(refusal.reason, permits: permits))
        }
        return decision
    }

    private func error(_ refusal: Refusal, _ permits: Int) -> RateLimiterError {
        RateLimiterError(
            policyName: name, reason: refusal.reason, retryAfter: refusal.wait.map { .nanoseconds($0) },
            permits: permits)
    }

    // MARK: Waiting

    /// Sees a call in the queue through to its grant, its refusal or its cancellation.
    private func wait(_ id: UInt64, _ permits: Int, _ first: Signal?) async throws {
        // One change may tell more calls something than it may deliver events: each delivers its share.
        defer { emitter?.deliver() }
        var signal = first
        while true {
            switch signal {
            case nil: signal = await park(id)
            case .sleep(let moment): signal = await sleep(id, until: moment)
            case .granted: return
            case .rejected(let refusal): throw error(refusal, permits)
            case .cancelled: throw CancellationError()
            }
        }
    }

    /// Suspends a call until it is told something.
    private func park(_ id: UInt64) async -> Signal {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let early: Signal? = state.withLock { state in
                    if let signal = state.undelivered.removeValue(forKey: id) { return signal }
                    state.parked[id] = continuation
                    return nil
                }
                if let early { continuation.resume(returning: early) }
            }
        } onCancel: {
            // Before the call is parked, this leaves the signal to be found; afterwards it resumes the call.
            let now = timeline.now
            perform { $0.leave(id, now: now) }
        }
    }

    /// Sleeps as the head of the queue, and then claims the permits.
    private func sleep(_ id: UInt64, until moment: Moment) async -> Signal {
        var isOver = false
        do { try await timeline.sleep(until: moment) } catch { isOver = true }
        // A cancellation that comes after the timer has fired still gives the place back.
        let leaves = isOver || Task.isCancelled
        let now = timeline.now
        perform { leaves ? $0.leave(id, now: now) : $0.claim(id, now: now) }
        return await park(id)
    }

    /// Changes the queue and tells everybody concerned: signals are settled under the lock, each to be taken once,
    /// and continuations are resumed after it.
    private func perform(_ change: (inout StateMachine) -> [Notice]) {
        let resumptions = state.withLock { state in
            var resumptions: [(CheckedContinuation<Signal, Never>, Signal)] = []
            for notice in change(&state.machine) {
                report(notice)
                if let continuation = state.parked.removeValue(forKey: notice.id) {
                    resumptions.append((continuation, notice.signal))
                } else {
                    state.undelivered[notice.id] = notice.signal
                }
            }
            return resumptions
        }
        for (continuation, signal) in resumptions { continuation.resume(returning: signal) }
        emitter?.deliver()
    }

    private func report(_ notice: Notice) {
        switch notice.signal {
        case .granted(let waited):
            emitter?.enqueue(.rateLimiterWaited(.nanoseconds(waited), permits: notice.permits))
        case .rejected(let refusal):
            emitter?.enqueue(.rateLimiterRejected(refusal.reason, permits: notice.permits))
        case .sleep, .cancelled: break
        }
    }
}
