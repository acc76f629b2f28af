// Calls that wait for the verdict on a half-open breaker.
extension CircuitBreaker {
    /// How a call stands that is willing to wait.
    private enum Entry: Sendable {
        case settled(Admission)
        case waits(Place)
        /// This must be known first.
        case missing(StateMachine.Need)
    }

    /// A call that waits.
    private struct Place: Sendable {
        let id: UInt64
        let answer: PendingAnswer<StateMachine.Answer>
        /// Until when the call waits at most; nil as long as there is no verdict.
        let end: Moment?
        /// Why it is refused then.
        let reason: RejectionReason
    }

    /// Admits one call, which waits for the verdict on the probes where ``tryAdmit()`` says that it must.
    ///
    /// The call sleeps in a task of its own until the verdict, the end of the trial or its deadline.
    ///
    /// - Throws: ``CircuitBreakerError``, or `CancellationError` when the task was cancelled; no ticket is out then.
    @usableFromInline
    package func admitWaiting() async throws -> Ticket {
        while true {
            try Task.checkCancellation()
            switch enter() {
            case .settled(.admitted(let ticket)): return ticket
            case .settled(.rejected(let error)): throw error
            case .settled(.mustWait), .missing: preconditionFailure("Internal inconsistency: no answer and no place")
            case .waits(let place):
                switch await wait(place) {
                case .admitted(let ticket):
                    // A verdict that comes with a cancellation makes no call.
                    guard !Task.isCancelled else {
                        release(ticket)
                        throw CancellationError()
                    }
                    return restartTiming(of: ticket)
                case .rejected(let reason, let retryAfter): throw error(reason, retryAfter)
                case .cancelled: throw CancellationError()
                case .asksAgain: continue
                }
            }
        }
    }

    /// Admits or refuses a call, or gives it a place in the queue.
    private func enter() -> Entry {
        let now = present
        let deadline = CallContext.current.deadline.map { now.advanced(by: $0.remainingNanoseconds) }
        var question = Question(now: now, canWait: true)
        while true {
            let entry = change { guarded in
                enter(&guarded, &question, deadline: deadline)
            }
            guard case .missing(let need) = entry else {
                question.close()
                emitter?.deliver()
                return entry
            }
            answer(need, &question)
        }
    }

    /// Called under the lock.
    private func enter(
        _ guarded: inout Guarded, _ question: inout Question, deadline: Moment?
    ) -> Entry {
        let admission = admit(&guarded, &question)
        if case .missing(let need) = admission { return .missing(need) }
        guard case .mustWait = admission else { return .settled(settled(admission)) }
        if let deadline, deadline <= question.now {
            guarded.machine.addRefusals(1)
            emitter?.enqueue(.circuitBreakerRejected(.deadlineExceeded))
            return .settled(.rejected(error(.deadlineExceeded, nil)))
        }
        let (id, trialEnd) = guarded.machine.enqueue(now: question.now)
        let answer = PendingAnswer<StateMachine.Answer>()
        guarded.pending[id] = answer
        if let deadline, deadline < trialEnd ?? .distantFuture {
            return .waits(Place(id: id, answer: answer, end: deadline, reason: .deadlineExceeded))
        }
        return .waits(Place(id: id, answer: answer, end: trialEnd, reason: .halfOpenLimit))
    }

    private func wait(_ place: Place) async -> StateMachine.Answer {
        await withTaskCancellationHandler {
            guard let end = place.end else { return await place.answer.value() }
            return await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    // A clock that fails ends the wait as well.
                    try? await self.timeline.sleep(until: end)
                    if !Task.isCancelled { self.expire(place) }
                }
                let answer = await place.answer.value()
                group.cancelAll()
                return answer
            }
        } onCancel: {
            leave(place)
        }
    }

    /// Refuses a call whose time is over, unless it has its answer already.
    private func expire(_ place: Place) {
        let now = present
        let isRefused = change { guarded in
            // When that ends the trial, the call hears of it like all the others.
            enqueue(guarded.machine.endOverdueTrial(now: now))
            guard guarded.machine.state == .halfOpen, guarded.machine.expire(place.id) else { return false }
            emitter?.enqueue(.circuitBreakerRejected(place.reason))
            guarded.pending[place.id] = nil
            return true
        }
        if isRefused { place.answer.deliver(.rejected(place.reason, retryAfter: nil)) }
        emitter?.deliver()
    }

    /// Gives a place up, unless the call has its answer already.
    private func leave(_ place: Place) {
        let isGone = change { guarded in
            guard guarded.machine.leave(place.id) else { return false }
            guarded.pending[place.id] = nil
            return true
        }
        if isGone { place.answer.deliver(.cancelled) }
    }
}
