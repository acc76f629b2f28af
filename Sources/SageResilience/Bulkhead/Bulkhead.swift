public import Synchronization

/// Lets only so many calls be in flight at the same time, and others wait their turn or be refused.
///
/// ```swift
/// let bulkhead = try Bulkhead("openai", .init(limit: 64))
/// let reply = try await bulkhead.execute { try await client.chat(request) }
/// ```
///
/// A slow dependency then holds a bounded part of the process: named after the walls that keep a leak from sinking the
/// ship. Calls that find no place wait in a bounded queue. The more important go first (``CallPriority``, taken from
/// ``CallContext/current`` unless given), equally important ones in the order of arrival, and a waiting call becomes more
/// important with time (``BulkheadConfiguration/ageing``). When the queue is full, a newcomer that is more important
/// than the least important waiting call takes its place; otherwise the newcomer is refused. Nobody waits beyond the
/// ``CallContext/deadline``.
///
/// A call that is inside must not make another one through the same bulkhead: with all places taken by such calls,
/// they would wait for each other until their longest wait has passed.
///
/// Nothing runs in the background: a waiting call's time is kept by a child task of its own. Thread-safe; a call that
/// finds a place takes no lock and reads no clock.
public final class Bulkhead: Sendable {
    /// The name that errors and events carry.
    public let name: String
    /// The limit it began with, and how calls wait.
    public let configuration: BulkheadConfiguration

    private let timeline: Timeline
    private let emitter: EventEmitter?
    private let maxWait: Int64
    @usableFromInline let occupancy: Atomic<Int>
    private let refusedAtOnce = Atomic(0)

    private struct State {
        var machine: StateMachine
        /// Waiting calls that are suspended.
        var parked: [UInt64: CheckedContinuation<Signal, Never>] = [:]
        /// Signals for calls that are in the queue but have not suspended yet.
        var undelivered: [UInt64: Signal] = [:]
    }

    private let state: Mutex<State>

    /// Creates a bulkhead with nobody inside.
    ///
    /// - Parameters:
    ///   - name: The name that errors and events carry.
    ///   - configuration: How many calls may be in flight, and how others wait.
    ///   - clock: The clock that measures waits. Defaults to `ContinuousClock`.
    ///   - listener: Hears ``ResilienceEvent/Kind/bulkheadRejected(_:priority:)`` and
    ///     ``ResilienceEvent/Kind/bulkheadWaited(_:priority:)``. Defaults to nobody.
    public init(
        _ name: String, _ configuration: BulkheadConfiguration,
        clock: any Clock<Duration> = ContinuousClock(), listener: (any ResilienceListener)? = nil
    ) {
        self.name = name
        self.configuration = configuration
        self.timeline = Timeline(clock)
        self.emitter = EventEmitter.make(PolicyIdentity(.bulkhead, name), listener)
        self.maxWait = configuration.maxWait.saturatingNanoseconds
        self.occupancy = Atomic(Occupancy(free: configuration.limit).word)
        self.state = Mutex(State(machine: StateMachine(configuration)))
    }

    // MARK: Calls

    /// Runs an operation in a place of its own, waiting for one if need be.
    ///
    /// - Parameters:
    ///   - priority: How important the call is; nil takes that of ``CallContext/current``, should it have to wait.
    ///   - maxWait: The longest wait, zero for none; nil takes the configuration's.
    ///   - operation: Runs on the caller's executor, once; may use the state of the caller's actor.
    /// - Throws: ``BulkheadError`` when the call was refused, `CancellationError` when its task was cancelled while it
    ///   waited, else the operation's own error, unchanged.
    @inlinable
    public func execute<Result, Failure: Error>(
        priority: CallPriority? = nil, maxWait: Duration? = nil,
        _ operation: () async throws(Failure) -> Result
    ) async throws -> Result {
        if !takePermit() {
            if let refusal = refusalAtOnce(priority, maxWait) { throw refusal }
            _ = try await enter(priority: priority, maxWait: maxWait)
        }
        defer { leave() }
        return try await operation()
    }

    /// Takes a place that is held until the permit is given back, for example to the end of a stream.
    ///
    /// - Parameters:
    ///   - priority: How important the call is; nil takes that of ``CallContext/current``, should it have to wait.
    ///   - maxWait: The longest wait, zero for none; nil takes the configuration's.
    /// - Throws: ``BulkheadError`` when the call was refused, `CancellationError` when its task was cancelled while it
    ///   waited.
    public func acquire(priority: CallPriority? = nil, maxWait: Duration? = nil) async throws -> Permit {
        if !takePermit() { _ = try await enter(priority: priority, maxWait: maxWait) }
        return Permit(bulkhead: self)
    }

