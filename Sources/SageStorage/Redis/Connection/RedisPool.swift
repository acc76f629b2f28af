import SageResilience
import Synchronization

/// The threads of a client that nobody uses at present; they are made when they are needed.
final class RedisPool: Sendable {
    private struct State {
        var idle: [RedisThread] = []
        var isClosed = false
    }

    private let errors: RedisErrors
    private let places: Bulkhead
    private let count: Int
    private let state = Mutex(State())

    init(_ configuration: RedisConfiguration, _ errors: RedisErrors, _ policies: StoragePolicies) throws {
        self.errors = errors
        self.count = configuration.connections
        self.places = Bulkhead(
            "\(errors.store).connections",
            try BulkheadConfiguration(
                limit: configuration.connections, maxQueued: configuration.maxQueued,
                maxWait: configuration.commandTimeout),
            clock: policies.clock, listener: policies.listener)
    }

    /// How many connections are in use, and how many operations wait for one.
    var usage: Bulkhead.Snapshot { places.snapshot() }

    /// A thread of one's own, waiting for it if need be.
    ///
    /// - Parameter maxWait: The longest wait.
    func lease(maxWait: Duration) async throws -> RedisLease {
        if state.withLock({ $0.isClosed }) { throw errors.closed }
        let permit = try await places.acquire(maxWait: maxWait).shared()
        let idle: RedisThread? = try state.withLock { state in
            if state.isClosed { throw errors.closed }
            return state.idle.popLast()
        }
        let thread = try idle ?? RedisThread(store: errors.store)
        return RedisLease(thread, of: self, permit)
    }

    func giveBack(_ thread: RedisThread) {
        state.withLock { state in
            // The last one used is the next one taken, so that those beyond what is needed grow old.
            if !state.isClosed { state.idle.append(thread) }
        }
    }

    /// Refuses what comes, waits for what is under way and ends the threads.
    func close(patience: Duration) async {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle
        }
        // Released outside of the lock: their connections close on their own threads.
        withExtendedLifetime(idle) {}
        var permits: [Bulkhead.SharedPermit] = []
        for _ in 0..<count {
            guard let permit = try? await places.acquire(maxWait: patience) else { return }
            permits.append(permit.shared())
        }
    }
}
