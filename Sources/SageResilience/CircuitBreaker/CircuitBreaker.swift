public import Synchronization

/// Stops calling a service that fails, and finds out carefully whether it has recovered.
///
/// ```swift
/// let breaker = CircuitBreaker("openai", .llm)
/// let reply = try await breaker.execute { try await client.chat(request) }
/// ```
///
/// *Closed*, the breaker lets calls through and judges their results over a window. When too many fail, or are too
/// slow, it *opens*: calls are refused at once with a ``CircuitBreakerError``. After the recovery time the next call
/// makes it *half-open*: a few probes go through, and their results close it or open it again. Nothing runs in the
/// background; each change happens in the call that finds it due.
///
/// Every call counts as success, failure or ignored (``Outcome``). What the caller cancelled, what is the caller's own
/// mistake and what an inner policy refused is ignored. A result that belongs to an earlier state, because the call
/// took so long, changes nothing.
///
/// Thread-safe; one instance guards one service, for all its callers.
public final class CircuitBreaker: Sendable {
    /// The name that errors and events carry.
    public let name: String
    /// How this breaker judges and recovers.
    public let configuration: CircuitBreakerConfiguration

    @usableFromInline package let timeline: Timeline
    private let random: RandomSource
    private let emitter: EventEmitter?
    @usableFromInline let measuresTime: Bool
    private let machine: Mutex<StateMachine>
    /// Written under the lock, read without it.
    @usableFromInline let fastPathWord: Atomic<UInt64>

    /// Creates a closed circuit breaker.
    ///
    /// - Parameters:
    ///   - name: The name that errors and events carry.
    ///   - configuration: How the breaker judges and recovers. Defaults to ``CircuitBreakerConfiguration/default``.
    ///   - clock: The clock that measures. Defaults to `ContinuousClock`.
    ///   - random: Where the jitter of the recovery time comes from. Defaults to the system's generator.
    ///   - listener: Receives the breaker's events. Defaults to nobody.
    public init(
        _ name: String,
        _ configuration: CircuitBreakerConfiguration = .default,
        clock: any Clock<Duration> = ContinuousClock(),
        random: RandomSource = .system,
        listener: (any ResilienceListener)? = nil
    ) {
        self.name = name
        self.configuration = configuration
        self.timeline = Timeline(clock)
        self.random = random
        self.emitter = EventEmitter.make(PolicyIdentity(.circuitBreaker, name), listener)
        let machine = StateMachine(configuration, now: timeline.now)
        self.measuresTime = machine.measuresTime
        self.fastPathWord = Atomic(machine.fastPath.word)
        self.machine = Mutex(machine)
    }

    /// Runs an operation if the breaker admits it, and records how it ended.
    ///
    /// - Parameter operation: Runs on the caller's executor; may use the state of the caller's actor.
    /// - Throws: ``CircuitBreakerError`` when the call was refused, else the operation's own error, unchanged.
    @inlinable
    public func execute<Result, Failure: Error>(
        _ operation: () async throws(Failure) -> Result
    ) async throws -> Result {
        let ticket = try admit()
        do {
            let result = try await operation()
            recordSuccess(ticket)
            return result
        } catch {
            recordFailure(ticket, error)
            throw error
        }
    }

    /// Asks for the right to make one call whose result is known later, for example at the end of a stream.
    ///
    /// - Returns: A permit to be ended by `succeed`, `fail` or `ignore`; dropping it ignores the call.
    /// - Throws: ``CircuitBreakerError`` when the call is refused.
    public func acquire() throws(CircuitBreakerError) -> Permit {
        Permit(breaker: self, ticket: try admit())
    }

    /// ``acquire()`` without the reason of a refusal.
    public func tryAcquire() -> Permit? {
        guard let ticket = try? admit() else { return nil }
        return Permit(breaker: self, ticket: ticket)
    }

    // MARK: State

    /// The state; an open breaker whose recovery time has passed is open until the next call.
    public var state: State {
        read { machine, _ in machine.state }
    }

    /// Everything the breaker knows about itself.
    public func snapshot() -> Snapshot {
        read { machine, now in machine.currentSnapshot(now: now) }
    }

    /// Changes the state by hand.
    ///
    /// A change to the present state does nothing.
    ///
    /// - Parameter state: The new state. `open` recovers by itself after the recovery time; `forcedOpen`,
    ///   `disabled` and `metricsOnly` stay until they are ended by hand.
    /// - Throws: ``CircuitBreakerTransitionError`` from closed to half-open, which would only limit a healthy service.
    public func transition(to state: State) throws(CircuitBreakerTransitionError) {
        defer { emitter?.deliver() }
        let now = timeline.now
        let unitRandom = state == .open ? random.unitInterval() : 0
        do {
            try change { machine throws(StateMachine.IllegalTransition) in
                enqueue(machine.endOverdueTrial(now: now))
                enqueue(try machine.change(to: state, now: now, unitRandom: unitRandom))
            }
        } catch {
            throw CircuitBreakerTransitionError(policyName: name, from: error.from, to: state)
        }
    }

    /// Opens for exactly this long, then lets probes through; in the open state it sets the remaining time.
    public func open(for duration: Duration) {
        let now = timeline.now
        change { machine in
            enqueue(machine.open(forNanoseconds: duration.saturatingNanoseconds, now: now))
        }
        emitter?.deliver()
    }

    /// Closes and forgets all results; calls that are in flight count no more.
    public func reset() {
        let now = timeline.now
        change { machine in
            enqueue(machine.reset(now: now))
        }
        emitter?.deliver()
    }

