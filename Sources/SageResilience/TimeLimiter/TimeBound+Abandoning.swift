import Synchronization

extension TimeBound {
    /// Runs an operation in a task of its own and returns when it ends or the limit fires, whichever comes first.
    ///
    /// - Parameters:
    ///   - timeline: The time by which the limit is measured.
    ///   - counters: Where the operation counts as running once it is abandoned.
    ///   - whenEnded: Called when an abandoned operation ends; not called for one that was not abandoned.
    ///   - operation: What to run.
    func runAbandoning<Value: Sendable>(
        on timeline: Timeline, counters: TimeLimiter.Counters, whenEnded: (@Sendable () -> Void)?,
        _ operation: @escaping @Sendable () async throws -> Value
    ) async -> TimedOutcome<Value> {
        let call = AbandonableCall<Value>(race: makeRace(), counters: counters)
        let running = Task {
            let result = await call.race.result(in: context, of: operation)
            guard !call.settle(.finished(result), for: .operation) else { return }
            counters.abandonedRunning.subtract(1, ordering: .relaxed)
            whenEnded?()
        }
        // Not a child: it must fire even when the caller's task was cancelled and the operation does not care.
        let timer = Task {
            guard !call.race.isDecided, (try? await timeline.sleep(until: moment)) != nil else { return }
            if call.settle(.limitExceeded, for: .limit) { running.cancel() }
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await call.outcome()
        } onCancel: {
            running.cancel()
        }
    }
}

/// The place where an operation, its limit and its caller meet.
private final class AbandonableCall<Value: Sendable>: Sendable {
    private struct State {
        var outcome: TimedOutcome<Value>?
        var caller: CheckedContinuation<TimedOutcome<Value>, Never>?
    }

    let race: TimeLimitRace
    private let counters: TimeLimiter.Counters
    private let state = Mutex(State())

    init(race: TimeLimitRace, counters: TimeLimiter.Counters) {
        self.race = race
        self.counters = counters
    }

    /// Ends the race unless it is over, and wakes the caller.
    ///
    /// - Returns: Whether this contender came first.
    func settle(_ outcome: TimedOutcome<Value>, for contender: TimeLimitRace.Contender) -> Bool {
        let (isFirst, caller) = state.withLock { state -> (Bool, CheckedContinuation<TimedOutcome<Value>, Never>?) in
            guard race.claim(for: contender) else { return (false, nil) }
            if contender == .limit {
                // Under the lock, so that an operation that ends next finds itself counted.
                counters.abandoned.add(1, ordering: .relaxed)
                counters.abandonedRunning.add(1, ordering: .relaxed)
            }
            state.outcome = outcome
            return (true, state.caller.take())
        }
        caller?.resume(returning: outcome)
        return isFirst
    }

    /// Waits for the end of the race.
    func outcome() async -> TimedOutcome<Value> {
        await withCheckedContinuation { continuation in
            let outcome = state.withLock { state in
                if state.outcome == nil { state.caller = continuation }
                return state.outcome
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }
}
