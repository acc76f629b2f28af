import Synchronization

/// A value that somebody waits for and somebody else delivers, once; either may come first.
final class PendingAnswer<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case awaited(CheckedContinuation<Value, Never>)
        case delivered(Value)
    }

    private let state = Mutex(State.empty)

    /// Delivers the value; called once, never under a lock.
    func deliver(_ value: Value) {
        let continuation = state.withLock { state -> CheckedContinuation<Value, Never>? in
            if case .awaited(let continuation) = state { return continuation }
            state = .delivered(value)
            return nil
        }
        continuation?.resume(returning: value)
    }

    /// Waits for the value; called once.
    ///
    /// Whoever cancels the task has to see to it that a value is delivered.
    func value() async -> Value {
        await withCheckedContinuation { continuation in
            let value = state.withLock { state -> Value? in
                if case .delivered(let value) = state { return value }
                state = .awaited(continuation)
                return nil
            }
            if let value { continuation.resume(returning: value) }
        }
    }
}
