import Synchronization

/// Whether a timer has gone off since somebody looked.
final class Ticks: Sendable {
    private let isDue = Atomic<Bool>(false)

    func add() { isDue.store(true, ordering: .relaxed) }

    func take() -> Bool { isDue.exchange(false, ordering: .relaxed) }
}