    /// Takes a place if one is free now and nobody waits; nil otherwise, which counts as a refusal.
    public func tryAcquire() -> Permit? {
        guard takePermit() else {
            _ = refuseAtOnce(nil)
            return nil
        }
        return Permit(bulkhead: self)
    }

    /// Changes how many calls may be in flight.
    ///
    /// More places go to waiting calls at once. With fewer, nobody is interrupted: calls in flight end as they would,
    /// and nobody enters until there are fewer than the limit.
    ///
    /// - Parameter limit: The new limit, 1 to 1,000,000.
    /// - Throws: ``ConfigurationError`` when it is out of range; nothing has changed then.
    public func resize(to limit: Int) throws(ConfigurationError) {
        try BulkheadConfiguration.validate(limit: limit)
        let now = timeline.now
        perform { state in
            let more = state.machine.resize(to: limit)
            occupancy.add(more * Occupancy.permit, ordering: .relaxed)
            return serve(&state, now: now)
        }
    }

    /// The state and the counters at this moment.
    public func snapshot() -> Snapshot {
        state.withLock { state in
            Snapshot(
                name: name, free: Occupancy(word: occupancy.load(ordering: .relaxed)).free,
                refusedAtOnce: refusedAtOnce.load(ordering: .relaxed), machine: state.machine)
        }
    }

    // MARK: Pipelines

    /// The answer to a call that has not waited.
    @frozen
    @usableFromInline
    package enum Admission: Sendable {
        /// It is inside, until ``Bulkhead/leave()``.
        case admitted
        /// It is refused.
        case rejected(BulkheadError)
        /// Nothing is taken; ``Bulkhead/enter(priority:maxWait:)`` would wait.
        case mustWait
    }

    /// Admits a call without suspending, or says that it would have to wait.
    ///
    /// - Parameter mayWait: Whether the call is willing to wait; else it is refused instead. Defaults to true.
    @inlinable
    package func admit(mayWait: Bool = true) -> Admission {
        takePermit() ? .admitted : answerWithoutPermit(mayWait)
    }

    @usableFromInline
    func answerWithoutPermit(_ mayWait: Bool) -> Admission {
        mayWait && maxWait > 0 ? .mustWait : .rejected(refuseAtOnce(nil))
    }

    /// Lets a call in, waiting if need be.
    ///
    /// - Returns: Whether it has waited.
    @usableFromInline
    package func enter(priority: CallPriority? = nil, maxWait: Duration? = nil) async throws -> Bool {
        if takePermit() { return false }
        if let refusal = refusalAtOnce(priority, maxWait) { throw refusal }
        try Task.checkCancellation()
        let longest = maxWait.map(\.saturatingNanoseconds) ?? self.maxWait
        let context = CallContext.current
        let priority = priority ?? context.priority
        let remaining = context.deadline?.remainingNanoseconds
        let now = timeline.now
        switch arrive(priority, longest, remaining, now) {
        case nil:
            return false
        case .rejected(let reason):
            throw BulkheadError(policyName: name, reason: reason)
        case .queued(let id, _):
            try await wait(id, priority, until: now.advanced(by: min(longest, remaining ?? longest)))
            return true
        }
    }

    /// Takes a permit if one is free and nobody waits.
    @inlinable
    func takePermit() -> Bool {
        var present = occupancy.load(ordering: .relaxed)
        while Occupancy(word: present).admits {
            let (exchanged, original) = occupancy.weakCompareExchange(
                expected: present, desired: present - Occupancy.permit, successOrdering: .acquiring,
                failureOrdering: .relaxed)
            if exchanged { return true }
            present = original
        }
        return false
    }

    /// Gives a permit back.
    @inlinable
    package func leave() {
        let before = occupancy.add(Occupancy.permit, ordering: .releasing).oldValue
        if Occupancy(word: before).hasWaiters { serveWaiters() }
    }

    /// The refusal of a call that found no permit and does not wait; nil if it does.
    @usableFromInline
    func refusalAtOnce(_ priority: CallPriority?, _ maxWait: Duration?) -> BulkheadError? {
        let longest = maxWait.map(\.saturatingNanoseconds) ?? self.maxWait
        return longest > 0 ? nil : refuseAtOnce(priority)
    }

