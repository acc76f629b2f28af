extension RetryPolicy {
    /// What a call carries from its first failure on.
    @usableFromInline
    struct Session: Sendable {
        private let policy: RetryPolicy
        private var state: StateMachine
        private var holdsBudget = false

        @usableFromInline
        init(_ policy: RetryPolicy, startedAt: Moment) {
            self.policy = policy
            self.state = StateMachine(policy.configuration, startedAt: startedAt)
        }

        /// Waits until the next attempt is due, or throws the error of the last one.
        @usableFromInline
        mutating func wait(after error: any Error) async throws {
            let failure = StateMachine.Failure(
                policy.configuration.classifier.classify(error),
                isRejection: error is any ResilienceRejection,
                isCallerCancelled: Task.isCancelled)
            let budget = policy.configuration.budget
            let decision = state.decide(
                failure, now: policy.timeline.now, random: policy.random,
                reserve: { budget?.beginRetry() ?? true },
                release: { budget?.endRetry() })
            switch decision {
            case .stop(let reason):
                policy.emitter?.emit(
                    .retryStopped(attempts: state.failedAttempts, reason: reason, error: error))
                throw error
            case .retry(let delay):
                holdsBudget = budget != nil && !failure.isRejection
                let next = Attempt(number: state.failedAttempts + 1, error: error, delay: .nanoseconds(delay))
                policy.emitter?.emit(.retryScheduled(attempt: next.number, delay: next.delay, error: error))
                policy.onRetry?(next)
                do {
                    try await policy.timeline.sleep(nanoseconds: delay)
                } catch let interruption {
                    attemptEnded()
                    if interruption is CancellationError {
                        policy.emitter?.emit(
                            .retryStopped(attempts: state.failedAttempts, reason: .cancelled, error: error))
                    }
                    throw interruption
                }
            }
        }

        /// Gives the retry's share of the budget back.
        @usableFromInline
        mutating func attemptEnded() {
            guard holdsBudget else { return }
            holdsBudget = false
            policy.configuration.budget?.endRetry()
        }
    }
}
