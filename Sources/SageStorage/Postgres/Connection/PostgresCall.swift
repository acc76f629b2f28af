import SageResilience
import Synchronization

/// What an operation on a connection's thread is bound to: its deadline, and the cancellation of the task that waits.
final class PostgresCall: Sendable {
    /// Why an operation ends before the server has answered.
    enum Interruption: Sendable, Hashable {
        case cancelled
        case deadline
    }

    let deadline: Deadline
    private let isCancelled = Atomic(false)

    init(_ deadline: Deadline) { self.deadline = deadline }

    /// Marks it as cancelled; who does so wakes the thread afterwards.
    func cancel() { isCancelled.store(true, ordering: .sequentiallyConsistent) }

    var interruption: Interruption? {
        if isCancelled.load(ordering: .sequentiallyConsistent) { return .cancelled }
        return deadline.remainingNanoseconds > 0 ? nil : .deadline
    }
}
