extension HealthCheck {
    /// How one run of a check ended.
    enum Outcome: Sendable {
        case answered(ServiceHealth)
        case failed(errorClass: ErrorClass, errorType: String)
        case timedOut
    }

    /// The last outcome of a check and the run under way; a pure value.
    ///
    /// There is never more than one run. One that is over its time limit has its outcome, but is under way until the
    /// check really ends.
    struct StateMachine: Sendable {
        enum Answer: Sendable, Equatable {
            /// What is known is fresh, or nothing better can be had.
            case known
            /// A run is under way; its outcome is to be waited for.
            case wait
            /// The same, and the caller has to start the run.
            case start(run: UInt64)
        }

        private struct Failure: Sendable {
            let moment: Moment
            let errorClass: ErrorClass
            let errorType: String
        }

        let freshness: Int64
        private var lastRun: UInt64 = 0
        private var runStart: Moment?
        private var isOverdue = false
        private var last: (outcome: Outcome, moment: Moment, duration: Int64)?
        private var lastFailure: Failure?
        private var consecutiveFailures = 0

        init(freshness: Int64) {
            self.freshness = freshness
        }

        /// Whether a run is under way that has no outcome yet.
        var isAwaited: Bool { runStart != nil && !isOverdue }

        mutating func ask(now: Moment) -> Answer {
            if isOverdue { return .known }
            if runStart != nil { return .wait }
            if let last, now.elapsed(since: last.moment) < freshness { return .known }
            lastRun += 1
            runStart = now
            return .start(run: lastRun)
        }

        /// The check has ended.
        ///
        /// - Returns: Whether callers wait for this; not when the time limit was first.
        mutating func end(_ outcome: Outcome, now: Moment) -> Bool {
            guard let start = runStart else { return false }
            runStart = nil
            if isOverdue {
                isOverdue = false
                return false
            }
            settle(outcome, now: now, since: start)
            return true
        }

        /// The time limit of a run has passed.
        ///
        /// - Returns: Whether callers wait for this; not when the check has ended.
        mutating func timeOut(run: UInt64, now: Moment) -> Bool {
            guard let start = runStart, run == lastRun, !isOverdue else { return false }
            isOverdue = true
            settle(.timedOut, now: now, since: start)
            return true
        }

        func health(now: Moment) -> ServiceHealth {
            guard let last else {
                return ServiceHealth(.degraded, state: "not_checked", reason: "the check has not ended yet")
            }
            var health =
                switch last.outcome {
                case .answered(let health): health
                case .failed: ServiceHealth(.unhealthy, state: "failing", reason: "the check failed")
                case .timedOut:
                    ServiceHealth(
                        .unhealthy, state: "timed_out",
                        reason: isOverdue ? "the check has not answered and still runs" : "the check took too long")
                }
            health.measurements["age_seconds"] = seconds(now.elapsed(since: last.moment))
            health.measurements["duration_seconds"] = seconds(last.duration)
            health.measurements["consecutive_failures"] = Double(consecutiveFailures)
            health.lastFailure =
                health.lastFailure
                ?? lastFailure.map {
                    ServiceHealth.LastFailure(
                        age: .nanoseconds(now.elapsed(since: $0.moment)), errorClass: $0.errorClass,
                        errorType: $0.errorType)
                }
            return health
        }

        private mutating func settle(_ outcome: Outcome, now: Moment, since start: Moment) {
            last = (outcome, now, now.elapsed(since: start))
            switch outcome {
            case .answered(let health):
                consecutiveFailures = health.status == .unhealthy ? consecutiveFailures + 1 : 0
            case .failed(let errorClass, let errorType):
                consecutiveFailures += 1
                lastFailure = Failure(moment: now, errorClass: errorClass, errorType: errorType)
            case .timedOut:
                consecutiveFailures += 1
                lastFailure = Failure(moment: now, errorClass: .timeout, errorType: "\(TimeLimiterError.self)")
            }
        }

        private func seconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds) / 1e9 }
    }
}
