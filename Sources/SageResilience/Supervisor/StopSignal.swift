import Synchronization

/// A message that is sent once and stays: whoever asks later gets it at once.
final class StopSignal<Message: Sendable>: Sendable {
    private struct State {
        var message: Message?
        var lastIdentifier = 0
        var waiters: [Int: CheckedContinuation<Message, any Error>] = [:]
    }

    private let state = Mutex(State())

    /// What was sent; nil before.
    var message: Message? { state.withLock { $0.message } }

    /// Sends a message, unless one was sent before.
    func send(_ message: Message) {
        let waiters = state.withLock { state -> [CheckedContinuation<Message, any Error>] in
            guard state.message == nil else { return [] }
            state.message = message
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(returning: message) }
    }

    /// Waits for the message.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    func wait() async throws -> Message {
        let id = state.withLock { state in
            state.lastIdentifier += 1
            return state.lastIdentifier
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Message, any Error>) in
                let outcome = state.withLock { state -> Result<Message, any Error>? in
                    if let message = state.message { return .success(message) }
                    // A task is marked as cancelled before its handler runs: either this sees the mark, or the
                    // handler finds the waiter.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiters[id] = continuation
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }
}
