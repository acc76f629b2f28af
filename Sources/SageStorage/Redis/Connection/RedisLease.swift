import SageResilience
import Synchronization

/// The use of one connection with its thread; whoever holds it last gives both back.
///
/// A job that still runs after its caller has gone holds it too, so nobody else gets a connection that is in use.
final class RedisLease: Sendable {
    private let thread: RedisThread
    private let pool: RedisPool
    private let permit: Bulkhead.SharedPermit

    init(_ thread: RedisThread, of pool: RedisPool, _ permit: Bulkhead.SharedPermit) {
        self.thread = thread
        self.pool = pool
        self.permit = permit
    }

    deinit {
        pool.giveBack(thread)
        permit.release()
    }

    /// Runs a job on the thread, as ``RedisThread/run(_:)`` does.
    func run<Result: Sendable>(
        _ job: @escaping @Sendable (inout RedisConnection?) throws(StorageError) -> Result
    ) async throws -> Result {
        try await thread.run(holding: RedisLeaseHolder(self), job)
    }
}

/// Holds a lease for a job, until the job has ended.
///
/// So a task that goes on after its job is the last one to hold the lease, and finds the connection free for the next
/// operation; of a task that was cancelled, the job is.
final class RedisLeaseHolder: Sendable {
    private let lease: Mutex<RedisLease?>

    init(_ lease: RedisLease) {
        self.lease = Mutex(lease)
    }

    func release() {
        // Out of the lock, because the last reference gives back what others wait for.
        let released = lease.withLock { $0.take() }
        withExtendedLifetime(released) {}
    }
}