    private func refuseAtOnce(_ priority: CallPriority?) -> BulkheadError {
        refusedAtOnce.add(1, ordering: .relaxed)
        let reason = RejectionReason.concurrencyLimited
        // The priority is looked up only when somebody listens.
        emitter?.emit(.bulkheadRejected(reason, priority: priority ?? CallContext.current.priority))
        return BulkheadError(policyName: name, reason: reason)
    }

    // MARK: Waiting

    /// Takes a permit under the lock, or a place in the queue.
    ///
    /// - Returns: Nil when the call has a permit.
    private func arrive(
        _ priority: CallPriority, _ longest: Int64, _ remaining: Int64?, _ now: Moment
    ) -> StateMachine.Arrival? {
        var arrival: StateMachine.Arrival?
        perform { state in
            // From here on nobody takes a permit without the lock, and who gives one back comes to the lock: a permit
            // is either seen here or brought later.
            occupancy.bitwiseOr(Occupancy.waiting, ordering: .acquiring)
            // Those who wait come first, should a permit be on its way to them.
            var notices = serve(&state, now: now)
            if state.machine.waiting == 0, Occupancy(word: occupancy.load(ordering: .acquiring)).free > 0 {
                occupancy.subtract(Occupancy.permit, ordering: .acquiring)
                return notices
            }
            let answer = state.machine.arrive(priority, maxWait: longest, remaining: remaining, now: now)
            arrival = answer
            switch answer {
            case .queued(_, let displaced):
                if let displaced { notices.append(displaced) }
            case .rejected(let reason):
                emitter?.enqueue(.bulkheadRejected(reason, priority: priority))
            }
            return notices
        }
        return arrival
    }

    /// Sees a call in the queue through to its grant, its refusal or its cancellation.
    private func wait(_ id: UInt64, _ priority: CallPriority, until deadline: Moment) async throws {
        let signal: Signal
        if deadline == .distantFuture {
            signal = await park(id, priority)
        } else {
            signal = await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    // A sleep that throws was cancelled, by this group or with the call.
                    guard (try? await self.timeline.sleep(until: deadline)) != nil else { return }
                    self.perform { $0.machine.expire(id, priority).map { [$0] } ?? [] }
                }
                defer { group.cancelAll() }
                return await park(id, priority)
            }
        }
        // One change may tell more calls something than it may deliver events: each delivers its share.
        emitter?.deliver()
        switch signal {
        case .granted where Task.isCancelled:
            leave()
            throw CancellationError()
        case .granted: return
        case .rejected(let reason): throw BulkheadError(policyName: name, reason: reason)
        case .cancelled: throw CancellationError()
        }
    }

    /// Suspends a call until it is told something.
    private func park(_ id: UInt64, _ priority: CallPriority) async -> Signal {
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
            perform { $0.machine.leave(id, priority).map { [$0] } ?? [] }
        }
    }

    /// Hands permits that were given back to those who wait.
    @usableFromInline
    func serveWaiters() {
        let now = timeline.now
        perform { serve(&$0, now: now) }
    }

    /// Takes the permits and takes the calls out of the queue in one critical section.
    private func serve(_ state: inout State, now: Moment) -> [Notice] {
        // Free permits can only become more meanwhile: whoever brings one comes to the lock after this.
        let free = Occupancy(word: occupancy.load(ordering: .acquiring)).free
        let (granted, notices) = state.machine.serve(free: free, now: now)
        if granted > 0 { occupancy.subtract(granted * Occupancy.permit, ordering: .acquiring) }
        return notices
    }

    /// Says in the word whether somebody waits; called under the lock after every change of the queue.
    private func settleFlag(_ machine: StateMachine) {
        guard machine.waiting == 0, Occupancy(word: occupancy.load(ordering: .relaxed)).hasWaiters else { return }
        occupancy.bitwiseAnd(~Occupancy.waiting, ordering: .releasing)
    }

    /// Changes the queue and tells everybody concerned: signals are settled under the lock, each to be taken once,
    /// and continuations are resumed after it.
    private func perform(_ change: (inout State) -> [Notice]) {
        let resumptions = state.withLock { state in
            let notices = change(&state)
            settleFlag(state.machine)
            var resumptions: [(CheckedContinuation<Signal, Never>, Signal)] = []
            for notice in notices {
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
            emitter?.enqueue(.bulkheadWaited(.nanoseconds(waited), priority: notice.priority))
        case .rejected(let reason): emitter?.enqueue(.bulkheadRejected(reason, priority: notice.priority))
        case .cancelled: break
        }
    }
}
