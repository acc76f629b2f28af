extension CircuitBreaker {
    /// Everything a circuit breaker knows about itself, at one moment.
    public struct Snapshot: Sendable, Hashable {
        /// The breaker's name.
        public let name: String
        /// The state.
        public let state: State
        /// How long the breaker has been in this state.
        public let timeInState: Duration
        /// The calls that count in this state: the window while closed, the probes while half-open, what led to the
        /// opening while open.
        public let calls: Int
        /// How many of them failed.
        public let failures: Int
        /// How many of them were slow.
        public let slowCalls: Int
        /// How long they took together; zero where durations are not measured.
        public let totalDuration: Duration
        /// The share of failed calls; nil while there are fewer calls than the configured minimum.
        public let failureRate: Double?
        /// The share of slow calls; nil while there are fewer calls than the configured minimum.
        public let slowCallRate: Double?
        /// The failures since the last success.
        public let consecutiveFailures: Int
        /// The time until the breaker lets a probe through; nil unless it is open, or half-open where a probe was told
        /// to wait.
        public let retryAfter: Duration?
        /// The probes in flight.
        public let probesInFlight: Int
        /// The calls that wait for the verdict on the probes.
        public let queued: Int
        /// The share of calls that is admitted while it grows after a recovery; nil when all are.
        public let rampShare: Double?
        /// How often calls fail when nothing is wrong, as learned so far; nil unless
        /// ``CircuitBreakerConfiguration/adaptiveThreshold`` is set and calls have left the window.
        public let learnedFailureRate: Double?
        /// The calls refused since the breaker was created.
        public let rejected: Int
        /// The number of times the breaker has opened since it was created.
        public let timesOpened: Int
        /// The last failure; nil when there was none.
        public let lastFailure: Failure?
        /// How long ago the recent failures were, the newest first; at most 64.
        public let recentFailures: [Duration]
        /// Failures a minute, over the last minute.
        public let failuresPerMinute: Double

        /// Creates a snapshot, for tests of what reads it; what is left out is zero, empty or nil.
        ///
        /// - Parameters:
        ///   - name: The breaker's name.
        ///   - state: The state. Defaults to closed.
        ///   - timeInState: How long the breaker has been in this state.
        ///   - calls: The calls that count in this state.
        ///   - failures: How many of them failed.
        ///   - slowCalls: How many of them were slow.
        ///   - totalDuration: How long they took together.
        ///   - failureRate: The share of failed calls, from 0 to 1.
        ///   - slowCallRate: The share of slow calls, from 0 to 1.
        ///   - consecutiveFailures: The failures since the last success.
        ///   - retryAfter: The time until the breaker lets a probe through.
        ///   - probesInFlight: The probes in flight.
        ///   - queued: The calls that wait for the verdict on the probes.
        ///   - rampShare: The share of calls that is admitted after a recovery, from 0 to 1.
        ///   - learnedFailureRate: How often calls fail when nothing is wrong, from 0 to 1.
        ///   - rejected: The calls refused.
        ///   - timesOpened: The number of times the breaker has opened.
        ///   - lastFailure: The last failure.
        ///   - recentFailures: How long ago the recent failures were, the newest first.
        ///   - failuresPerMinute: Failures a minute.
        public init(
            name: String, state: State = .closed, timeInState: Duration = .zero, calls: Int = 0,
            failures: Int = 0, slowCalls: Int = 0, totalDuration: Duration = .zero, failureRate: Double? = nil,
            slowCallRate: Double? = nil, consecutiveFailures: Int = 0,
            retryAfter: Duration? =
                nil, probesInFlight: Int = 0, queued: Int = 0, rampShare: Double? = nil,
            learnedFailureRate:
                Double? = nil, rejected: Int = 0, timesOpened: Int = 0, lastFailure: Failure? = nil,
            recentFailures: [Duration] = [], failuresPerMinute: Double = 0
        ) {
            self.name = name
            self.state = state
            self.timeInState = timeInState
            self.calls = calls
            self.failures = failures
            self.slowCalls = slowCalls
            self.totalDuration = totalDuration
            self.failureRate = failureRate
            self.slowCallRate = slowCallRate
            self.consecutiveFailures = consecutiveFailures
            self.retryAfter = retryAfter
            self.probesInFlight = probesInFlight
            self.queued = queued
            self.rampShare = rampShare
            self.learnedFailureRate = learnedFailureRate
            self.rejected = rejected
            self.timesOpened = timesOpened
            self.lastFailure = lastFailure
            self.recentFailures = recentFailures
            self.failuresPerMinute = failuresPerMinute
        }

        /// A failure that counted.
        public struct Failure: Sendable, Hashable {
            /// How long ago it was.
            public let age: Duration
            /// The name of the error's type; never its text, which may hold secrets.
            public let errorType: String
            /// What kind of failure it was.
            public let errorClass: ErrorClass

            /// Creates a failure, for tests of what reads it.
            ///
            /// - Parameters:
            ///   - age: How long ago it was.
            ///   - errorType: The name of the error's type.
            ///   - errorClass: What kind of failure it was.
            public init(age: Duration, errorType: String, errorClass: ErrorClass) {
                self.age = age
                self.errorType = errorType
                self.errorClass = errorClass
            }
        }
    }
}

extension CircuitBreaker.StateMachine {
    func snapshot(now: Moment, counts: CallCounts? = nil) -> CircuitBreaker.Snapshot {
        let counts = counts ?? self.counts
        let isJudged =
            switch state {
            case .closed, .metricsOnly, .disabled: counts.calls >= window.minimumCalls(configuration.minimumCalls)
            case .halfOpen, .open, .forcedOpen: counts.calls > 0
            }
        let retryAt: Moment? =
            switch state {
            case .open: openUntil
            case .halfOpen: trial.pause.flatMap { now < $0.until ? $0.until : nil }
            case .closed, .forcedOpen, .disabled, .metricsOnly: nil
            }
        return CircuitBreaker.Snapshot(
            name: name,
            state: state,
            timeInState: .nanoseconds(now.elapsed(since: stateSince)),
            calls: counts.calls,
            failures: counts.failures,
            slowCalls: counts.slow,
            totalDuration: .nanoseconds(counts.nanoseconds),
            failureRate: isJudged ? counts.failureRate : nil,
            slowCallRate: isJudged ? counts.slowRate : nil,
            consecutiveFailures: consecutiveFailures,
            retryAfter: retryAt.map { .nanoseconds($0.elapsed(since: now)) },
            probesInFlight: state == .halfOpen ? trial.inFlight : 0,
            queued: waiting.count,
            rampShare: ramp?.share(at: now),
            learnedFailureRate: learnedRate.flatMap { $0.weight > 0 ? $0.rate : nil },
            rejected: rejected,
            timesOpened: timesOpened,
            lastFailure: history.last.map { failure in
                CircuitBreaker.Snapshot.Failure(
                    age: .nanoseconds(now.elapsed(since: failure.moment)),
                    errorType: failure.errorType.map { "\($0)" } ?? "unknown",
                    errorClass: failure.errorClass)
            },
            recentFailures: history.ages(now: now),
            failuresPerMinute: history.perMinute(now: now))
    }
}
