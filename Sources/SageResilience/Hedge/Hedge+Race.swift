import Synchronization

extension Hedge {
    /// What a child task of a hedged call reports when it ends.
    private enum Arrival<Value: Sendable>: Sendable {
        case copy(Int, Result<Value, any Error>, endedAt: Moment)
        /// The timer for this moment, which fired unless its sleep was interrupted.
        case timer(Moment, fired: Bool)
    }

    /// Runs the copies of one call: the shell around the ``StateMachine``.
    func race<Value: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Value, budget: RetryBudget?, deadline: Deadline?
    ) async throws -> HedgeResult<Value> {
        let start = timeline.now
        var machine = StateMachine(
            maxCopies: configuration.maxHedges + 1, delay: delayNanoseconds(),
            maxServerHint: configuration.maxServerHint.saturatingNanoseconds,
            deadline: deadline.map { start.advanced(by: $0.remainingNanoseconds) } ?? .distantFuture, now: start)
        var primaryError: any Error = CancellationError()
        return try await withThrowingTaskGroup(of: Arrival<Value>.self) { group in
            // The one that matters is the earliest; later ones that a change of plan left behind find nothing due.
            var earliestTimer: Moment?
            add(1, operation, to: &group, budget: nil)
            while true {
                if Task.isCancelled, machine.cancel() == .cancelled { throw CancellationError() }
                while case .send(let copy) = step(&machine, budget, since: start) {
                    add(copy, operation, to: &group, budget: budget)
                }
                if machine.inFlight == 0, machine.due == nil { throw primaryError }
                if let due = machine.due, due < earliestTimer ?? .distantFuture {
                    earliestTimer = due
                    group.addTask { [timeline] in
                        .timer(due, fired: (try? await timeline.sleep(until: due)) != nil)
                    }
                }
                guard let arrival = try await group.next() else {
                    preconditionFailure("Internal inconsistency: a hedged call has neither copies nor a timer")
                }
                switch arrival {
                case .timer(let moment, let fired):
                    if moment == earliestTimer { earliestTimer = nil }
                    // A clock that fails must not be asked again and again. Cancellation is seen above.
                    if !fired, !Task.isCancelled { _ = machine.stop() }
                case .copy(let copy, .success(let value), let endedAt):
                    // The losers come too late to be recorded: that they were cancelled says nothing.
                    group.cancelAll()
                    budget?.recordSuccess()
                    win(copy, machine.sample(now: endedAt))
                    return HedgeResult(value: value, copy: copy, started: machine.sent)
                case .copy(let copy, .failure(let error), let endedAt):
                    if copy == 1 { primaryError = error }
                    let failure = recordFailure(error, budget)
                    if case .fail(let decisive) = machine.fail(copy: copy, failure, now: endedAt) {
                        throw decisive == copy ? error : primaryError
                    }
                }
            }
        }
    }

    /// Starts a copy, which holds its share of the budget until it ends.
    private func add<Value: Sendable>(
        _ copy: Int, _ operation: @escaping @Sendable () async throws -> Value,
        to group: inout ThrowingTaskGroup<Arrival<Value>, any Error>, budget: RetryBudget?
    ) {
        group.addTask { [timeline] in
            defer { budget?.endRetry() }
            do {
                // The primary has its number anyway: binding a task-local value is not free.
                let value =
                    copy == 1
                    ? try await operation()
                    : try await HedgeCopy.$current.withValue(HedgeCopy(number: copy), operation: operation)
                return .copy(copy, .success(value), endedAt: timeline.now)
            } catch {
                return .copy(copy, .failure(error), endedAt: timeline.now)
            }
        }
    }

    /// Asks whether another copy is due, and tells what came of it.
    private func step(_ machine: inout StateMachine, _ budget: RetryBudget?, since start: Moment) -> StateMachine.Step {
        guard machine.due != nil else { return .wait }
        let now = timeline.now
        var isRefused = false
        let step = machine.wake(now: now) {
            isRefused = !(budget?.beginRetry() ?? true)
            return !isRefused
        }
        if isRefused {
            counters.refused.add(1, ordering: .relaxed)
            emitter?.emit(.hedgeRefused)
        }
        if case .send(let copy) = step {
            if copy == 2 { counters.hedgedCalls.add(1, ordering: .relaxed) }
            counters.copies.add(1, ordering: .relaxed)
            emitter?.emit(.hedgeSent(copy: copy, delay: .nanoseconds(now.elapsed(since: start))))
        }
        return step
    }

    private func win(_ copy: Int, _ sample: Int64?) {
        if let sample { record(sample) }
        guard copy > 1 else { return }
        counters.won.add(1, ordering: .relaxed)
        emitter?.emit(.hedgeWon(copy: copy))
    }

    /// Tells the budget of a copy's failure, and what it means for the other copies.
    private func recordFailure(_ error: any Error, _ budget: RetryBudget?) -> StateMachine.Failure {
        let cause = CancellationCause.current
        guard let classification = configuration.classifier.verdict(on: error, cancelledBy: cause) else {
            return .unknown
        }
        budget?.recordFailure(of: classification)
        // What a cancelled copy throws says nothing about the others.
        if cause != nil { return .unknown }
        if error is any ResilienceRejection { return .rejected }
        return switch classification.errorClass.retryability {
        case .transient: .transient(classification.hint)
        case .unknown: .unknown
        case .permanent: .fatal
        }
    }
}
