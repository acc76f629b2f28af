import SageResilience
import Synchronization

/// Counts calls in flight, so that a shutdown can refuse new ones and wait for those.
///
/// ```swift
/// let drain = CallDrain("jobs")
/// while let job = try await queue.next() {
///     try await drain.execute { try await pipeline.execute { try await perform(job) } }
/// }
/// ```
///
/// As a service of a `ServiceGroup` (``service(limit:clock:whenEnded:)``) it closes itself at a graceful shutdown and
/// holds the shutdown up until what is in flight has ended. It goes around a pipeline, so that a call which waits in a
/// queue or between two attempts is in flight too. A call within a call is counted by itself, and is refused once the
/// drain is closed; put the drain around the outermost.
///
/// Thread-safe. A drain that is closed stays closed.
public final class CallDrain: Sendable {
    /// The name that errors carry.
    public let name: String

    private struct Core {
        var machine = StateMachine()
        var lastIdentifier = 0
        var waiters: [Int: CheckedContinuation<Void, any Error>] = [:]
    }

    private let core = Mutex(Core())

    /// Creates a drain that is open.
    ///
    /// - Parameter name: The name that errors carry. Defaults to `drain`.
    public init(_ name: String = "drain") {
        self.name = name
    }

    /// Runs an operation, unless the drain is closed.
    ///
    /// - Parameter operation: What to run, in the caller's own task. It is not cancelled when the drain is closed.
    /// - Returns: What the operation returns.
    /// - Throws: The operation's own error; ``CallDrainRejection`` when the drain is closed.
    public func execute<Result>(_ operation: () async throws -> Result) async throws -> Result {
        try enter()
        defer { leave() }
        return try await operation()
    }

    /// Takes the right to have one call in flight, for a call that ends elsewhere.
    ///
    /// - Returns: A permit to be released when the call has ended; dropping it releases it.
    /// - Throws: ``CallDrainRejection`` when the drain is closed.
    public func acquire() throws(CallDrainRejection) -> Permit {
        try enter()
        return Permit(drain: self)
    }

    private func enter() throws(CallDrainRejection) {
        guard core.withLock({ $0.machine.enter() }) else { throw CallDrainRejection(policyName: name) }
    }

    /// Refuses new calls from now on; those in flight go on.
    public func close() {
        resume { $0.close() }
    }

    /// Refuses new calls and waits until those in flight have ended.
    ///
    /// - Parameters:
    ///   - limit: The longest time to wait, 0 or more; a negative one counts as 0.
    ///   - clock: The clock that measures. Defaults to `ContinuousClock`.
    /// - Returns: How many are in flight still: 0 unless the limit has passed or the caller's task was cancelled.
    @discardableResult
    public func close(
        waitingFor limit: Duration, clock: any Clock<Duration> = ContinuousClock()
    ) async -> Int {
        close()
        let timeline = Timeline(clock)
        if !core.withLock({ $0.machine.isDrained }) {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await self.waitUntilDrained() }
                group.addTask { try? await timeline.sleep(nanoseconds: limit.saturatingNanoseconds) }
                await group.next()
                group.cancelAll()
            }
        }
        return snapshot().inFlight
    }

    /// The numbers of the moment.
    public func snapshot() -> Snapshot {
        let machine = core.withLock { $0.machine }
        return Snapshot(inFlight: machine.inFlight, refused: machine.refused, isClosed: machine.isClosed)
    }

    /// The numbers of a drain at one moment.
    public struct Snapshot: Sendable, Hashable {
        /// The calls in flight.
        public let inFlight: Int
        /// The calls that were refused.
        public let refused: Int
        /// Whether new calls are refused.
        public let isClosed: Bool
    }

    func leave() {
        resume { $0.leave() }
    }

    /// Changes the state, and wakes who waits for its end if this was it.
    private func resume(_ change: (inout StateMachine) -> Void) {
        let waiters = core.withLock { core -> [CheckedContinuation<Void, any Error>] in
            change(&core.machine)
            guard core.machine.isDrained else { return [] }
            defer { core.waiters = [:] }
            return Array(core.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    private func waitUntilDrained() async throws {
        let id = core.withLock { core in
            core.lastIdentifier += 1
            return core.lastIdentifier
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome = core.withLock { core -> Result<Void, any Error>? in
                    if core.machine.isDrained { return .success(()) }
                    // A task is marked as cancelled before its handler runs: either this sees the mark, or the handler
                    // finds the waiter.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    core.waiters[id] = continuation
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            core.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }
}
