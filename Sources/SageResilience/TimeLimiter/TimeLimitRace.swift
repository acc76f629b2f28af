import Synchronization

/// Decides exactly once whether an operation or its time limit came first, and tells what runs inside.
final class TimeLimitRace: Sendable {
    enum Contender: UInt8, AtomicRepresentable {
        case none
        case operation
        case limit
    }

    /// The race of the innermost time limit around the current task.
    @TaskLocal static var current: TimeLimitRace?

    /// The deadline of what runs inside, enforced by this limit or by one around it.
    let deadline: Deadline

    private let outer = TimeLimitRace.current
    private let winner = Atomic(Contender.none)

    init(deadline: Deadline) {
        self.deadline = deadline
    }

    /// Whether this contender is the first.
    func claim(for contender: Contender) -> Bool {
        winner.compareExchange(expected: .none, desired: contender, ordering: .acquiringAndReleasing).exchanged
    }

    /// Whether one of the two has come.
    var isDecided: Bool { winner.load(ordering: .relaxed) != .none }

    /// Whether this limit or one around it has fired.
    var hasFired: Bool {
        winner.load(ordering: .acquiring) == .limit || outer?.hasFired == true
    }
}

/// Who cancelled a task.
enum CancellationCause: Sendable, Hashable {
    /// Whoever waits for the result: the call says nothing about the service.
    case caller
    /// A ``TimeLimiter`` around the current task: the service took too long.
    case timeLimit

    /// Who cancelled the current task; nil while it lives.
    static var current: CancellationCause? {
        // A limit claims its race before it cancels, so whoever finds itself cancelled by one finds the claim too.
        guard Task.isCancelled else { return nil }
        return TimeLimitRace.current?.hasFired == true ? .timeLimit : .caller
    }
}
