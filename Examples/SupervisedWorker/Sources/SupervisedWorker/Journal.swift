import SageResilience
import Synchronization

/// Prints what happens, and remembers it for the check at the end.
final class Journal: ResilienceListener {
    struct Entries: Sendable {
        var restarts = 0
        var begun = 0
        var finished = 0
        var leftByDrain: Int?
    }

    private let entries = Mutex(Entries())

    var all: Entries { entries.withLock { $0 } }

    func note(_ text: String, _ change: (inout Entries) -> Void = { _ in }) {
        entries.withLock { change(&$0) }
        print(text)
    }

    func receive(_ event: ResilienceEvent) {
        switch event.kind {
        case .childStarted(let child, let restarts):
            note("supervisor: \(child) starts, restarts so far: \(restarts)") { $0.restarts = restarts }
        case .childEnded(let child, let error?):
            note("supervisor: \(child) failed: \(error)")
        case .childEnded(let child, nil):
            note("supervisor: \(child) has ended")
        case .childRestartScheduled(let child, let delay):
            note("supervisor: \(child) starts again in \(delay)")
        default:
            break
        }
    }
}
