public import SageResilience
import Synchronization

/// A listener that keeps what it hears, for tests.
///
/// ```swift
/// let recorder = EventRecorder()
/// let limiter = try RateLimiter.slidingWindow(limit: 1, per: .seconds(1), listener: recorder)
/// _ = limiter.tryAcquire(2)
/// let event = try await recorder.waitForEvent { $0.severity == .warning }
/// ```
///
/// Thread-safe. Several policies may share a recorder; the events of each then stand in their own order.
public final class EventRecorder: ResilienceListener {
    private struct Watcher {
        let id: UInt64
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var events: [ResilienceEvent] = []
        /// How many events `reset()` has dropped: positions count from the first event ever, so that a waiting task
        /// neither skips nor repeats one.
        var dropped = 0
        var watchers: [Watcher] = []
        var lastIdentifier: UInt64 = 0

        var end: Int { dropped + events.count }

        mutating func takeWatchers() -> [Watcher] {
            defer { watchers = [] }
            return watchers
        }
    }

    private let state = Mutex(State())

    /// Creates a recorder that has heard nothing.
    public init() {}

    /// All events since the start or the last ``reset()``, in the order of arrival.
    public var events: [ResilienceEvent] { state.withLock { $0.events } }

    /// What happened in each of the ``events``.
    public var kinds: [ResilienceEvent.Kind] { events.map(\.kind) }

    /// Records an event.
    public func receive(_ event: ResilienceEvent) {
        let watchers = state.withLock { state in
            state.events.append(event)
            return state.takeWatchers()
        }
        for watcher in watchers { watcher.continuation.resume() }
    }

    /// Forgets all events.
    ///
    /// Who waits for one goes on waiting.
    public func reset() {
        state.withLock { state in
            state.dropped = state.end
            state.events = []
        }
    }

    /// Returns the first event that satisfies a condition, waiting for it when it has not come yet.
    ///
    /// Events that are already recorded count; call ``reset()`` before to look only at later ones.
    ///
    /// - Parameter condition: Called for each event once, in order, on the waiting task.
    /// - Throws: `CancellationError` when the waiting task is cancelled.
    public func waitForEvent(
        where condition: (ResilienceEvent) -> Bool
    ) async throws(CancellationError) -> ResilienceEvent {
        var position = 0
        while !Task.isCancelled {
            // The condition is the caller's code: it runs outside the lock, on what has arrived since the last look.
            let (news, end) = state.withLock { state in
                (state.events.dropFirst(max(0, position - state.dropped)), state.end)
            }
            if let match = news.first(where: condition) { return match }
            position = end
            await arrival(after: position)
        }
        throw CancellationError()
    }

    /// Waits until an event has arrived at a position or later, or until the task is cancelled.
    private func arrival(after position: Int) async {
        let id = state.withLock { state in
            state.lastIdentifier += 1
            return state.lastIdentifier
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    // A task is marked as cancelled before its handler runs: either this sees the mark, or the
                    // handler finds the watcher.
                    if Task.isCancelled || state.end > position { return true }
                    state.watchers.append(Watcher(id: id, continuation: continuation))
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let watcher = state.withLock { state in
                state.watchers.firstIndex { $0.id == id }.map { state.watchers.remove(at: $0) }
            }
            watcher?.continuation.resume()
        }
    }
}
