import SageResilience
import Synchronization

/// Decides who of those whom an open breaker refuses looks whether the store is back: one at a time, one a second.
///
/// A breaker stays open for as long as a service may need that was overloaded. A server that was restarted is back
/// sooner, and making a connection, which a probe does, shows it without a load.
struct RecoveryProbe: Sendable {
    private var isRunning = false
    private var next: Deadline?

    static let interval = Duration.seconds(1)

    /// - Returns: Whether the caller is the one; it then has to call ``end(_:)``.
    mutating func begin() -> Bool {
        guard !isRunning, next.map({ $0.remainingNanoseconds <= 0 }) ?? true else { return false }
        isRunning = true
        return true
    }

    mutating func end(_ clock: any Clock<Duration>) {
        isRunning = false
        next = .after(Self.interval, clock: clock)
    }
}
