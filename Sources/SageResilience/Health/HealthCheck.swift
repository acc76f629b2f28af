import Synchronization

/// A check that calls a service, run by one caller at a time for all of them.
final class HealthCheck: Sendable {
    private struct State {
        var machine: StateMachine
        var lastWaiter: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]

        mutating func takeWaiters(_ isSettled: Bool) -> [CheckedContinuation<Void, Never>] {
            guard isSettled else { return [] }
            defer { waiters = [:] }
            return Array(waiters.values)
        }
    }

    private let timeline: Timeline
    private let timeLimit: Int64
    private let check: @Sendable () async throws -> ServiceHealth
    private let state: Mutex<State>

    init(
        timeline: Timeline, timeLimit: Duration, freshness: Duration,
        _ check: @escaping @Sendable () async throws -> ServiceHealth
    ) {
        self.timeline = timeline
        self.timeLimit = timeLimit.saturatingNanoseconds
        self.check = check
        self.state = Mutex(State(machine: StateMachine(freshness: freshness.saturatingNanoseconds)))
    }

    /// The outcome of a run that is fresh enough or under way; starts one if there is none.
    ///
    /// A caller whose task is cancelled gets what is known; the run goes on for the others.
    func current() async -> ServiceHealth {
        let asked = timeline.now
        let (answer, waiter) = state.withLock { state in
            state.lastWaiter += 1
            return (state.machine.ask(now: asked), state.lastWaiter)
        }
        switch answer {
        case .known: break
        case .start(let run):
            // A task of its own, because a run belongs to all who wait for it, and because a check that does not react
            // to cancellation must not hold up the report: the abandoning form of a time limit. There is at most one
            // for each check, and the state machine knows of it until it ends.
            Task.detached { await self.perform(run, until: asked.advanced(by: self.timeLimit)) }
            await wait(waiter)
        case .wait:
            await wait(waiter)
        }
        let now = timeline.now
        return state.withLock { $0.machine.health(now: now) }
    }

    private func perform(_ run: UInt64, until deadline: Moment) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                let outcome = await self.outcome()
                let now = self.timeline.now
                self.resume { $0.end(outcome, now: now) }
            }
            group.addTask {
                // Woken by cancellation when the check has ended; then there is nothing to time out.
                try? await self.timeline.sleep(until: deadline)
                let now = self.timeline.now
                self.resume { $0.timeOut(run: run, now: now) }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func outcome() async -> Outcome {
        do {
            return .answered(try await check())
        } catch {
            return .failed(
                errorClass: ErrorClassifier.default.classify(error).errorClass, errorType: "\(type(of: error))")
        }
    }

    private func resume(_ change: (inout StateMachine) -> Bool) {
        let waiters = state.withLock { state in state.takeWaiters(change(&state.machine)) }
        for waiter in waiters { waiter.resume() }
    }

    private func wait(_ id: UInt64) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    // A task is marked as cancelled before its handler runs: either this sees the mark, or the handler
                    // finds the waiter. A run that has been settled meanwhile wakes nobody any more.
                    if Task.isCancelled || !state.machine.isAwaited { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
