public import Synchronization

/// Admits so many calls in a time and lets others wait or refuses them.
///
/// ```swift
/// let limiter = try RateLimiter.slidingWindow("openai", limit: 60, per: .seconds(60))
/// let reply = try await limiter.execute { try await client.chat(request) }
/// ```
///
/// Calls that wait are served in the order of arrival, and nobody overtakes them: while somebody waits,
/// ``tryAcquire(_:)`` fails even if the permits that are free would suffice for it. A call whose wait is known to be
/// too long is refused at once rather than after waiting, and so is one whose ``CallContext/deadline`` would pass. A
/// waiting call whose task is cancelled gives its place back.
///
/// When the service itself asks to be left alone for a while (``ServerHint``), nobody is admitted until then:
/// ``execute(permits:maxWait:_:)`` and pipelines learn it from the errors of calls, everybody else with
/// ``recordFailure(_:)``.
///
/// A limiter has no timer and no background task: the call at the head of the queue sleeps in a child task of its own,
/// so that a ``pause(for:)`` or a refund reaches it while it sleeps. A token bucket grants permits by one atomic
/// exchange, without a lock, while nobody waits. Thread-safe.
public final class RateLimiter: Sendable {
    /// What identifies the limiter in events, errors and metrics.
    public let name: String
    /// How many calls it admits, and how long others may wait.
    public let configuration: RateLimiterConfiguration
    /// The time it lives in.
    @usableFromInline package let timeline: Timeline

    struct State {
        var machine: StateMachine
        var parking = Parking<Signal>()
    }

