import Synchronization

/// Runs tasks that should never end, and starts those again that do.
///
/// ```swift
/// let supervisor = try Supervisor("workers", strategy: .restForOne) {
///     Child("ingest") { try await ingest() }
///     Child("agent", restart: .transient) { try await agent.run() }
/// }
/// try await supervisor.run()
/// ```
///
/// The rules are Erlang's: children start in order and are stopped in reverse order, one after another; a child that
/// fails is started again after a backoff, alone or with others (``Strategy``), and when that happens more often than
/// the intensity allows, the supervisor stops, throws or starts its whole group again. Nothing is started again after
/// cancellation or ``shutDown(grace:)``.
///
/// It is structured: all children are child tasks of ``run()``, which returns or throws only when every one of them has
/// ended. A child that does not react to cancellation is therefore waited for, however long that takes; after the
/// shutdown limit the supervisor says so in an event and in its ``snapshot()``. Cancelling the task that runs
/// ``run()`` cancels all children at once, since that is how tasks work; ``shutDown(grace:)`` stops them in order.
///
/// Thread-safe. One supervisor runs once at a time, and can run again when it has ended.
public final class Supervisor: Sendable {
    /// The name that errors and events carry.
    public let name: String
    /// Which children are restarted together.
    public let strategy: Strategy
    /// When children are restarted.
    public let policy: SupervisionPolicy
    /// The longest time that a shutdown leaves children to end by themselves.
    public let shutdownGrace: Duration
    /// How long a cancelled child may take to end before it counts as unresponsive.
    public let shutdownLimit: Duration

    let timeline: Timeline
    let random: RandomSource
    let classifier: ErrorClassifier
    let emitter: EventEmitter?
    let core: Mutex<Core>

    /// What is shared between the supervisor's task, its children and whoever uses it.
    struct Core {
        var machine: StateMachine
        var children: [Int: Child] = [:]
        var runs: [Int: Run] = [:]
        /// Wakes the supervisor's task; nil while it does not run.
        var waker: AsyncStream<Void>.Continuation?
        var startedAt: Moment?
        /// A shutdown that came while nothing ran.
        var requestedGrace: Duration?
    }

    /// The signals of one run of one child.
    struct Run: Sendable {
        let number: Int
        let stop = StopSignal<Void>()
        let shutdown = StopSignal<Duration>()
        let ended = StopSignal<Void>()
    }

    /// Creates a supervisor.
    ///
    /// - Parameters:
    ///   - name: The name that errors and events carry.
    ///   - strategy: Which children are restarted together. Defaults to only the one that failed.
    ///   - policy: When children are restarted. Defaults to at most 3 restarts within 60 s, then escalation.
    ///   - shutdownGrace: The longest time that a shutdown leaves children to end by themselves, together, before it
    ///     cancels them; zero or more. Defaults to 10 s.
    ///   - shutdownLimit: How long a cancelled child may take to end before it is reported as unresponsive; zero or
    ///     more. Defaults to 5 s, as in Erlang.
    ///   - returnsWhenIdle: Whether ``run()`` returns when no child runs or waits to be started. Defaults to true; false
    ///     is for a supervisor whose children are added later.
    ///   - classifier: Says of which class the errors in reports are; it has no part in any decision. Defaults to the
    ///     default classifier.
    ///   - clock: The clock that measures and waits. Defaults to `ContinuousClock`.
    ///   - random: Where the backoff's jitter comes from. Defaults to the system's generator.
    ///   - listener: Receives the supervisor's events. Defaults to nobody.
    ///   - children: The children, in the order in which they start.
    /// - Throws: ``ConfigurationError`` for a negative duration or two children of one name.
    public init(
        _ name: String, strategy: Strategy = .oneForOne, policy: SupervisionPolicy = .default,
        shutdownGrace: Duration = .seconds(10), shutdownLimit: Duration = .seconds(5), returnsWhenIdle: Bool = true,
        classifier: ErrorClassifier = .default, clock: any Clock<Duration> = ContinuousClock(),
        random: RandomSource = .system, listener: (any ResilienceListener)? = nil,
        @ChildBuilder children: () -> [Child] = { [] }
    ) throws(ConfigurationError) {
        try Validation.notNegative("shutdownGrace", shutdownGrace)
        try Validation.notNegative("shutdownLimit", shutdownLimit)
        var core = Core(
            machine: StateMachine(
                strategy: strategy, policy: policy, shutdownLimit: shutdownLimit.saturatingNanoseconds,
                returnsWhenIdle: returnsWhenIdle))
        var names: Set<String> = []
        for child in children() {
            guard names.insert(child.name).inserted else {
                throw ConfigurationError(field: "children", value: child.name, allowed: "a name of its own for each")
            }
            core.children[core.machine.add(child)] = child
        }
        self.name = name
        self.strategy = strategy
        self.policy = policy
        self.shutdownGrace = shutdownGrace
        self.shutdownLimit = shutdownLimit
        self.timeline = Timeline(clock)
        self.random = random
        self.classifier = classifier
        self.emitter = EventEmitter.make(PolicyIdentity(.supervisor, name), listener)
        self.core = Mutex(core)
    }

