import Synchronization

extension Supervisor {
    /// What wakes the supervisor's task.
    private enum Step: Sendable {
        case childEnded(Int, run: Int, Outcome)
        /// Somebody has changed something; false when the supervisor's task was cancelled instead.
        case called(Bool)
        case alarm
    }

    /// What is left to do after the lock was released.
    private enum Work {
        case start(Int, Child, Run, notBefore: Moment)
        case ask(Run, Duration)
        case cancel(Run)
        case wake(Moment)
        case finish(StateMachine.Ending)
    }

    /// ``run()``, and a shutdown when the supervisor further out asks for one.
    func run(under context: Child.Context?) async throws {
        let (calls, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        try begin(waker)
        let (ending, lastError) = await withTaskCancellationHandler {
            await work(calls, context)
        } onCancel: {
            noteCancellation()
        }
        let forgotten = core.withLock { core in
            core.waker = nil
            core.startedAt = nil
            return core.takeForgotten()
        }
        _ = forgotten
        switch ending {
        case .completed, .shutDown, .gaveUp:
            return
        case .escalated(let child, let restarts):
            throw SupervisorError(
                supervisor: name, child: child, restarts: restarts, intensity: policy.intensity, lastError: lastError)
        case .cancelled:
            throw CancellationError()
        }
    }

    private func begin(_ waker: AsyncStream<Void>.Continuation) throws {
        let now = timeline.now
        let isFree = core.withLock { core in
            guard core.waker == nil else { return false }
            core.waker = waker
            core.startedAt = now
            core.machine.begin()
            if let grace = core.requestedGrace {
                core.requestedGrace = nil
                core.machine.shutDown(grace: grace.saturatingNanoseconds, now: now)
            }
            return true
        }
        guard isFree else { throw SupervisionError.alreadyRunning(supervisor: name) }
    }

    /// The supervisor's task: waits for something to happen and does what follows from it.
    private func work(
        _ calls: AsyncStream<Void>, _ context: Child.Context?
    ) async -> (StateMachine.Ending, (any Error)?) {
        await withTaskGroup(of: Step?.self) { group in
            var lastError: (any Error)?
            group.addTask { await Self.nextCall(calls) }
            if let context {
                group.addTask {
                    guard let grace = try? await context.shutdown.wait() else { return nil }
                    self.shutDown(grace: grace)
                    return nil
                }
                group.addTask {
                    guard (try? await context.stop.wait()) != nil else { return nil }
                    self.shutDown(grace: .zero)
                    return nil
                }
            }
            while true {
                for work in settle() {
                    switch work {
                    case .start(let id, let child, let run, let notBefore):
                        group.addTask {
                            .childEnded(id, run: run.number, await self.attempt(id, child, run, notBefore))
                        }
                    case .ask(let run, let remaining):
                        run.shutdown.send(remaining)
                    case .cancel(let run):
                        run.stop.send(())
                    case .wake(let moment):
                        group.addTask {
                            try? await self.timeline.sleep(until: moment)
                            return .alarm
                        }
                    case .finish(let ending):
                        group.cancelAll()
                        return (ending, lastError)
                    }
                }
                switch await group.next() {
                case .some(.childEnded(let id, let run, let outcome)):
                    if let error = childEnded(id, run, outcome) { lastError = error }
                case .some(.called(let goesOn)):
                    // Of a cancellation its handler tells the state machine, but maybe later.
                    if goesOn { group.addTask { await Self.nextCall(calls) } } else { noteCancellation() }
                case .some(.alarm), .some(nil), .none:
                    break
                }
            }
        }
    }

    private static func nextCall(_ calls: AsyncStream<Void>) async -> Step {
        for await _ in calls { return .called(true) }
        return .called(false)
    }

    private func noteCancellation() {
        let now = timeline.now
        let waker = core.withLock { core in
            if core.waker != nil { core.machine.cancel(now: now) }
            return core.waker
        }
        waker?.yield()
    }

    /// Asks the state machine what to do, and prepares it.
    private func settle() -> [Work] {
        let now = timeline.now
        return core.withLock { core in
            core.machine.settle(now: now).compactMap { action in
                switch action {
                case .start(let id, let number, let notBefore):
                    guard let child = core.children[id] else { return nil }
                    let run = Run(number: number)
                    core.runs[id] = run
                    return .start(id, child, run, notBefore: notBefore)
                case .ask(let id, let remaining):
                    return core.runs[id].map { .ask($0, .nanoseconds(remaining)) }
                case .cancel(let id):
                    return core.runs[id].map { .cancel($0) }
                case .wake(let moment):
                    return .wake(moment)
                case .finish(let ending):
                    return .finish(ending)
                }
            }
        }
    }

    /// Tells the state machine of the end of a run, and schedules the restart when there is to be one.
    ///
    /// - Returns: The error when it is the one for which the supervisor gives up.
    private func childEnded(_ id: Int, _ number: Int, _ outcome: Outcome) -> (any Error)? {
        // A child of a cancelled task ends because of that, even when the state machine has not been told yet.
        if Task.isCancelled { noteCancellation() }
        let now = timeline.now
        let (end, error): (StateMachine.End, (any Error)?) =
            switch outcome {
            case .notBegun: (.notBegun, nil)
            case .returned: (.returned, nil)
            case .threw(let error as any ResilienceRejection, _) where error.reason == .shuttingDown:
                (.refusedByShutdown, nil)
            case .threw(let error, let errorClass):
                (.threw(Member.Failure(moment: now, errorType: type(of: error), errorClass: errorClass)), error)
            }
        let (reaction, child, run, forgotten) = core.withLock { core in
            let child = core.children[id]
            noteLimit(&core, id, number, child?.name ?? "", now: now)
            let wasTold = core.machine.isToldToEnd(id)
            let reaction = core.machine.ended(id, run: number, end, now: now)
            if let emitter, let child {
                if case .notBegun = outcome {
                } else {
                    // Whoever was told to end and says that it was cancelled has done what it should.
                    emitter.enqueue(
                        .childEnded(child: child.name, error: wasTold && error is CancellationError ? nil : error))
                }
                if let action = reaction.excess {
                    emitter.enqueue(.supervisorGaveUp(child: child.name, action: action))
                }
            }
            return (reaction, child, core.runs.removeValue(forKey: id), core.takeForgotten())
        }
        _ = forgotten
        emitter?.deliver()
        run?.ended.send(())
        switch reaction {
        case .none: return nil
        case .gaveUp: return error
        case .restart(let retry, let previous, let wholeGroup):
            guard let child else { return nil }
            // A custom backoff is the user's code, so the state machine does not call it.
            let delay = (child.backoff ?? policy.backoff)
                .nanoseconds(beforeRetry: retry, previous: previous, random: random)
            let later = timeline.now
            core.withLock { core in
                guard core.machine.schedule(id, after: delay, wholeGroup: wholeGroup, now: later) else { return }
                emitter?.enqueue(.childRestartScheduled(child: child.name, delay: .nanoseconds(delay)))
            }
            emitter?.deliver()
            return nil
        }
    }
}

extension Supervisor.StateMachine.Reaction {
    /// The action that an event names, when there were too many restarts.
    fileprivate var excess: String? {
        switch self {
        case .none, .restart(_, _, wholeGroup: false), .gaveUp(.completed), .gaveUp(.shutDown), .gaveUp(.cancelled): nil
        case .restart(_, _, wholeGroup: true): "restart_group"
        case .gaveUp(.gaveUp): "stop"
        case .gaveUp(.escalated): "escalate"
        }
    }
}
