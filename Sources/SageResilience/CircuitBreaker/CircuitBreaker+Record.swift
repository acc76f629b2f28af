extension CircuitBreaker {
    /// What of a circuit breaker's state is worth keeping over a restart, and telling to other processes.
    public struct Record: Sendable, Hashable {
        /// The state.
        public var state: State
        /// How long the breaker has been in this state.
        public var timeInState: Duration
        /// How much longer it stays open; zero in every other state.
        public var remaining: Duration
        /// Openings from half-open since the breaker was last closed for long enough.
        public var failedRecoveries: Int
        /// Whether the breaker is open because of its own calls, or by hand; false when it follows
        /// ``CircuitBreaker/Advice``.
        public var isOwnJudgement: Bool
        /// The calls that count in this state, for people.
        public var calls: Int
        /// How many of them failed, for people.
        public var failures: Int

        /// Creates a record.
        ///
        /// - Parameters:
        ///   - state: The state.
        ///   - timeInState: How long the breaker has been in this state. Defaults to zero.
        ///   - remaining: How much longer it stays open. Defaults to zero.
        ///   - failedRecoveries: Openings from half-open. Defaults to 0.
        ///   - isOwnJudgement: Whether it is open because of its own calls. Defaults to true.
        ///   - calls: The calls that count in this state. Defaults to 0.
        ///   - failures: How many of them failed. Defaults to 0.
        public init(
            state: State, timeInState: Duration = .zero, remaining: Duration = .zero, failedRecoveries: Int = 0,
            isOwnJudgement: Bool = true, calls: Int = 0, failures: Int = 0
        ) {
            self.state = state
            self.timeInState = timeInState
            self.remaining = remaining
            self.failedRecoveries = failedRecoveries
            self.isOwnJudgement = isOwnJudgement
            self.calls = calls
            self.failures = failures
        }
    }

    /// What other processes have found out about the service.
    @nonexhaustive
    public enum Advice: Sendable, Hashable {
        /// Their breakers are open, for so much longer.
        case opened(for: Duration, failedRecoveries: Int)
        /// Their probes failed, or together with this breaker's they did; the next are due after this time.
        case probesFailed(retryAfter: Duration)
        /// Their probes succeeded, or together with this breaker's they did.
        case recovered

        /// The name in events and logs.
        public var name: String {
            switch self {
            case .opened: "opened"
            case .probesFailed: "probes_failed"
            case .recovered: "recovered"
            }
        }
    }
}
