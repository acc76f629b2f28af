public import Synchronization

// What a call does with a breaker, for the breaker's own methods and for pipelines.
extension CircuitBreaker {
    /// The answer to a call that has not waited.
    @frozen
    @usableFromInline
    package enum Admission: Sendable {
        /// The call may go on, and has to end the ticket by a result or ``CircuitBreaker/release(_:)``.
        case admitted(Ticket)
        /// The call is refused.
        case rejected(CircuitBreakerError)
        /// Nothing is taken; ``CircuitBreaker/admitWaiting()`` would wait.
        case mustWait
    }

    /// The present; asks a `ContinuousClock` without looking at the timeline, which would have to be retained.
    @inlinable var present: Moment { readsContinuousClock ? ContinuousTime.now : timeline.now }

    /// Admits one call or refuses it, also where it could wait.
    @inlinable
    package func admit() throws(CircuitBreakerError) -> Ticket {
        let fastPath = FastPath(word: fastPathWord.load(ordering: .acquiring))
        guard fastPath.admits else { return try admitUnlessOpen() }
        return Ticket(generation: fastPath.generation, startedAt: measuresTime ? present : .zero)
    }

    /// Admits one call, refuses it or says that it must wait.
    @inlinable
    package func tryAdmit() -> Admission {
        let fastPath = FastPath(word: fastPathWord.load(ordering: .acquiring))
        guard fastPath.admits else { return tryAdmitUnlessOpen() }
        return .admitted(Ticket(generation: fastPath.generation, startedAt: measuresTime ? present : .zero))
    }

    @usableFromInline
    func admitUnlessOpen() throws(CircuitBreakerError) -> Ticket {
        if let wait = refusesUntilLater() { throw openError(wait) }
        switch admitUnderLock(canWait: false) {
        case .admitted(let ticket): return ticket
        case .rejected(let error): throw error
        case .mustWait: preconditionFailure("Internal inconsistency: a call waits that cannot")
        }
    }

    @usableFromInline
    func tryAdmitUnlessOpen() -> Admission {
        if let wait = refusesUntilLater() { return .rejected(openError(wait)) }
        return admitUnderLock(canWait: true)
    }

    /// How much longer an open breaker refuses every call, in nanoseconds; nil when that is for the lock to decide.
    ///
    /// A moment that is outdated refuses as if just before the change. Where somebody listens, refusals take the lock,
    /// so that their events have the order of the changes.
    func refusesUntilLater() -> Int64? {
        let until = refusesUntil.load(ordering: .acquiring)
        guard until != .min else { return nil }
        let now = present
        guard now.nanoseconds < until else { return nil }
        uncountedRefusals.wrappingAdd(1, ordering: .relaxed)
        return Moment(nanoseconds: until).elapsed(since: now)
    }

    private func openError(_ wait: Int64) -> CircuitBreakerError {
        CircuitBreakerError(policyName: name, reason: .circuitOpen, retryAfter: .nanoseconds(wait))
    }

    private func admitUnderLock(canWait: Bool) -> Admission {
        var question = Question(now: present, canWait: canWait)
        while true {
            let admission = change { guarded in admit(&guarded, &question) }
            if case .missing(let need) = admission {
                answer(need, &question)
                continue
            }
            question.close()
            emitter?.deliver()
            return settled(admission)
        }
    }

    /// A call that asks to be admitted, with what has been found out for it outside of the lock.
    struct Question {
        let now: Moment
        let canWait: Bool
        var unitRandom: Double?
        var permission: ProbePermission?

        init(now: Moment, canWait: Bool) {
            self.now = now
            self.canWait = canWait
        }

        /// Gives a permit back that was not needed after all.
        func close() {
            if case .granted(let permit) = permission { permit.end(.undecided) }
        }
    }

    /// Finds out what only the outside world knows.
    func answer(_ need: StateMachine.Need, _ question: inout Question) {
        switch need {
        case .moment: break
        case .unitRandom: question.unitRandom = random.unitInterval()
        case .permission:
            // Whoever left meanwhile takes no part any more: then the lock says that no permit is needed.
            let permits = guarded.withLock { $0.permits }
            question.permission = permits?.acquireProbe() ?? .refused(retryAfter: .zero)
        }
    }

