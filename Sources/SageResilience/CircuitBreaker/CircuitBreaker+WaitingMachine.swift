extension CircuitBreaker.StateMachine {
    /// Lets a call wait after ``Admission/mustWait``.
    ///
    /// - Parameter now: The present.
    /// - Returns: The call's place, and the moment at which half-open ends without a verdict. Where a permit is awaited
    ///   no probe need be in flight; then it is the moment at which one that started now would have to have ended.
    package mutating func enqueue(now: Moment) -> (id: UInt64, trialEnd: Moment?) {
        let longest = isShared ? now.advanced(by: configuration.halfOpenMaxWait.saturatingNanoseconds) : nil
        return (waiting.append(), trialEnd ?? longest)
    }

    /// Gives up a place because the call was cancelled.
    ///
    /// - Returns: False when the call has its answer already.
    package mutating func leave(_ id: UInt64) -> Bool {
        waiting.remove(id)
    }

    /// Refuses a call that has waited for as long as it may.
    ///
    /// - Returns: False when the call has its answer already.
    package mutating func expire(_ id: UInt64) -> Bool {
        guard waiting.remove(id) else { return false }
        rejected += 1
        return true
    }

    /// What a waiting call is told.
    package enum Answer: Sendable, Hashable {
        case admitted(CircuitBreaker.Ticket)
        case rejected(RejectionReason, retryAfter: Int64?)
        /// A random number or a permit is needed: the call has to ask again.
        case asksAgain
        /// Its task was cancelled; never said by the state machine.
        case cancelled
    }

    /// Answers the calls that need not wait any longer, in the order of their arrival; called after every change.
    ///
    /// - Returns: Who is told what. The tickets' durations have yet to begin.
    package mutating func answerWaiting() -> [(id: UInt64, answer: Answer)] {
        var answers: [(id: UInt64, answer: Answer)] = []
        defer { recalled = 0 }
        while let id = waiting.first {
            if isShared, state == .halfOpen, trial.pause == nil {
                // Whether there is a permit is not to be asked under the lock.
                guard recalled > 0 else { break }
                recalled -= 1
                waiting.removeFirst()
                answers.append((id, .asksAgain))
                continue
            }
            // No call begins to wait during a pause, so one that has just begun refuses all.
            if state == .halfOpen, trial.pause == nil, !trial.admit(now: nil) { break }
            waiting.removeFirst()
            answers.append((id, answer()))
        }
        return answers
    }

    private mutating func answer() -> Answer {
        switch state {
        case .halfOpen:
            guard let pause = trial.pause else { return .admitted(ticket(.zero)) }
            rejected += 1
            return .rejected(.halfOpenLimit, retryAfter: pause.until.elapsed(since: pause.since))
        case .disabled, .metricsOnly:
            return .admitted(ticket(.zero))
        case .closed:
            return ramp == nil ? .admitted(ticket(.zero)) : .asksAgain
        case .open:
            rejected += 1
            return .rejected(.circuitOpen, retryAfter: openUntil.elapsed(since: stateSince))
        case .forcedOpen:
            rejected += 1
            return .rejected(.circuitForcedOpen, retryAfter: nil)
        }
    }

    /// Counts refusals that were decided without the state machine.
    package mutating func addRefusals(_ count: Int) {
        rejected += count
    }
}
