import Synchronization

/// A time of day that a test sets.
final class WallTimer: Sendable {
    private let time: Mutex<Int64>

    init(_ milliseconds: Int64 = 1_750_000_000_000) { time = Mutex(milliseconds) }

    var now: @Sendable () -> Int64 {
        { self.time.withLock { $0 } }
    }

    func advance(milliseconds: Int64) { time.withLock { $0 += milliseconds } }
}