    /// Called under the lock.
    func admit(_ guarded: inout Guarded, _ question: inout Question) -> StateMachine.Admission {
        enqueue(guarded.machine.endOverdueTrial(now: question.now))
        let permission: StateMachine.Permission =
            switch question.permission {
            case .granted: .granted
            case .refused(let wait): .refused(retryAfter: wait.saturatingNanoseconds)
            case nil: .unasked
            }
        let (admission, transition) = guarded.machine.admit(
            now: question.now, unitRandom: question.unitRandom, canWait: question.canWait, permission: permission)
        enqueue(transition)
        if guarded.machine.isShared, guarded.machine.state == .halfOpen, case .admitted = admission,
            case .granted(let permit) = question.permission
        {
            guarded.probes.append(permit)
            question.permission = nil
        }
        if let emitter, case .rejected(let reason, _) = admission {
            emitter.enqueue(.circuitBreakerRejected(reason))
        }
        return admission
    }

    /// The answer in the caller's terms.
    func settled(_ admission: StateMachine.Admission) -> Admission {
        switch admission {
        case .admitted(let ticket): .admitted(ticket)
        case .rejected(let reason, let retryAfter): .rejected(error(reason, retryAfter))
        case .mustWait: .mustWait
        case .missing: preconditionFailure("Internal inconsistency: what is missing was not found out")
        }
    }

    func error(_ reason: RejectionReason, _ retryAfter: Int64?) -> CircuitBreakerError {
        CircuitBreakerError(policyName: name, reason: reason, retryAfter: retryAfter.map { .nanoseconds($0) })
    }

    /// The ticket of a call that is about to reach the service only now, after a wait that is not the service's doing.
    package func restartTiming(of ticket: Ticket) -> Ticket {
        measuresTime ? Ticket(generation: ticket.generation, startedAt: present) : ticket
    }

    /// Records that the service did its work.
    ///
    /// - Parameter timedUntil: When the call's duration ended; nil is now.
    @inlinable
    package func recordSuccess(_ ticket: Ticket, timedUntil: Moment? = nil) {
        let fastPath = FastPath(word: fastPathWord.load(ordering: .acquiring))
        if !fastPath.ignoresSuccess(of: ticket.generation) { recordSuccessUnderLock(ticket, timedUntil) }
    }

    @usableFromInline
    func recordSuccessUnderLock(_ ticket: Ticket, _ timedUntil: Moment?) {
        var now: Moment?
        if hasOrdinarySuccesses {
            var nanoseconds: Int64 = 0
            if measuresTime {
                let end = timedUntil ?? present
                if timedUntil == nil { now = end }
                nanoseconds = end.elapsed(since: ticket.startedAt)
            }
            if nanoseconds <= slowLimit, keepOrdinarySuccess(ticket, nanoseconds) { return }
        }
        record(.success, for: ticket, timedUntil: timedUntil, now: now)
    }

    /// - Returns: False when nothing was done.
    private func keepOrdinarySuccess(_ ticket: Ticket, _ nanoseconds: Int64) -> Bool {
        guarded.withLock { guarded in
            guard guarded.machine.keepOrdinarySuccess(of: ticket.generation, nanoseconds: nanoseconds) else {
                return false
            }
            // Nothing else can have changed what may be decided without the lock.
            if !measuresTime, guarded.machine.window.isFullOfSuccesses { publish(&guarded.machine) }
            return true
        }
    }

    /// Records an error by what the classifier says about it, unless the caller cancelled the task.
    ///
    /// - Parameter timedUntil: When the call's duration ended; nil is now.
    @usableFromInline
    package func recordFailure(_ ticket: Ticket, _ error: any Error, timedUntil: Moment? = nil) {
        guard let classification = configuration.classifier.verdict(on: error) else { return release(ticket) }
        let report: StateMachine.Report =
            switch configuration.outcome(of: classification) {
            case .failure: .failure(.init(errorType: type(of: error), classification: classification))
            case .success: .success
            // What another policy asks for is no word of the service.
            case .ignored: .ignored(hint: classification.fault == .policy ? nil : classification.hint)
            }
        record(report, for: ticket, timedUntil: timedUntil)
    }

