import Synchronization

/// The result of work on another thread, for the task that waits for it; whoever comes first decides.
///
/// Thread-safe.
package final class PendingResult<Value: Sendable>: Sendable {
    private enum State: Sendable {
        case open
        case waiting(CheckedContinuation<Value, any Error>)
        case decided(Result<Value, any Error>)
        case taken
    }

    private let state = Mutex(State.open)

    /// Creates a result that is not there yet.
    package init() {}

    /// Whether somebody has decided it.
    package var isDecided: Bool {
        state.withLock { state in
            switch state {
            case .open, .waiting: false
            case .decided, .taken: true
            }
        }
    }

    /// Decides the result.
    ///
    /// - Returns: False when somebody else has, and nothing changed.
    @discardableResult
    package func decide(_ result: Result<Value, any Error>) -> Bool {
        let (isFirst, continuation) = state.withLock { state -> (Bool, CheckedContinuation<Value, any Error>?) in
            switch state {
            case .open:
                state = .decided(result)
                return (true, nil)
            case .waiting(let continuation):
                state = .taken
                return (true, continuation)
            case .decided, .taken:
                return (false, nil)
            }
        }
        continuation?.resume(with: result)
        return isFirst
    }

    /// Waits for the result, once.
    ///
    /// Cancellation alone does not end the wait: who submitted the work decides what it means.
    package func wait() async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let early = state.withLock { state -> Result<Value, any Error>? in
                guard case .decided(let result) = state else {
                    state = .waiting(continuation)
                    return nil
                }
                state = .taken
                return result
            }
            if let early { continuation.resume(with: early) }
        }
    }
}
