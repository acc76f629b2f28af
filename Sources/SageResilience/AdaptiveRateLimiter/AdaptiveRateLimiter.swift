public import Synchronization

/// Finds the rate of calls that a service bears from its answers.
///
/// ```swift
/// let limiter = AdaptiveRateLimiter("openai")
/// let reply = try await limiter.execute { try await client.chat(request) }
/// ```
///
/// The *adaptive* retry mode of the AWS SDKs: until the service first says that calls come too fast, nobody is held
/// up. Then calls need a token from a bucket that fills at 0.7 times the rate measured so far. With each answer the
/// rate follows the cubic function known from TCP, which returns quickly to where the service complained, lingers
/// there and then probes beyond, but never above twice the rate that is really used.
///
/// Calls that wait are served in the order of arrival. One whose wait is known to be too long is refused at once, and
/// so is one whose ``CallContext/deadline`` would pass; one whose task is cancelled gives its place back. When the
/// service says for how long it wants to be left alone (``ServerHint``), nobody is admitted until then.
///
/// A limiter has no timer and no background task: the call at the head of the queue sleeps in a child task of its own,
/// so that a rate that rises reaches it while it sleeps. Thread-safe; until the first throttling or pause admission
/// takes no lock.
public final class AdaptiveRateLimiter: Sendable {
    /// What identifies the limiter in events, errors and metrics.
    public let name: String
    /// How it follows the service.
    public let configuration: AdaptiveRateLimiterConfiguration
    @usableFromInline package let timeline: Timeline

    struct State {
        var machine: StateMachine
        var parking = Parking<Signal>()
    }

    let state: Mutex<State>
    /// Whether a call may be held up: since the first throttling or pause.
    ///
    /// Set under the lock, read without it, never unset.
    @usableFromInline let mayHold = Atomic<Bool>(false)
    let emitter: EventEmitter?

    /// Creates a limiter that limits nothing yet.
    ///
    /// - Parameters:
    ///   - name: What identifies it in events, errors and metrics.
    ///   - configuration: How it follows the service. Defaults to ``AdaptiveRateLimiterConfiguration/default``.
    ///   - clock: The time it lives in. Defaults to the continuous clock.
    ///   - listener: Hears ``ResilienceEvent/Kind/adaptiveRateLimiterReduced(to:)``,
    ///     ``ResilienceEvent/Kind/rateLimiterRejected(_:permits:)`` and
    ///     ``ResilienceEvent/Kind/rateLimiterWaited(_:permits:)``. Defaults to nobody.
    public init(
        _ name: String, _ configuration: AdaptiveRateLimiterConfiguration = .default,
        clock: any Clock<Duration> = ContinuousClock(), listener: (any ResilienceListener)? = nil
    ) {
        self.name = name
        self.configuration = configuration
        self.timeline = Timeline(clock)
        self.state = Mutex(State(machine: StateMachine(configuration, now: timeline.now)))
        self.emitter = EventEmitter.make(PolicyIdentity(.adaptiveRateLimiter, name), listener)
    }

    // MARK: Calls

    /// Waits for the call's turn, runs the operation, and learns from its result.
    ///
    /// - Parameter operation: Runs on the caller's executor; may use the state of the caller's actor.
    /// - Throws: What ``acquire(maxWait:)`` throws, and the operation's own error, unchanged.
    @inlinable
    public func execute<Result, Failure: Error>(
        _ operation: () async throws(Failure) -> Result
    ) async throws -> Result {
        if mayHold.load(ordering: .acquiring) { try await acquire() }
        do {
            let result = try await operation()
            recordSuccess()
            return result
        } catch {
            recordFailure(error)
            throw error
        }
    }

    /// Takes the right to make one call if it is the call's turn now and nobody waits.
    ///
    /// - Returns: Whether the call may go on. Hand its result to ``recordSuccess()`` or ``recordFailure(_:)``.
    public func tryAcquire() -> Bool {
        guard mayHold.load(ordering: .acquiring) else { return true }
        return decide(Patience(nanoseconds: 0), now: timeline.now).decision == .admitted
    }

    /// Takes the right to make one call, waiting for it in the order of arrival.
    ///
    /// Hand the call's result to ``recordSuccess()`` or ``recordFailure(_:)``.
    ///
    /// - Parameter maxWait: The longest wait, zero for none. Defaults to the configuration's.
    /// - Throws: ``AdaptiveRateLimiterError`` at once when the wait is known to be longer, the queue is full or the
    ///   call's deadline passes before, and later when the rate falls so that the wait becomes too long.
    ///   `CancellationError` when the task is cancelled while it waits; no token is used then, also when its turn comes
    ///   at that very moment.
    public func acquire(maxWait: Duration? = nil) async throws {
        try Task.checkCancellation()
        guard mayHold.load(ordering: .acquiring) else { return }
        let now = timeline.now
        let longest = (maxWait ?? configuration.maxWait).saturatingNanoseconds
        switch admit(Patience(nanoseconds: longest), now: now) {
        case .admitted: return
        case .rejected(let error): throw error
        case .mustWait: break
        }
        var patience = Patience(nanoseconds: longest)
        if let remaining = CallContext.current.deadline?.remainingNanoseconds, remaining < longest {
            patience = Patience(nanoseconds: remaining, isDeadline: true)
        }
        let (decision, place) = decide(patience, now: now, queues: true)
        switch decision {
        case .admitted: return
        case .rejected(let reason, let wait): throw error(reason, wait)
        case .mustWait: if let place { try await wait(place.id, place.signal) }
        }
    }

