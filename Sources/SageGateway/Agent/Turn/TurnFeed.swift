import Synchronization

/// Everything that a turn tells its clients, for as many as listen, from the beginning.
///
/// The turn itself waits for nobody: a client that reads slowly or goes away keeps no turn from its end, and one that
/// comes back reads from the beginning what it has missed.
final class TurnFeed: Sendable {
    private struct State {
        var events: [TurnEvent] = []
        var isOver = false
        var lastID = 0
        var listeners: [Int: AsyncStream<Void>.Continuation] = [:]
    }

    private let state = Mutex(State())

    /// A feed that begins with the name of the conversation.
    init(sessionID: String) {
        state.withLock { $0.events = [.session(sessionID)] }
    }

    /// Tells something; nothing after the last event.
    func send(_ event: TurnEvent) {
        let listeners = state.withLock { state -> [AsyncStream<Void>.Continuation] in
            guard !state.isOver else { return [] }
            state.events.append(event)
            state.isOver = event.isLast
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.yield() }
    }

    /// What the turn has come to; nil while it is under way.
    var ending: TurnEvent? {
        state.withLock { $0.isOver ? $0.events.last : nil }
    }

    /// Waits for the end.
    ///
    /// - Throws: ``GatewayError`` of a turn without an answer; `CancellationError` when the task is cancelled.
    func answer() async throws -> TurnAnswer {
        let subscription = subscribe()
        defer { subscription.cancel() }
        while true {
            switch ending {
            case .done(let answer): return answer
            case .error(let error): throw error
            default: break
            }
            try await subscription.changed()
        }
    }

    /// Begins to listen.
    func subscribe() -> Subscription {
        let (signal, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.lastID += 1
            state.listeners[state.lastID] = continuation
            return state.lastID
        }
        return Subscription(feed: self, id: id, signal: signal, waker: continuation)
    }

    /// One listener; to be used by one task.
    struct Subscription: Sendable {
        fileprivate let feed: TurnFeed
        fileprivate let id: Int
        fileprivate let signal: AsyncStream<Void>
        fileprivate let waker: AsyncStream<Void>.Continuation

        /// Lets ``changed()`` return although nothing was told, from anywhere.
        func wake() { waker.yield() }

        /// Ends the subscription, from anywhere.
        func cancel() {
            _ = feed.state.withLock { $0.listeners.removeValue(forKey: id) }
            waker.finish()
        }

        /// The events from a position on.
        func events(from position: Int) -> ArraySlice<TurnEvent> {
            feed.state.withLock { $0.events[min(position, $0.events.count)...] }
        }

        /// Waits until something was told, or somebody woke the listener.
        ///
        /// - Throws: `CancellationError` when the subscription or the task was cancelled.
        func changed() async throws {
            for await _ in signal { return }
            throw CancellationError()
        }
    }
}