    /// Gives the call's place back without a verdict.
    package func release(_ ticket: Ticket) {
        record(.ignored(hint: nil), for: ticket, timedUntil: nil)
    }

    private func record(
        _ report: StateMachine.Report, for ticket: Ticket, timedUntil: Moment?, now known: Moment? = nil
    ) {
        // The clock and the source of random numbers may be the user's code and use this breaker, so they are asked
        // without the lock. What is missing is seen under it; then the result is handed in again.
        var now = known
        var unitRandom: Double?
        if now == nil, measuresTime || report.isFailure { now = present }
        while true {
            let missing = change { guarded -> StateMachine.Need? in
                if let now { enqueue(guarded.machine.endOverdueTrial(now: now)) }
                switch guarded.machine.record(
                    report, for: ticket, timedUntil: timedUntil, now: now, unitRandom: unitRandom)
                {
                case .none: break
                case .transition(let transition): enqueue(transition)
                case .wouldOpen(let snapshot): emitter?.enqueue(.circuitBreakerWouldOpen(snapshot))
                case .missing(let need): return need
                }
                return nil
            }
            switch missing {
            case .moment: now = present
            case .unitRandom: unitRandom = random.unitInterval()
            case .permission, nil:
                emitter?.deliver()
                return
            }
        }
    }
}

// MARK: - The lock

extension CircuitBreaker {
    /// Changes what the lock guards, publishes what may be decided without the lock from now on, and answers the calls
    /// that waited for the change.
    func change<Value: Sendable>(_ body: (inout Guarded) -> Value) -> Value {
        let (value, answers, news) = guarded.withLock { guarded in
            let generation = guarded.machine.generation
            if uncountedRefusals.load(ordering: .relaxed) != 0 {
                guarded.machine.addRefusals(uncountedRefusals.exchange(0, ordering: .relaxed))
            }
            let value = body(&guarded)
            let answers = guarded.machine.waiting.count == 0 ? [] : answerWaiting(&guarded)
            publish(&guarded.machine)
            return (value, answers, takeNews(since: generation, &guarded))
        }
        for (pending, answer) in answers { pending.deliver(answer) }
        news?.tell()
        return value
    }

    private func answerWaiting(
        _ guarded: inout Guarded
    ) -> [(PendingAnswer<StateMachine.Answer>, StateMachine.Answer)] {
        guarded.machine.answerWaiting().compactMap { id, answer in
            if case .rejected(let reason, _) = answer { emitter?.enqueue(.circuitBreakerRejected(reason)) }
            return guarded.pending.removeValue(forKey: id).map { ($0, answer) }
        }
    }

    /// Called under the lock; writing the same again would take the words away from the other processors' caches.
    ///
    /// In place, because the state machine is too large to be copied at every call.
    private func publish(_ machine: inout StateMachine) {
        let until = emitter == nil ? machine.refusesUntil?.nanoseconds ?? .min : .min
        if until != refusesUntil.load(ordering: .relaxed) { refusesUntil.store(until, ordering: .releasing) }
        let word = machine.fastPath.word
        if word != fastPathWord.load(ordering: .relaxed) { fastPathWord.store(word, ordering: .releasing) }
    }

    func read<Value: Sendable>(_ body: (inout StateMachine, Moment) -> Value) -> Value {
        let now = present
        let value = change { guarded in
            enqueue(guarded.machine.endOverdueTrial(now: now))
            return body(&guarded.machine, now)
        }
        emitter?.deliver()
        return value
    }

    /// Called under the lock, so that events have the order of the changes; delivered after it.
    func enqueue(_ transition: Transition?) {
        guard let emitter, let transition else { return }
        emitter.enqueue(
            .circuitBreakerTransition(from: transition.from, to: transition.to, transition.snapshot))
    }
}