    /// Learns that the service answered a call, and did not find it too early.
    public func recordSuccess() {
        record(isThrottled: false, now: timeline.now)
    }

    /// Learns that the service said that calls come too fast.
    public func recordThrottle() {
        record(isThrottled: true, now: timeline.now)
    }

    /// Learns what the classifier says about an error.
    ///
    /// ``ErrorClass/rateLimited`` and ``ErrorClass/overloaded`` mean that calls come too fast; every other failure is
    /// an answer like a success. What a policy refused, the caller cancelled or a time limit ended is no answer, nor is
    /// an ``ErrorClass/timeout``. A time that the service wants to be left alone is a pause, up to
    /// ``AdaptiveRateLimiterConfiguration/maxServerHint``.
    public func recordFailure(_ error: any Error) {
        guard let classification = configuration.classifier.verdict(on: error), classification.fault != .policy
        else { return }
        switch classification.errorClass {
        case .rateLimited, .overloaded: recordThrottle()
        case .timeout: break
        default: recordSuccess()
        }
        if let wait = classification.serverWait(atMost: configuration.maxServerHint) { pause(for: wait) }
    }

    /// Admits nobody for a while, because the service said so (`Retry-After`, a rate-limit reset).
    ///
    /// A pause only ever lengthens: of two, the one that ends later holds. Calls that wait go on waiting, unless their
    /// wait becomes longer than they accept; these are refused at once. The rate stays what it is.
    ///
    /// - Parameter duration: How long, from now. Zero or less does nothing.
    public func pause(for duration: Duration) {
        let now = timeline.now
        perform { machine in
            let notices = machine.pause(until: now.advanced(by: duration.saturatingNanoseconds), now: now)
            if machine.pausedUntil > now { mayHold.store(true, ordering: .releasing) }
            return notices
        }
    }

    /// The state and the counters at this moment.
    public func snapshot() -> Snapshot {
        let now = timeline.now
        return state.withLock { $0.machine.snapshot(name: name, now: now) }
    }

    // MARK: Pipelines

    /// The answer to a call that has not waited.
    package enum Admission: Sendable {
        /// The call goes on.
        case admitted
        /// The call is refused.
        case rejected(AdaptiveRateLimiterError)
        /// Nothing is taken; ``AdaptiveRateLimiter/acquire(maxWait:)`` would wait.
        case mustWait
    }

    /// Admits or refuses a call without suspending.
    package func admit(now: Moment) -> Admission {
        guard mayHold.load(ordering: .acquiring) else { return .admitted }
        return admit(Patience(nanoseconds: configuration.maxWait.saturatingNanoseconds), now: now)
    }

    private func admit(_ patience: Patience, now: Moment) -> Admission {
        switch decide(patience, now: now).decision {
        case .admitted: .admitted
        case .rejected(let reason, let wait): .rejected(error(reason, wait))
        case .mustWait: .mustWait
        }
    }

    private typealias Place = (id: UInt64, signal: Signal?)

    /// - Parameter queues: Whether a call that must wait is put into the queue.
    private func decide(
        _ patience: Patience, now: Moment, queues: Bool = false
    ) -> (decision: StateMachine.Decision, place: Place?) {
        defer { emitter?.deliver() }
        return state.withLock { state -> (StateMachine.Decision, Place?) in
            let decision = state.machine.admit(patience, now: now)
            if case .rejected(let reason, _) = decision {
                emitter?.enqueue(.rateLimiterRejected(reason, permits: 1))
            }
            guard queues, decision == .mustWait else { return (decision, nil) }
            return (decision, state.machine.enqueue(patience, now: now))
        }
    }

    func error(_ reason: RejectionReason, _ wait: Int64) -> AdaptiveRateLimiterError {
        AdaptiveRateLimiterError(policyName: name, reason: reason, retryAfter: .nanoseconds(wait))
    }

    private func record(isThrottled: Bool, now: Moment) {
        perform { machine in
            let notices = machine.record(isThrottled: isThrottled, now: now)
            if isThrottled {
                emitter?.enqueue(.adaptiveRateLimiterReduced(to: machine.bucket.rate))
                mayHold.store(true, ordering: .releasing)
            }
            return notices
        }
    }
}

extension AdaptiveRateLimiter: Evictable {
    /// Whether the service never complained, or has long borne twice the rate at which it did; and nobody waits, and no
    /// pause holds.
    public var isEvictable: Bool {
        let now = timeline.now
        return state.withLock { $0.machine.isForgettable(now: now) }
    }
}