    /// Creates a supervisor from the parts of a policy.
    ///
    /// - Parameters:
    ///   - name: The name that errors and events carry.
    ///   - strategy: Which children are restarted together. Defaults to only the one that failed.
    ///   - intensity: How many restarts are normal.
    ///   - backoff: How long to wait before each restart. Defaults to exponential from 1 s to 30 s.
    ///   - onExcess: What happens when restarts exceed the intensity. Defaults to escalation.
    ///   - clock: The clock that measures and waits. Defaults to `ContinuousClock`.
    ///   - random: Where the backoff's jitter comes from. Defaults to the system's generator.
    ///   - listener: Receives the supervisor's events. Defaults to nobody.
    ///   - children: The children, in the order in which they start.
    /// - Throws: ``ConfigurationError`` for two children of one name.
    public convenience init(
        _ name: String, strategy: Strategy = .oneForOne, intensity: RestartIntensity,
        backoff: Backoff = SupervisionPolicy.defaultBackoff, onExcess: SupervisionPolicy.ExcessAction = .escalate,
        clock: any Clock<Duration> = ContinuousClock(), random: RandomSource = .system,
        listener: (any ResilienceListener)? = nil, @ChildBuilder children: () -> [Child] = { [] }
    ) throws(ConfigurationError) {
        try self.init(
            name, strategy: strategy,
            policy: SupervisionPolicy(intensity: intensity, backoff: backoff, onExcess: onExcess), clock: clock,
            random: random, listener: listener, children: children)
    }

    /// Runs all children until they have ended for good, the supervisor is shut down or the task is cancelled.
    ///
    /// - Throws: ``SupervisorError`` when a child failed more often than allowed and the policy escalates;
    ///   `CancellationError` when the task was cancelled; ``SupervisionError/alreadyRunning(supervisor:)``. In all cases
    ///   but the last every child has ended.
    public func run() async throws {
        try await run(under: nil)
    }

    /// The state of the supervisor and its children at this moment.
    public func snapshot() -> Snapshot {
        let now = timeline.now
        let (snapshot, nested) = core.withLock { core in
            let nested = core.machine.members.map { core.children[$0.id]?.nested }
            return (core.machine.snapshot(name: name, startedAt: core.startedAt, now: now), nested)
        }
        // A supervisor further in has a lock of its own.
        let children = zip(snapshot.children, nested).map { child, supervisor in
            supervisor.map { child.with($0.snapshot()) } ?? child
        }
        return Snapshot(
            name: snapshot.name, strategy: snapshot.strategy, state: snapshot.state, ending: snapshot.ending,
            uptime: snapshot.uptime, restartsInWindow: snapshot.restartsInWindow, children: children)
    }
}

extension Supervisor: Evictable {
    /// Whether the supervisor does not run.
    public var isEvictable: Bool { core.withLock { $0.waker == nil } }
}
