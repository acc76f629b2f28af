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
/// Every call counts as success, failure or ignored. What the caller cancelled, what is the caller's own
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
    let random: RandomSource
    let emitter: EventEmitter?
    @usableFromInline let readsContinuousClock: Bool
    @usableFromInline let measuresTime: Bool
    let slowLimit: Int64
    let hasOrdinarySuccesses: Bool
    let guarded: Mutex<Guarded>
    /// Written under the lock, read without it.
    @usableFromInline let fastPathWord: Atomic<UInt64>
    /// Until when every call is refused, in nanoseconds.
    ///
    /// The smallest number unless the breaker is open and nobody listens. Written under the lock, read without it.
    let refusesUntil = Atomic<Int64>(.min)
    /// Refusals without the lock that the state machine has not counted yet.
    let uncountedRefusals = Atomic<Int>(0)

    /// What the lock guards.
    struct Guarded {
        var machine: StateMachine
        /// How the calls that wait for the verdict get their answers.
        var pending: [UInt64: PendingAnswer<StateMachine.Answer>] = [:]
        /// Who shares out the probes, if they are shared.
        var permits: (any ProbePermits)?
        /// The permits of the probes in flight, the oldest first.
        var probes: [ProbePermit] = []
    }

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
        self.readsContinuousClock = timeline.isContinuous
        self.random = random
        self.emitter = EventEmitter.make(PolicyIdentity(.circuitBreaker, name), listener)
        let machine = StateMachine(name, configuration, now: timeline.now)
        self.measuresTime = machine.measuresTime
        self.slowLimit = machine.slowLimit
        self.hasOrdinarySuccesses = machine.hasOrdinarySuccesses
        self.fastPathWord = Atomic(machine.fastPath.word)
        self.guarded = Mutex(Guarded(machine: machine))
    }

    /// Runs an operation if the breaker admits it, and records how it ended.
    ///
    /// - Parameter operation: Runs on the caller's executor; may use the state of the caller's actor.
    /// - Throws: ``CircuitBreakerError`` when the call was refused, `CancellationError` when it was cancelled while it
    ///   waited for a verdict, else the operation's own error, unchanged.
    @inlinable
    public func execute<Result, Failure: Error>(
        _ operation: () async throws(Failure) -> Result
    ) async throws -> Result {
        let ticket =
            switch tryAdmit() {
            case .admitted(let ticket): ticket
            case .rejected(let error): throw error
            case .mustWait: try await admitWaiting()
            }
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
        if !FastPath(word: fastPathWord.load(ordering: .acquiring)).admits, refusesUntilLater() != nil { return nil }
        guard let ticket = try? admit() else { return nil }
        return Permit(breaker: self, ticket: ticket)
    }

    /// ``acquire()`` that waits for the verdict on a half-open breaker's probes, where
    /// ``CircuitBreakerConfiguration/halfOpenMaxQueued`` allows it.
    ///
    /// Calls wait in the order of their arrival. The first of them takes the place of a probe that ends without a
    /// verdict.
    ///
    /// - Throws: ``CircuitBreakerError`` when the call is refused, at once or by the verdict, or when its
    ///   ``CallContext/deadline`` passes; `CancellationError` when its task is cancelled.
    public func acquireWaiting() async throws -> Permit {
        switch tryAdmit() {
        case .admitted(let ticket): Permit(breaker: self, ticket: ticket)
        case .rejected(let error): throw error
        case .mustWait: Permit(breaker: self, ticket: try await admitWaiting())
        }
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
        let now = present
        let unitRandom = state == .open ? random.unitInterval() : 0
        let refusal = change { guarded -> StateMachine.IllegalTransition? in
            enqueue(guarded.machine.endOverdueTrial(now: now))
            do throws(StateMachine.IllegalTransition) {
                enqueue(try guarded.machine.change(to: state, now: now, unitRandom: unitRandom))
                return nil
            } catch {
                return error
            }
        }
        if let refusal { throw CircuitBreakerTransitionError(policyName: name, from: refusal.from, to: state) }
    }

    /// Opens for exactly this long, then lets probes through; in the open state it sets the remaining time.
    public func open(for duration: Duration) {
        let now = present
        change { guarded in
            enqueue(guarded.machine.open(forNanoseconds: duration.saturatingNanoseconds, now: now))
        }
        emitter?.deliver()
    }

    /// Closes and forgets all results; calls that are in flight count no more.
    public func reset() {
        let now = present
        change { guarded in
            enqueue(guarded.machine.reset(now: now))
        }
        emitter?.deliver()
    }
}
