extension RetryPolicy {
    /// What a call carries from its first failure on.
    ///
    /// Made after the first failure, so that a call that succeeds at once never looks at its context. Then, for each
    /// further attempt: ``wait(after:)``, which throws when there is none, and ``attempt(_:)``.
    @usableFromInline
    struct Session: Sendable {
        private let policy: RetryPolicy
        private let context: CallContext
        private let budget: RetryBudget?
        private var state: StateMachine
        private var holdsBudget = false
        /// The last error that came from the operation itself.
        private var operationError: (any Error)?

        /// Begins after the first failure of a call.
        ///
        /// - Parameters:
        ///   - policy: Decides.
        ///   - startedAt: When the first attempt started; looked at only when the policy limits the total time.
        @usableFromInline
        init(_ policy: RetryPolicy, startedAt: Moment) {
            self.policy = policy
            self.context = CallContext.current
            self.budget = policy.budget ?? context.retryBudget
            self.state = StateMachine(policy.configuration, startedAt: startedAt)
        }

        /// Waits until the next attempt is due, or throws the last error of the operation itself.
        ///
        /// Where there is none, because every attempt was refused, the last refusal is thrown.
        ///
        /// - Parameters:
        ///   - error: That of the last attempt.
        ///   - refusedFor: How much longer a policy further in is known to refuse every call, in nanoseconds: who would
        ///     only sleep to be refused stops at once.
        @usableFromInline
        mutating func wait(after error: any Error, refusedFor: Int64 = 0) async throws {
            attemptEnded()
            let isRejection = error is any ResilienceRejection
            if !isRejection { operationError = error }
            let verdict = policy.configuration.classifier.verdict(on: error)
            // Looked at again, because the classifier may be the user's code and take its time.
            let cause = CancellationCause.current
            if let verdict, cause != .caller { budget?.recordFailure(of: verdict) }
            let failure = StateMachine.Failure(
                verdict ?? ErrorClassification(.unknown),
                isRejection: isRejection,
                isCallerCancelled: cause == .caller,
                isOutOfTime: cause == .timeLimit,
                isNested: context.isRetrying,
                isOnceOnly: context.isOnceOnly)
            let now = policy.timeline.now
            switch decide(failure, now: now) {
            case .stop(let reason):
                stopped(reason, error)
                throw operationError ?? error
            case .retry(let delay):
                holdsBudget = !failure.isRejection
                guard delay >= refusedFor || policy.configuration.waitsForRejections else {
                    giveBack { $0.cancelRetry() }
                    stopped(.rejected, error)
                    throw operationError ?? error
                }
                let next = Attempt(number: state.failedAttempts + 1, error: error, delay: .nanoseconds(delay))
                policy.emitter?.emit(.retryScheduled(attempt: next.number, delay: next.delay, error: error))
                policy.onRetry?(next)
                do {
                    // From the decision on, so that a slow hook does not make the wait longer.
                    try await policy.timeline.sleep(until: now.advanced(by: delay))
                } catch let interruption {
                    giveBack { $0.cancelRetry() }
                    if interruption is CancellationError {
                        stopped(CancellationCause.current == .timeLimit ? .deadlineExceeded : .cancelled, error)
                    }
                    throw interruption
                }
                policy.counters.countRetry(isFirst: state.failedAttempts == 1)
            }
        }

        /// - Parameter error: That of the last attempt, a refusal included.
        private func stopped(_ reason: RetryStopReason, _ error: any Error) {
            policy.counters.countStop(reason)
            policy.emitter?.emit(.retryStopped(attempts: state.failedAttempts, reason: reason, error: error))
        }

        private mutating func decide(_ failure: StateMachine.Failure, now: Moment) -> StateMachine.Decision {
            let borrows = policy.budget == nil
            let isFirst = state.failedAttempts == 0
            return state.decide(
                failure, now: now, remaining: context.deadline?.remainingNanoseconds ?? .max, random: policy.random,
                reserve: { [budget] in
                    guard let budget else { return true }
                    // A call that came to its budget only now counts as active while it holds a retry.
                    if borrows { budget.joinCall(isFirst: isFirst) }
                    if budget.beginRetry() { return true }
                    if borrows { budget.endCall() }
                    return false
                },
                release: { [budget] in
                    budget?.cancelRetry()
                    if borrows { budget?.endCall() }
                })
        }

        /// Runs the next attempt, whose number it and everything further in find in ``CallContext``.
        @usableFromInline
        mutating func attempt<Result, Failure: Error>(
            _ operation: () async throws(Failure) -> Result
        ) async throws -> Result {
            defer { attemptEnded() }
            let result = try await CallContext.$current.withValue(nextContext) { try await operation() }
            budget?.recordSuccess()
            policy.emitter?.emit(.retrySucceeded(attempts: state.failedAttempts + 1))
            return result
        }

        /// The context of the next attempt.
        var nextContext: CallContext {
            var context = context
            context.attempt = state.failedAttempts + 1
            return context
        }

        /// Ends an attempt that ran in ``nextContext`` and succeeded.
        ///
        /// - Returns: Its number, for the event, which is not sent under the lock that the session is in.
        mutating func attemptSucceeded() -> Int {
            budget?.recordSuccess()
            attemptEnded()
            return state.failedAttempts + 1
        }

        /// Gives the retry's share of the budget back; does nothing the second time.
        @usableFromInline
        mutating func attemptEnded() {
            giveBack { $0.endRetry() }
        }

        private mutating func giveBack(_ end: (RetryBudget) -> Void) {
            guard holdsBudget, let budget else { return }
            holdsBudget = false
            end(budget)
            if policy.budget == nil { budget.endCall() }
        }
    }
}
