import Synchronization

/// How long a transaction that is about to be committed waits for further writes.
///
/// Writers that were answered together come back nearly together, and whoever comes first would have a commit of its own
/// while the others wait for it, so that every second commit would serve one writer. So the first one waits for as many as
/// there were the last time, for a small part of the time that a commit takes. A writer without company never waits.
final class SQLiteWritePace: Sendable {
    private struct State {
        var group = 1
        var commit = Duration.zero
    }

    private let state = Mutex(State())

    /// Shorter waits would take longer than they say.
    private static let leastPatience = Duration.microseconds(50)
    private static let mostPatience = Duration.milliseconds(2)

    /// Notes a commit.
    ///
    /// - Parameters:
    ///   - group: How many writes it held.
    ///   - commit: How long it took.
    func record(group: Int, commit: Duration) {
        state.withLock { state in
            state.group = group
            // A mean over some eight commits: one that is slow says little about the next.
            state.commit = state.commit == .zero ? commit : (state.commit * 7 + commit) / 8
        }
    }

    /// How long to wait for the next write; nil when it is not worth it.
    ///
    /// - Parameter count: How many writes the transaction holds already.
    func patience(withGroup count: Int) -> Duration? {
        let state = state.withLock { $0 }
        guard count < state.group else { return nil }
        let patience = min(state.commit / 8, Self.mostPatience)
        return patience >= Self.leastPatience ? patience : nil
    }
}
