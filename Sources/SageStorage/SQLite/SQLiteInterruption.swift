import SageResilience
import Synchronization

/// When an operation on a connection has to stop: at its deadline, or when its task is cancelled.
///
/// SQLite asks for it while a statement runs and while it waits for a lock, on the connection's thread, so that a
/// neighbour in the same transaction is never interrupted in its stead.
final class SQLiteInterruption: Sendable {
    enum Reason { case cancelled, timeout }

    private let deadline: Deadline
    private let cancelled = Atomic(false)

    init(deadline: Deadline) { self.deadline = deadline }

    func cancel() { cancelled.store(true, ordering: .releasing) }

    /// Why the operation has to stop; nil while it may go on.
    var reason: Reason? {
        if cancelled.load(ordering: .acquiring) { return .cancelled }
        return deadline.remainingNanoseconds == 0 ? .timeout : nil
    }
}
