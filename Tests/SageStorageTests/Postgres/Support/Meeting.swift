import SageStorage
import Synchronization

/// Lets two threads go on when both have arrived.
final class Meeting: Sendable {
    private let arrived = Atomic(0)
    private let counted = Atomic(0)
    private let pipes: (WakePipe?, WakePipe?) = (try? WakePipe(store: "test"), try? WakePipe(store: "test"))

    /// How often this was called.
    func count() -> Int { counted.add(1, ordering: .relaxed).newValue }

    func arrive() {
        let isFirst = arrived.add(1, ordering: .sequentiallyConsistent).newValue == 1
        (isFirst ? pipes.1 : pipes.0)?.wake()
        // Whoever comes alone goes on after a while, and the test fails instead of hanging.
        _ = (isFirst ? pipes.0 : pipes.1)?.wait(nanoseconds: 20_000_000_000)
    }
}
