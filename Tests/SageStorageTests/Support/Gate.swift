import Dispatch

/// Holds a thread of a connection until a test lets it go.
///
/// Once open it stays open: a write may be run again.
final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func wait() {
        semaphore.wait()
        semaphore.signal()
    }

    func open() { semaphore.signal() }
}
