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
            /// Whether a time limit around the retry has fired, which leaves no time for another try.
            var isOutOfTime: Bool
            /// Whether a retry further out repeats its operation already.
            var isNested: Bool
            /// Whether the call itself must not be made twice.
            var isOnceOnly: Bool

            package init(
                _ classification: ErrorClassification, isRejection: Bool, isCallerCancelled: Bool,
                isOutOfTime: Bool = false, isNested: Bool = false, isOnceOnly: Bool = false
            ) {
                self.classification = classification
                self.isRejection = isRejection
                self.isCallerCancelled = isCallerCancelled
                self.isOutOfTime = isOutOfTime
                self.isNested = isNested
                self.isOnceOnly = isOnceOnly
            }
        }

        /// How far a backoff has got.
        private struct Progress {
            /// The retries that were decided by it, which its limit counts.
            var retries = 0
            /// The delays taken from it since its beginning.
            var steps = 0
            var previousDelay: Int64?
        }

        private let configuration: RetryConfiguration
        private let deadline: Moment
        private var unknownRetries = 0
        private var progress = Progress()
        private var progressByGroup: [ClassBackoffs.Group: Progress] = [:]
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
        ///   - failure: How the attempt failed.
        ///   - now: The present.
        ///   - remaining: The nanoseconds that are left until the caller's deadline. Defaults to no deadline.
        ///   - random: Where jitter comes from.
        ///   - reserve: Asks the budget for one retry; called only when nothing else but attempts and time can
        ///     stop the retry, and not after a rejection, which the service never saw. When the answer is true and
        ///     the decision is to stop, `release` gives it back.
        ///   - release: Gives a retry back that will not happen.
        package mutating func decide(
            _ failure: Failure, now: Moment, remaining: Int64 = .max, random: RandomSource, reserve: () -> Bool,
            release: () -> Void
        ) -> Decision {
            failedAttempts += 1
            if let reason = stopReason(failure) { return .stop(reason) }
            let costsBudget = !failure.isRejection
            guard !costsBudget || reserve() else { return .stop(.budgetExhausted) }
            // A refusal says nothing about the service, so it has no place in the table of its errors.
            let entry = failure.isRejection ? nil : configuration.classBackoffs?.entry(for: failure.classification)
            var progress = entry.map { progressByGroup[$0.group, default: Progress()] } ?? self.progress
            guard failedAttempts < configuration.maxAttempts, progress.retries < entry?.schedule.maxRetries ?? .max
            else {
                if costsBudget { release() }
                return .stop(.attemptsExhausted)
            }
            let backoff = entry?.schedule.backoff ?? configuration.backoff
            let delay = Self.nextDelay(backoff, &progress, hint: failure.classification.hint, random: random)
            guard now.advanced(by: delay) < deadline, delay < remaining else {
                if costsBudget { release() }
                return .stop(.deadlineExceeded)
            }
            if failure.classification.errorClass == .unknown { unknownRetries += 1 }
            progress.retries += 1
            if let entry {
                progressByGroup[entry.group] = progress
            } else {
                self.progress = progress
            }
            return .retry(afterNanoseconds: delay)
        }

        /// What forbids another try, before budget, attempts and time are looked at.
        private func stopReason(_ failure: Failure) -> RetryStopReason? {
            let classification = failure.classification
            if failure.isCallerCancelled { return .cancelled }
            if failure.isOutOfTime { return .deadlineExceeded }
            if failure.isRejection, !configuration.waitsForRejections || classification.hint == nil {
                return .rejected
            }
            switch classification.errorClass.retryability {
            case .permanent: return .permanent
            case .unknown where unknownRetries >= configuration.maxUnknownRetries: return .unknownError
            case .unknown, .transient: break
            }
            let mayHaveArrived = !classification.isNotSent && !failure.isRejection
            if mayHaveArrived, failure.isOnceOnly || configuration.idempotency == .notIdempotent {
                return .notIdempotent
            }
            if let hint = classification.hint {
                if hint.forbidsRetry { return .serverSaysStop }
                if let wait = hint.minimumWait, wait > configuration.maxServerHint { return .hintExceedsMaximum }
            }
            return failure.isNested && !configuration.retriesWhenNested ? .nested : nil
        }

        /// The server's push-back exactly; or the backoff, or the server's wait plus up to a tenth of it when that is
        /// longer: a hint is a minimum, and clients that were told the same time must not come back at the same
        /// instant.
        private static func nextDelay(
            _ backoff: Backoff, _ progress: inout Progress, hint: ServerHint?, random: RandomSource
        ) -> Int64 {
            if case .pushBack(let wait) = hint {
                progress.steps = 0
                progress.previousDelay = nil
                return max(0, wait.saturatingNanoseconds)
            }
            progress.steps += 1
            var delay = backoff.nanoseconds(
                beforeRetry: progress.steps, previous: progress.previousDelay, random: random)
            if case .wait(let wait) = hint, wait > .zero {
                let minimum = wait.saturatingNanoseconds
                let spread = Int64(saturating: Double(minimum) * 0.1 * random.unitInterval())
                delay = max(delay, minimum.addingSaturating(spread))
            }
            progress.previousDelay = delay
            return delay
        }
    }
}
