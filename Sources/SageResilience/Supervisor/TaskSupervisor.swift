import Synchronization

/// Runs an operation to its end, and again when it fails, by the rules of a supervisor.
///
/// ```swift
/// let supervisor = TaskSupervisor("agents")
/// let answer = try await supervisor.supervise("agent-execution") { try await agent.execute(task) }
/// ```
///
/// A ``RetryPolicy`` counts attempts; this counts restarts *within a window*: work of hours may fail once an hour for
/// ever, and is given up when it fails at once again and again. The operation runs in the caller's own task, so it needs
/// nothing to be `Sendable`. It is never run again after cancellation or ``shutDown()``.
///
/// Thread-safe; each call of ``supervise(_:backoff:_:)`` counts its own restarts.
public final class TaskSupervisor: Sendable {
    /// The name that errors and events carry.
    public let name: String
    /// When an operation is run again.
    public let policy: SupervisionPolicy

    private let timeline: Timeline
    private let random: RandomSource
    private let classifier: ErrorClassifier
    private let emitter: EventEmitter?
    private let stopped = StopSignal<Void>()
    private let tasks = Mutex(Tasks())

    private struct Tasks {
        var lastIdentifier = 0
        var members: [Int: Supervisor.Member] = [:]
    }

    /// Creates a supervisor of single operations.
    ///
    /// - Parameters:
    ///   - name: The name that errors and events carry.
    ///   - policy: When an operation is run again. Defaults to at most 3 restarts within 60 s, then escalation.
    ///   - classifier: Says of which class the errors in reports are. Defaults to the default classifier.
    ///   - clock: The clock that measures and waits. Defaults to `ContinuousClock`.
    ///   - random: Where the backoff's jitter comes from. Defaults to the system's generator.
    ///   - listener: Receives the supervisor's events. Defaults to nobody.
    public init(
        _ name: String = "task-supervisor", _ policy: SupervisionPolicy = .default,
        classifier: ErrorClassifier = .default, clock: any Clock<Duration> = ContinuousClock(),
        random: RandomSource = .system, listener: (any ResilienceListener)? = nil
    ) {
        self.name = name
        self.policy = policy
        self.timeline = Timeline(clock)
        self.random = random
        self.classifier = classifier
        self.emitter = EventEmitter.make(PolicyIdentity(.supervisor, name), listener)
    }

    /// Runs an operation until it succeeds or has failed too often.
    ///
    /// When it fails too often the policy decides: *stop* throws the operation's last error, unchanged; *escalate* throws
    /// a ``SupervisorError`` that holds it; *restart the group* lets it fail as often again, as many times as that
    /// intensity allows, and then escalates.
    ///
    /// - Parameters:
    ///   - name: What the operation is called in errors, events and the snapshot. Several may have the same name.
    ///   - backoff: How long to wait before each restart. Defaults to the policy's.
    ///   - operation: Runs on the caller's executor; may use the state of the caller's actor.
    /// - Returns: The result of the first run that succeeds.
    /// - Throws: As said above; the operation's own error when the task was cancelled or the supervisor shut down;
    ///   `CancellationError` when the task is cancelled during a wait.
    public nonisolated(nonsending) func supervise<Result, Failure: Error>(
        _ name: String, backoff: Backoff? = nil,
        _ operation: nonisolated(nonsending) () async throws(Failure) -> Result
    ) async throws -> Result {
        var judge = RestartJudge(policy)
        let id = open(name)
        defer { close(id) }
        while true {
            begin(id, name)
            do {
                let result = try await operation()
                emitter?.emit(.childEnded(child: name, error: nil))
                return result
            } catch {
                let failure = Supervisor.Member.Failure(error, classifier, now: timeline.now)
                let retry = ended(id, failure)
                // Whoever was cancelled and says so has done what it should.
                let isCancelled = Task.isCancelled
                emitter?.emit(.childEnded(child: name, error: isCancelled && error is CancellationError ? nil : error))
                let isShuttingDown = (error as? any ResilienceRejection)?.reason == .shuttingDown
                if isCancelled || isShuttingDown || stopped.message != nil { throw error }
                switch judge.judge(now: timeline.now) {
                case .restart: break
                case .restartGroup: emitter?.emit(.supervisorGaveUp(child: name, action: "restart_group"))
                case .stop:
                    emitter?.emit(.supervisorGaveUp(child: name, action: "stop"))
                    throw error
                case .escalate:
                    emitter?.emit(.supervisorGaveUp(child: name, action: "escalate"))
                    throw SupervisorError(
                        supervisor: self.name, child: name, restarts: retry.restarts, intensity: policy.intensity,
                        lastError: error)
                }
                guard try await wait(id, name, backoff ?? policy.backoff, retry) else { throw error }
            }
        }
    }

    /// Runs nothing again from now on; operations that run go on, those that wait to be run again fail at once.
    public func shutDown() {
        stopped.send(())
    }

    /// The operations under way, in the order in which they were begun.
    public func snapshot() -> [Child.Snapshot] {
        let now = timeline.now
        return tasks.withLock { tasks in
            tasks.members.sorted { $0.key < $1.key }.map { $0.value.snapshot(isOverdue: false, now: now) }
        }
    }

    // MARK: Records

    private func open(_ name: String) -> Int {
        tasks.withLock { tasks in
            tasks.lastIdentifier += 1
            tasks.members[tasks.lastIdentifier] = Supervisor.Member(
                id: tasks.lastIdentifier, name, restart: .transient, signalsReady: false)
            return tasks.lastIdentifier
        }
    }

    private func close(_ id: Int) {
        tasks.withLock { _ = $0.members.removeValue(forKey: id) }
    }

    private func begin(_ id: Int, _ name: String) {
        let now = timeline.now
        let restarts = tasks.withLock { tasks in
            tasks.members[id]?.began(now: now)
            return tasks.members[id]?.restarts ?? 0
        }
        emitter?.emit(.childStarted(child: name, restarts: restarts))
    }

    private func ended(
        _ id: Int, _ failure: Supervisor.Member.Failure
    ) -> (number: Int, previous: Int64?, restarts: Int) {
        let stableAfter = policy.stableAfter.saturatingNanoseconds
        return tasks.withLock { tasks in
            guard var member = tasks.members[id] else { return (1, nil, 0) }
            let ranFor = member.startedAt.map { failure.moment.elapsed(since: $0) } ?? 0
            member.becameInactive()
            member.lastFailure = failure
            member.ending = .failed
            let number = member.progress.runEnded(after: ranFor, stableAfter: stableAfter)
            tasks.members[id] = member
            return (number, member.progress.previousDelay, member.restarts)
        }
    }

    /// Waits for the next restart.
    ///
    /// - Returns: Whether there is to be one.
    private func wait(
        _ id: Int, _ name: String, _ backoff: Backoff, _ retry: (number: Int, previous: Int64?, restarts: Int)
    ) async throws -> Bool {
        let delay = backoff.nanoseconds(beforeRetry: retry.number, previous: retry.previous, random: random)
        let notBefore = timeline.now.advanced(by: delay)
        tasks.withLock { tasks in
            tasks.members[id]?.progress.waits(delay)
            tasks.members[id]?.isWanted = true
            tasks.members[id]?.notBefore = notBefore
        }
        emitter?.emit(.childRestartScheduled(child: name, delay: .nanoseconds(delay)))
        let isDue = try await timeline.sleep(until: notBefore, unless: stopped)
        // A delay of nothing does not look at the task.
        try Task.checkCancellation()
        return isDue
    }
}