    // MARK: Calls

    /// Admits one call.
    @inlinable
    package func admit() throws(CircuitBreakerError) -> Ticket {
        let fastPath = FastPath(word: fastPathWord.load(ordering: .acquiring))
        guard fastPath.admits else { return try admitUnderLock() }
        return Ticket(generation: fastPath.generation, startedAt: measuresTime ? timeline.now : .zero)
    }

    @usableFromInline
    func admitUnderLock() throws(CircuitBreakerError) -> Ticket {
        let now = timeline.now
        let admission = change { machine in
            enqueue(machine.endOverdueTrial(now: now))
            let (admission, transition) = machine.admit(now: now)
            enqueue(transition)
            if let emitter, case .rejected(let reason, _) = admission {
                emitter.enqueue(.circuitBreakerRejected(reason))
            }
            return admission
        }
        switch admission {
        case .admitted(let ticket):
            emitter?.deliver()
            return ticket
        case .rejected(let reason, let retryAfter):
            emitter?.deliver()
            throw CircuitBreakerError(
                policyName: name, reason: reason, retryAfter: retryAfter.map { .nanoseconds($0) })
        }
    }

    /// The ticket of a call that is about to reach the service only now, after a wait that is not the service's doing.
    package func restartTiming(of ticket: Ticket) -> Ticket {
        measuresTime ? Ticket(generation: ticket.generation, startedAt: timeline.now) : ticket
    }

    /// Records that the service did its work.
    ///
    /// - Parameter timedUntil: When the call's duration ended; nil is now.
    @inlinable
    package func recordSuccess(_ ticket: Ticket, timedUntil: Moment? = nil) {
        let fastPath = FastPath(word: fastPathWord.load(ordering: .acquiring))
        if !fastPath.ignoresSuccess(of: ticket.generation) { recordSuccessUnderLock(ticket, timedUntil) }
    }

    @usableFromInline
    func recordSuccessUnderLock(_ ticket: Ticket, _ timedUntil: Moment?) {
        record(.success, for: ticket, timedUntil: timedUntil)
    }

    /// Records an error by what the classifier says about it, unless the caller cancelled the task.
    ///
    /// - Parameter timedUntil: When the call's duration ended; nil is now.
    @usableFromInline
    package func recordFailure(_ ticket: Ticket, _ error: any Error, timedUntil: Moment? = nil) {
        // Judged by who cancelled the task, never by the error's type.
        let cause = CancellationCause.current
        if cause == .caller { return release(ticket) }
        let classification =
            cause == .timeLimit && error is CancellationError
            ? ErrorClassification(.timeout) : configuration.classifier.classify(error)
        let report: StateMachine.Report =
            switch configuration.outcome(of: classification) {
            case .failure: .failure(.init(errorType: type(of: error), classification: classification))
            case .success: .success
            case .ignored: .ignored
            }
        record(report, for: ticket, timedUntil: timedUntil)
    }

    /// Gives the call's place back without a verdict.
    package func release(_ ticket: Ticket) {
        record(.ignored, for: ticket, timedUntil: nil)
    }

    private func record(_ report: StateMachine.Report, for ticket: Ticket, timedUntil: Moment?) {
        // The clock and the source of random numbers may be the user's code and use this breaker, so they are asked
        // without the lock. What is missing is seen under it; then the result is handed in again.
        var now: Moment?
        var unitRandom: Double?
        if measuresTime || report.isFailure { now = timeline.now }
        while true {
            let missing = change { machine -> StateMachine.Need? in
                if let now { enqueue(machine.endOverdueTrial(now: now)) }
                switch machine.record(report, for: ticket, timedUntil: timedUntil, now: now, unitRandom: unitRandom) {
                case .none: break
                case .transition(let transition): enqueue(transition)
                case .wouldOpen(let snapshot): emitter?.enqueue(.circuitBreakerWouldOpen(snapshot))
                case .missing(let need): return need
                }
                return nil
            }
            switch missing {
            case .moment: now = timeline.now
            case .unitRandom: unitRandom = random.unitInterval()
            case nil:
                emitter?.deliver()
                return
            }
        }
    }

    /// Changes the state machine, and publishes what may be decided without the lock from now on.
    private func change<Value: Sendable, Failure: Error>(
        _ body: (inout StateMachine) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try machine.withLock { machine throws(Failure) in
            defer {
                let word = machine.fastPath.word
                // Writing the same again would take the word away from the other processors' caches.
                if word != fastPathWord.load(ordering: .relaxed) { fastPathWord.store(word, ordering: .releasing) }
            }
            return try body(&machine)
        }
    }

    private func read<Value: Sendable>(_ body: (inout StateMachine, Moment) -> Value) -> Value {
        let now = timeline.now
        let value = change { machine in
            enqueue(machine.endOverdueTrial(now: now))
            return body(&machine, now)
        }
        emitter?.deliver()
        return value
    }

    /// Called under the lock, so that events have the order of the changes; delivered after it.
    private func enqueue(_ transition: Transition?) {
        guard let emitter, let transition else { return }
        emitter.enqueue(
            .circuitBreakerTransition(from: transition.from, to: transition.to, transition.snapshot))
    }
}

extension CircuitBreaker: Evictable {
    /// Whether a new breaker would be the same: closed, with nothing recorded.
    ///
    /// An open one is never evicted.
    public var isEvictable: Bool {
        let snapshot = snapshot()
        return snapshot.state == .closed && snapshot.calls == 0
    }
}