    /// Whether the timeline is that of `ContinuousClock`: asking the timeline copies its existential each time.
    @usableFromInline let isContinuous: Bool
    let state: Mutex<State>
    /// Where permits are taken without the lock; closed while somebody waits or the limiter pauses.
    @usableFromInline let bucket: OpenBucket
    /// The latest moment that was read from a clock other than `ContinuousClock`, which may go backwards.
    private let latestSeen = Atomic<Int64>(0)
    private let capacity: Int
    let emitter: EventEmitter?

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
        let machine = StateMachine(configuration)
        self.name = name
        self.configuration = configuration
        self.timeline = Timeline(clock)
        self.isContinuous = timeline.isContinuous
        self.capacity = machine.account.capacity
        self.bucket = OpenBucket(machine.account.bucket)
        self.state = Mutex(State(machine: machine))
        self.emitter = EventEmitter.make(PolicyIdentity(.rateLimiter, name), listener)
        if let free = machine.freeBucket { bucket.open(free) }
    }

    // MARK: Acquiring

    /// Takes permits if they are free now and nobody waits.
    ///
    /// - Parameter permits: How many. Zero or fewer are nothing: always granted, never counted. Defaults to 1.
    /// - Returns: Whether the call may go on.
    @inlinable
    public func tryAcquire(_ permits: Int = 1) -> Bool {
        let seen = bucket.fullAt.load(ordering: .acquiring)
        let now = present
        return bucket.take(permits, at: now) || tryAcquireSlowly(permits, now: now, seen: seen)
    }

    /// Takes permits, waiting for them in the order of arrival.
    ///
    /// - Parameters:
    ///   - permits: How many. Zero or fewer are nothing: always granted, never counted. Defaults to 1.
    ///   - maxWait: The longest wait, zero for none. Defaults to the configuration's.
    /// - Throws: ``RateLimiterError`` at once when the wait is known to be longer or to outlast the deadline in
    ///   ``CallContext/current``, the queue is full or the permits are more than the limiter can ever grant; and later
    ///   when a ``pause(for:)`` or a debit makes the wait too long. `CancellationError` when the task is cancelled
    ///   while it waits; no permits are used then, also when they are granted at that very moment.
    @inlinable
    public nonisolated(nonsending) func acquire(_ permits: Int = 1, maxWait: Duration? = nil) async throws {
        try Task.checkCancellation()
        let seen = bucket.fullAt.load(ordering: .acquiring)
        let now = present
        if !bucket.take(permits, at: now) {
            _ = try await acquireSlowly(permits, maxWait: maxWait, now: now, seen: seen)
        }
    }

    /// Runs an operation after acquiring a permit, and pauses if it fails because the service wants to be left alone.
    ///
    /// A task that is cancelled already does not wait; but where the permit is free the operation runs, and finds out
    /// by itself, because the question costs more than the permit.
    ///
    /// - Parameters:
    ///   - permits: How many permits it needs. Defaults to 1.
    ///   - maxWait: The longest wait, zero for none. Defaults to the configuration's.
    ///   - operation: Runs on the caller's actor, once, and only with the permits.
    /// - Returns: What the operation returns.
    /// - Throws: What ``acquire(_:maxWait:)`` throws, and the operation's own error unchanged.
    @inlinable
    public nonisolated(nonsending) func execute<Result, Failure: Error>(
        permits: Int = 1, maxWait: Duration? = nil,
        _ operation: nonisolated(nonsending) () async throws(Failure) -> Result
    ) async throws -> Result {
        let seen = bucket.fullAt.load(ordering: .acquiring)
        let now = present
        if !bucket.take(permits, at: now) {
            _ = try await acquireSlowly(permits, maxWait: maxWait, now: now, seen: seen)
        }
        do {
            return try await operation()
        } catch {
            recordFailure(error)
            throw error
        }
    }

    /// Learns from the error of a call how long the service wants to be left alone, and pauses as long.
    ///
    /// For those who acquire permits and call the service by hand; ``execute(permits:maxWait:_:)`` and pipelines do it.
    /// Nothing happens when the classifier finds no ``ServerHint`` with a time in it, the fault is not the provider's,
    /// or the current task has been cancelled by its caller.
    ///
    /// - Parameter error: What the call threw. Its hint is heeded up to ``RateLimiterConfiguration/maxServerHint``.
    public func recordFailure(_ error: any Error) {
        guard configuration.maxServerHint > .zero, CancellationCause.current != .caller else { return }
        let classification = configuration.classifier.classify(error)
        guard let wait = classification.serverWait(atMost: configuration.maxServerHint) else { return }
        pause(for: wait)
    }

    /// Admits nobody for a while, because the service said so (`Retry-After`, a rate-limit reset).
    ///
    /// A pause only ever lengthens: of two, the one that ends later holds. Calls that wait go on waiting, unless their
    /// wait becomes longer than they accept; these are refused at once.
    ///
    /// - Parameter duration: How long, from now. Zero or less does nothing.
    public func pause(for duration: Duration) {
        perform { machine, now in
            machine.pause(until: now.advanced(by: duration.saturatingNanoseconds), now: now)
        }
    }

    /// The state and the counters at this moment.
    public func snapshot() -> Snapshot {
        let now = present
        return state.withLock { state in
            var now = now
            // Looked at without closing it: those who take permits meanwhile need not notice.
            if let open = bucket.current {
                now = refreshed(now)
                state.machine.adopt(open, now: now)
            }
            var counters = state.machine.counters
            bucket.addCounters(to: &counters)
            return state.machine.snapshot(name: name, counters: counters, now: now)
        }
    }

    // MARK: Time

    /// The present, which does not go backwards.
    @inlinable
    var present: Moment { isContinuous ? ContinuousTime.now : customPresent }

    @usableFromInline var customPresent: Moment { monotonic(timeline.now) }

    /// The later of a moment and all that were seen before.
    @usableFromInline
    func monotonic(_ now: Moment) -> Moment {
        let (_, latest) = latestSeen.max(now.nanoseconds, ordering: .acquiringAndReleasing)
        return Moment(nanoseconds: latest)
    }

    /// A moment not before any at which a permit was taken from the bucket that has just been read.
    ///
    /// Between a caller's look at the clock and its look at the bucket others may have taken permits at a later moment;
    /// judged by its own it might be refused the last one of a burst. A clock that is somebody's own is not asked
    /// again, because this is also called under the lock.
    private func refreshed(_ now: Moment) -> Moment {
        isContinuous ? ContinuousTime.now : max(now, Moment(nanoseconds: latestSeen.load(ordering: .acquiring)))
    }

    // MARK: Pipelines

    /// The answer to a call that has not waited.
    @usableFromInline
    package enum Admission: Sendable {
        /// The permits are taken.
        case admitted
        /// The call is refused.
        case rejected(RateLimiterError)
        /// Nothing is taken; ``RateLimiter/acquire(_:maxWait:)`` would wait.
        case mustWait
    }

    /// Takes permits if that needs no lock; false says nothing but that ``admit(_:now:)`` is to be asked.
    ///
    /// - Parameters:
    ///   - permits: How many, 1 or more.
    ///   - now: The present on the limiter's ``timeline``.
    @inlinable
    package func takeAtOnce(_ permits: Int = 1, now: Moment) -> Bool {
        bucket.take(permits, at: isContinuous ? now : monotonic(now))
    }

    /// Admits or refuses a call without suspending.
    ///
    /// - Parameters:
    ///   - permits: How many; zero or fewer are nothing.
    ///   - now: The present on the limiter's ``timeline``.
    @inlinable
    package func admit(_ permits: Int = 1, now: Moment) -> Admission {
        takeAtOnce(permits, now: now) ? .admitted : admitSlowly(permits, now: now)
    }

    @usableFromInline
    func admitSlowly(_ permits: Int, now: Moment) -> Admission {
        let now = isContinuous ? now : monotonic(now)
        let longest = configuration.maxWait.saturatingNanoseconds
        return switch arrive(permits, longest: longest, now: now, seen: OpenBucket.closed, queuesUp: false) {
        case .admitted: .admitted
        case .rejected(let refusal): .rejected(error(refusal, permits))
        case .waits, .cancelled: .mustWait
        }
    }

    // MARK: Arrivals

    /// What became of a call that could not take its permits without the lock.
    private enum Arrival: Sendable {
        case admitted(at: Moment)
        case rejected(Refusal)
        case waits(id: UInt64, Signal?)
        case cancelled
    }

    @usableFromInline
    func tryAcquireSlowly(_ permits: Int, now: Moment, seen: Int64) -> Bool {
        takeSlowly(permits, now: now, seen: seen) != nil
    }

    /// - Parameter isQuiet: Whether a refusal is not counted.
    /// - Returns: When the permits were taken; nil if they were not.
    func takeSlowly(_ permits: Int, now: Moment, seen: Int64, isQuiet: Bool = false) -> Moment? {
        let arrival = arrive(permits, longest: 0, now: now, seen: seen, queuesUp: false, isQuiet: isQuiet)
        return if case .admitted(let moment) = arrival { moment } else { nil }
    }

    /// - Returns: When the permits were taken.
    @usableFromInline
    nonisolated(nonsending) func acquireSlowly(
        _ permits: Int, maxWait: Duration?, now: Moment, seen: Int64
    ) async throws -> Moment {
        let longest = (maxWait ?? configuration.maxWait).saturatingNanoseconds
        switch arrive(permits, longest: max(0, longest), now: now, seen: seen, queuesUp: true) {
        case .admitted(let moment): return moment
        case .rejected(let refusal): throw error(refusal, permits)
        case .waits(let id, let signal): return try await wait(id, permits, signal)
        case .cancelled: throw CancellationError()
        }
    }

    /// Admits, refuses or queues a call.
    ///
    /// - Parameters:
    ///   - permits: How many.
    ///   - longest: The longest wait in nanoseconds, 0 for none.
    ///   - now: When the call arrived.
    ///   - seen: What the bucket was before that: if it still is the same, the caller's look at the clock will do.
    ///   - queuesUp: Whether a call that may wait is put into the queue.
    ///   - isQuiet: Whether a call that cannot go on at once is neither refused nor counted.
    private func arrive(
        _ permits: Int, longest: Int64, now: Moment, seen: Int64, queuesUp: Bool, isQuiet: Bool = false
    ) -> Arrival {
        guard permits > 0 else { return .admitted(at: now) }
        var now = now
        var wait: Int64?
        if permits <= capacity {
            if let open = bucket.current {
                if open.fullAt.nanoseconds != seen { now = refreshed(now) }
                let known = open.earliest(permits, from: now).elapsed(since: now)
                if known > 0 { wait = known } else if bucket.take(permits, at: now) { return .admitted(at: now) }
            }
            if wait == nil {
                let taken = locked(now) { state, now -> Moment? in
                    state.machine.takeAtOnce(permits, now: now) ? state.machine.latest : nil
                }
                if let taken { return .admitted(at: taken) }
            }
        }
        if isQuiet { return .waits(id: 0, nil) }
        // Asked only now that the call cannot go on at once: both cost more than a permit.
        if queuesUp, Task.isCancelled { return .cancelled }
        let patience = longest == 0 ? Patience(longest: 0) : Self.patience(longest)
        if let wait, let reason = patience.objection(to: wait) { return refuse(reason, wait, permits) }
        let arrival = locked(now) { state, now -> Arrival in
            switch state.machine.admit(permits, patience: patience, now: now) {
            case .admitted: return .admitted(at: state.machine.latest)
            case .rejected(let refusal):
                emitter?.enqueue(.rateLimiterRejected(refusal.reason, permits: permits))
                return .rejected(refusal)
            case .mustWait:
                guard queuesUp else { return .waits(id: 0, nil) }
                let (id, signal) = state.machine.enqueue(permits, patience: patience, now: now)
                return .waits(id: id, signal)
            }
        }
        emitter?.deliver()
        return arrival
    }

    private static func patience(_ longest: Int64) -> Patience {
        Patience(longest: longest, untilDeadline: CallContext.current.deadline?.remainingNanoseconds ?? .max)
    }

    /// Refuses without the lock: a refusal changes nothing but a counter.
    private func refuse(_ reason: RejectionReason, _ wait: Int64, _ permits: Int) -> Arrival {
        bucket.rejections.wrappingAdd(1, ordering: .relaxed)
        emitter?.emit(.rateLimiterRejected(reason, permits: permits))
        return .rejected(Refusal(reason: reason, wait: wait))
    }

    func error(_ refusal: Refusal, _ permits: Int) -> RateLimiterError {
        RateLimiterError(
            policyName: name, reason: refusal.reason, retryAfter: refusal.wait.map { .nanoseconds($0) },
            permits: permits)
    }

    /// Changes the state under the lock, the bucket being closed meanwhile and opened afterwards if it may be.
    func locked<Value: Sendable>(_ now: Moment, _ body: (inout State, Moment) -> Value) -> Value {
        state.withLock { state in
            var now = now
            if let open = bucket.close() {
                now = refreshed(now)
                state.machine.adopt(open, now: now)
            }
            defer { if let free = state.machine.freeBucket { bucket.open(free) } }
            return body(&state, now)
        }
    }
}
