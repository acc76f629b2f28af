package import SageResilience
import Synchronization

/// Wakes one loop that sleeps; a signal that comes while it works is not lost.
package final class WakeSignal: Sendable {
    private struct State {
        var isSet = false
        var sleeper: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Creates a signal that is not set.
    package init() {}

    /// Wakes the loop, or lets its next sleep end at once.
    package func set() {
        let sleeper = state.withLock { state in
            let sleeper = state.sleeper.take()
            if sleeper == nil { state.isSet = true }
            return sleeper
        }
        sleeper?.resume()
    }

    /// Sleeps until the signal, a moment, or the cancellation of the task.
    package func wait(until moment: Moment, on timeline: Timeline) async {
        // A sleep that ends at once sets no timer: whoever watches the clock would take the loop for at rest.
        guard !take() else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await timeline.sleep(until: moment) }
            group.addTask { await self.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    /// Takes back a signal that has come already.
    private func take() -> Bool {
        state.withLock { state in
            defer { state.isSet = false }
            return state.isSet
        }
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isSet = state.withLock { state in
                    // A task is marked as cancelled before its handler runs.
                    if state.isSet || Task.isCancelled {
                        state.isSet = false
                        return true
                    }
                    state.sleeper = continuation
                    return false
                }
                if isSet { continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { $0.sleeper.take() }
            sleeper?.resume()
        }
    }
}
