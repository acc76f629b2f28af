import Synchronization

/// Tells whoever works for a client when to stop: the client has gone, or the server cannot wait any longer.
final class ConnectionMonitor: Sendable {
    private struct State {
        var isClosed = false
        var isRefused = false
        var isInterrupted = false
        var lastID = 0
        var handlers: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    /// Whether the client has closed its connection.
    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Whether the connection was closed with an error that its guard has answered and logged.
    var isRefused: Bool { state.withLock { $0.isRefused } }

    /// Whether the server shuts down and its grace period is almost over; the client still listens.
    var isInterrupted: Bool { state.withLock { $0.isInterrupted } }

    /// Marks the connection as closed and calls all handlers that have not been called.
    func close() {
        stop { $0.isClosed = true }
    }

    /// Marks the connection as closed because its guard has answered the request with an error.
    func refuse() {
        stop { state in
            state.isClosed = true
            state.isRefused = true
        }
    }

    /// Tells that requests must end now, with an error for the client, and calls all handlers.
    func interrupt() {
        stop { $0.isInterrupted = true }
    }

    private func stop(_ mark: (inout State) -> Void) {
        let handlers = state.withLock { state in
            mark(&state)
            defer { state.handlers = [:] }
            return state.handlers.values
        }
        for handler in handlers { handler() }
    }

    /// Calls a handler once work for the client must stop, at once if that is so already.
    ///
    /// - Returns: What ``forget(_:)`` takes.
    func whenStopped(_ handler: @escaping @Sendable () -> Void) -> Int {
        let id = state.withLock { state -> Int? in
            guard !state.isClosed, !state.isInterrupted else { return nil }
            state.lastID += 1
            state.handlers[state.lastID] = handler
            return state.lastID
        }
        guard let id else {
            handler()
            return 0
        }
        return id
    }

    /// Takes a handler back.
    func forget(_ id: Int) {
        _ = state.withLock { $0.handlers.removeValue(forKey: id) }
    }

    /// Runs work for the client, and cancels it when it must stop.
    ///
    /// - Throws: What the work throws; `CancellationError` when it had to stop first.
    func whileConnected<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                await self.stopped()
                return nil
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() ?? nil else { throw CancellationError() }
            return value
        }
    }

    /// Returns when work must stop or the task is cancelled.
    func stopped() async {
        let (signal, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = whenStopped { continuation.finish() }
        for await _ in signal {}
        forget(id)
    }
}
