extension RetryPolicy {
    /// The decisions of one retried call, as a value.
    package struct StateMachine: Sendable {
        /// What to do after a failed attempt.
        package enum Decision: Sendable, Hashable {
            /// Wait this many nanoseconds, then try again.
            case retry(afterNanoseconds: Int64)
            /// Give up.
            case stop(RetryStopReason)
        }

        /// A failed attempt, reduced to what a decision needs.
        package struct Failure: Sendable {
            var classification: ErrorClassification
            var isRejection: Bool
            var isCallerCancelled: Bool

            package init(_ classification: ErrorClassification, isRejection: Bool, isCallerCancelled: Bool) {
                self.classification = classification
                self.isRejection = isRejection
                self.isCallerCancelled = isCallerCancelled
            }
        }

        private let configuration: RetryConfiguration
        private let deadline: Moment
        private var unknownRetries = 0
        private var previousDelay: Int64?
        /// The attempts that have failed so far.
        package private(set) var failedAttempts = 0

        /// Creates the state of a call whose first attempt started at a moment.
        package init(_ configuration: RetryConfiguration, startedAt: Moment) {
            self.configuration = configuration
            self.deadline =
                configuration.totalTimeLimit.map { startedAt.advanced(by: $0.saturatingNanoseconds) } ?? .distantFuture
        }

        /// Decides after a failed attempt.
        ///
        /// The order of the checks decides which reason is reported.
        ///
        /// - Parameters:
        ///   - reserve: Asks the budget for one retry; called only when nothing else but attempts and time can
        ///     stop the retry, and not after a rejection, which the service never saw. When the answer is true and
        ///     the decision is to stop, `release` gives it back.
        package mutating func decide(
            _ failure: Failure, now: Moment, random: RandomSource, reserve: () -> Bool, release: () -> Void
        ) -> Decision {
            failedAttempts += 1
            if let reason = stopReason(failure) { return .stop(reason) }
            let costsBudget = !failure.isRejection
            guard !costsBudget || reserve() else { return .stop(.budgetExhausted) }
            guard failedAttempts < configuration.maxAttempts else {
                if costsBudget { release() }
                return .stop(.attemptsExhausted)
            }
            let delay = nextDelay(hint: failure.classification.hint, random: random)
            guard now.advanced(by: delay) < deadline else {
                if costsBudget { release() }
                return .stop(.deadlineExceeded)
            }
            if failure.classification.errorClass == .unknown { unknownRetries += 1 }
            previousDelay = delay
            return .retry(afterNanoseconds: delay)
        }

        /// What forbids another try, before budget, attempts and time are looked at.
        private func stopReason(_ failure: Failure) -> RetryStopReason? {
            if failure.isCallerCancelled { return .cancelled }
            if failure.isRejection, !configuration.waitsForRejections || failure.classification.hint == nil {
                return .rejected
            }
            switch failure.classification.errorClass.retryability {
            case .permanent: return .permanent
            case .unknown where unknownRetries >= configuration.maxUnknownRetries: return .unknownError
            case .unknown, .transient: break
            }
            switch failure.classification.hint {
            case .doNotRetry: return .serverSaysStop
            case .wait(let wait) where wait > configuration.maxServerHint: return .hintExceedsMaximum
            case .wait, nil: return nil
            }
        }

        /// The backoff, or the server's wait plus up to a tenth of it when that is longer: a hint is a minimum, and
        /// clients that were told the same time must not come back at the same instant.
        private func nextDelay(hint: ServerHint?, random: RandomSource) -> Int64 {
            let backoff = configuration.backoff.nanoseconds(
                beforeRetry: failedAttempts, previous: previousDelay, random: random)
            guard case .wait(let wait) = hint, wait > .zero else { return backoff }
            let minimum = wait.saturatingNanoseconds
            let spread = Int64(saturating: Double(minimum) * 0.1 * random.unitInterval())
            return max(backoff, minimum.addingSaturating(spread))
        }
    }
}
